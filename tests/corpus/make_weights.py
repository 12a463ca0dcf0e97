#!/usr/bin/python3
"""Writes tests/corpus/weights: small tensors that are odd in one way each, for docs/findings.md."""
import json
import os
import random
import struct

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "weights")
TEXT = b"this text was put into the lowest bytes of the numbers of a model, one byte in each of them, and it is long enough. "


def write(name, tensors):
    header, data = {}, b""
    for key, numbers in tensors.items():
        raw = b"".join(numbers)
        header[key] = {"dtype": "F32", "shape": [16, len(numbers) // 16], "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    head = json.dumps(header).encode()
    with open(os.path.join(HERE, name + ".safetensors"), "wb") as f:
        f.write(struct.pack("<Q", len(head)) + head + data)


def normal(n, seed):
    r = random.Random(seed)
    return [struct.pack("<f", r.gauss(0, 0.05)) for _ in range(n)]


def main():
    os.makedirs(HERE, exist_ok=True)
    w = normal(512, 1)
    write("text", {"w": [bytes([TEXT[i % len(TEXT)]]) + x[1:] for i, x in enumerate(w)]})
    write("copy", {"a.weight": w, "b.weight": w})
    write("nan", {"w": w[:-1] + [struct.pack("<f", float("nan"))]})
    write("nan_data", {"w": w[:256] + [struct.pack("<I", 0x7FC00000 + 77 * i) for i in range(1, 257)]})
    write("infinite", {"w": w[:-1] + [struct.pack("<f", float("inf"))]})


main()
