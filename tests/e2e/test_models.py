"""Detection on a labelled collection of model files: how many malicious ones are stopped, how many good ones are too.

Run it alone to see the table and what was missed: python3 tests/e2e/test_models.py [--misses]
"Stopped" is what --fail-on high stops, the default. Files whose label is "edge" have no right answer and do not count.
"""
import collections
import csv
import json
import os
import subprocess
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PALISADE = os.environ.get("PALISADE", os.path.join(ROOT, "build", "release", "palisade"))
VECTORS = os.path.join(ROOT, "..", "shared", "vectors", "models")

# The formats that are read here, by the collection's own names, in the groups of the table.
GROUPS = {
    "pickle": "pickle",
    "pickle-sklearn": "pickle",
    "joblib": "pickle",
    "joblib-gzip": "pickle",
    "torch-legacy": "pickle",
    "torch-zip": "torch zip",
    "torchscript": "torch zip",
    "zip": "zip",
    "npz": "zip",
    "polyglot": "zip",
    "npy": "npy",
    "safetensors": "safetensors",
    "gguf": "gguf",
}

RAN = "of these, code was seen to run"

# Least share of malicious files stopped, and most good files stopped: what was reached. Only ever improve these.
FLOOR = {
    "pickle": (0.91, 2),
    "torch zip": (0.81, 0),
    "zip": (0.73, 0),
    "npy": (0.50, 0),
    "safetensors": (0.25, 0),
    "gguf": (0.83, 1),
    RAN: (0.99, 0),
}


def labels():
    with open(os.path.join(VECTORS, "manifest.tsv"), newline="") as f:
        return [r for r in csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE) if r["format"] in GROUPS]


def stopped():
    """The paths (in VECTORS) of files with a finding of severity high or above."""
    done = subprocess.run(
        [PALISADE, "scan", "--format", "json", "."], cwd=VECTORS, capture_output=True, timeout=600
    )
    assert done.returncode == 1, done.stderr.decode()
    worst = collections.defaultdict(set)
    for a in json.loads(done.stdout)["artifacts"]:
        for f in a["findings"]:
            if f["severity"] in ("high", "critical"):
                worst[os.path.normpath(a["path"])].add(f["rule"])
    return worst


def measure():
    """Per group: malicious, of them stopped, benign, of them stopped, and the rows that came out wrong.

    RAN counts again those whose code really ran when the collection was made: the threat itself, not a test's idea of it.
    """
    table = {g: [0, 0, 0, 0, []] for g in (*dict.fromkeys(GROUPS.values()), RAN)}
    worst = stopped()
    for row in labels():
        t = table[GROUPS[row["format"]]]
        hit = row["path"] in worst
        if row["label"] == "malicious":
            t[0] += 1
            t[1] += hit
            if (row["ground_truth"] or "").startswith("EXECUTED"):
                table[RAN][0] += 1
                table[RAN][1] += hit
        elif row["label"] == "benign":
            t[2] += 1
            t[3] += hit
        if row["label"] != "edge" and hit != (row["label"] == "malicious"):
            t[4].append((row["label"], row["path"], row["threat"], " ".join(sorted(worst.get(row["path"], [])))))
    return table


def show(table, misses):
    lines = ["| files | malicious | stopped | benign | stopped |", "| --- | --- | --- | --- | --- |"]
    for group, (bad, caught, good, wrong, _) in table.items():
        if group == RAN:
            continue
        share = f" ({100 * caught / bad:.1f} %)" if bad else ""
        lines.append(f"| {group} | {bad} | {caught}{share} | {good} | {wrong} |")
    sums = [sum(t[i] for g, t in table.items() if g != RAN) for i in range(4)]
    lines.append(f"| all | {sums[0]} | {sums[1]} ({100 * sums[1] / sums[0]:.1f} %) | {sums[2]} | {sums[3]} |")
    ran, seen = table[RAN][:2]
    lines.append(f"| {RAN} | {ran} | {seen} ({100 * seen / ran:.1f} %) | | |")
    print("\n".join(lines))
    if misses:
        for group, t in table.items():
            for one in t[4]:
                print(group, *one, sep="\t")


def test_detection_of_model_files(capsys):
    if not os.path.isdir(VECTORS):
        pytest.skip("../shared/vectors is not here")
    table = measure()
    with capsys.disabled():
        print()
        show(table, False)
    for group, (bad, caught, _, wrong, _) in table.items():
        least, most = FLOOR[group]
        assert caught >= least * bad, f"{group}: {caught} of {bad} malicious files stopped, the floor is {least}"
        assert wrong <= most, f"{group}: {wrong} good files stopped, at most {most}"


if __name__ == "__main__":
    if not os.path.isdir(VECTORS):
        sys.exit("skipped: ../shared/vectors is not here")
    show(measure(), "--misses" in sys.argv)
