#!/usr/bin/env python3
"""prepare.py IN OUT_TRAIN OUT_A OUT_B - splits a feed into a training set and the validation sets of two owners.

A record goes where the digest of its text says, so the split depends on the records and on nothing else, and equal
records never end up on both sides.
"""
import hashlib
import sys


def main(source, train, ward_a, ward_b):
    with open(source) as f:
        header, *records = f.read().splitlines()
    parts = {train: [], ward_a: [], ward_b: []}
    for r in records:
        bucket = hashlib.sha256(r.encode()).digest()[0] % 10
        parts[train if bucket < 6 else ward_a if bucket < 8 else ward_b].append(r)
    for path, rows in parts.items():
        with open(path, "w") as f:
            f.write("\n".join([header, *rows]) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
