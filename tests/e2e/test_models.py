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

# The collection's own names of formats, in the groups of the table; what is not named here is "others".
GROUPS = {
    "pickle": "pickle joblib joblib-bz2 joblib-gzip joblib-xz pickle-sklearn torch-legacy torch-tar bin pt",
    "torch zip": "torch-zip torchscript",
    "archives": "zip npz polyglot tar 7z gzip xz lz4 zlib torchserve-mar",
    "npy": "npy",
    "safetensors": "safetensors",
    "gguf": "gguf ggml",
    "keras, hdf5": "keras-v3 keras-h5 keras-metadata-pb h5 hdf5",
    "onnx": "onnx onnx-data",
    "tensorflow": "savedmodel meta pb tflite",
    "hub files": "hf-tokenizer-config jinja j2 json manifest skops",
}
GROUP_OF = {name: group for group, names in GROUPS.items() for name in names.split()}

RAN = "of these, code was seen to run"
WEIGHTS = "hidden in weights, backdoors"

# Least share of malicious files stopped (high), and most good files with a finding at medium or above: what was reached.
# Only ever improve these.
FLOOR = {
    "pickle": (0.95, 3),
    "torch zip": (0.87, 0),
    "archives": (0.90, 0),
    "npy": (0.50, 0),
    "safetensors": (1.0, 0),
    "gguf": (0.94, 0),
    "keras, hdf5": (1.0, 0),
    "onnx": (1.0, 0),
    "tensorflow": (1.0, 0),
    "hub files": (0.80, 1),
    "others": (1.0, 1),
    WEIGHTS: (0.42, 0),
    RAN: (1.0, 0),
}


def group_of(row):
    if "steganography" in row["threat"] or "BadNets" in row["threat"]:
        return WEIGHTS
    return GROUP_OF.get(row["format"], "others")


def labels():
    with open(os.path.join(VECTORS, "manifest.tsv"), newline="") as f:
        return list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))


def worst_of_each():
    """Path in VECTORS, of files and of folders -> how bad the worst finding is, and the rules of findings from medium up."""
    levels = ["info", "low", "medium", "high", "critical"]
    done = subprocess.run(
        [PALISADE, "scan", "--format", "json", "."], cwd=VECTORS, capture_output=True, timeout=600
    )
    assert done.returncode == 1, done.stderr.decode()
    worst, rules = collections.defaultdict(int), collections.defaultdict(set)
    for a in json.loads(done.stdout)["artifacts"]:
        parts = os.path.normpath(a["path"]).split(os.sep)
        for f in a["findings"]:
            for i in range(len(parts)):
                path = os.sep.join(parts[: i + 1])
                worst[path] = max(worst[path], levels.index(f["severity"]))
                if levels.index(f["severity"]) >= 2:
                    rules[path].add(f["rule"])
    return worst, rules


def measure():
    """Per group: malicious, of them stopped, benign, of them with a finding from medium up, and the rows that came out wrong.

    RAN counts again those whose code really ran when the collection was made: the threat itself, not a test's idea of it.
    """
    table = {g: [0, 0, 0, 0, []] for g in (*GROUPS, "others", WEIGHTS, RAN)}
    worst, rules = worst_of_each()
    for row in labels():
        t = table[group_of(row)]
        bad = row["label"] == "malicious"
        hit = worst[row["path"]] >= (3 if bad else 2)
        if row["label"] == "edge":
            continue
        t[0 if bad else 2] += 1
        t[1 if bad else 3] += hit
        if bad and (row["ground_truth"] or "").startswith("EXECUTED"):
            table[RAN][0] += 1
            table[RAN][1] += hit
        if hit != bad:
            t[4].append((row["label"], row["path"], row["threat"], " ".join(sorted(rules[row["path"]]))))
    return table


def show(table, misses):
    lines = ["| files | malicious | stopped | benign | medium or above |", "| --- | --- | --- | --- | --- |"]
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
        assert wrong <= most, f"{group}: {wrong} good files with a finding from medium up, at most {most}"


if __name__ == "__main__":
    if not os.path.isdir(VECTORS):
        sys.exit("skipped: ../shared/vectors is not here")
    show(measure(), "--misses" in sys.argv)
