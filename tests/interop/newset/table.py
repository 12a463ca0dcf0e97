"""table.py SET ROWS... - the table of docs/detection.md: what each scanner says of a set, from what peers.py wrote for it."""
import collections
import csv
import os
import sys

ORDER = ["pickle", "template", "config", "keras, hdf5", "onnx", "tensorflow", "safetensors", "gguf", "archive", "weights"]


def read(path):
    with open(path, newline="") as f:
        return {r[0]: r for r in csv.reader(f, delimiter="\t", quoting=csv.QUOTE_NONE)}


def main():
    with open(os.path.join(sys.argv[1], "manifest.tsv"), newline="") as f:
        rows = list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
    tools = {os.path.splitext(os.path.basename(p))[0]: read(p) for p in sys.argv[2:]}
    groups = [("all", rows)] + [(g, [r for r in rows if r["family"] == g]) for g in ORDER]
    if any(r["ran"] == "yes" for r in rows):
        groups.insert(1, ("of these, seen to run", [r for r in rows if r["ran"] == "yes"]))
    print("| files | malicious | benign | " + " | ".join(tools) + " |")
    print("| --- | --- | --- |" + " --- |" * len(tools))
    for name, some in groups:
        bad, good = ([r["path"] for r in some if r["label"] == v] for v in ("malicious", "benign"))
        cells = []
        for said in tools.values():
            words = {v: collections.Counter(said[p][1] for p in ps if p in said) for v, ps in (("m", bad), ("b", good))}
            asked = {v: sum(c.values()) for v, c in words.items()}
            of = "" if asked == {"m": len(bad), "b": len(good)} else " (of %d and %d)" % (asked["m"], asked["b"])
            cells.append("%d, %d, %d / %d%s" % (words["m"]["bad"], words["m"]["warned"], words["m"]["unread"],
                                                words["b"]["bad"] + words["b"]["warned"], of))
        print("| %s | %d | %d | %s |" % (name, len(bad), len(good), " | ".join(cells)))
    for tool, said in tools.items():
        print("%s: %.1f s" % (tool, sum(float(r[2]) for r in said.values())), file=sys.stderr)


main()
