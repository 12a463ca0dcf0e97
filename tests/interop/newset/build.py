"""build.py OUT [--seed N] [--run] - writes a set of model files that nobody published: malicious ones made of gadgets, ways and
lies on the one side and routes and containers on the other, and ordinary ones. OUT/manifest.tsv says what each is.

--run loads those that Debian's libraries can load, each in a child of its own without a network (trial.py), and notes which
payloads were seen to run; they only touch, open or ask for something called palisade-ran."""
import argparse
import os
import random
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import graphs
import layouts
import ordinary
import pickles
import templates

HERE = os.path.dirname(os.path.abspath(__file__))


def gadgets(rng):
    for name, content, threat, loader in pickles.malicious(rng):
        yield name, content, "malicious", "gadget " + threat, loader


def weights(rng):
    """The demo's two files: the same numbers, and in one of them a script in the lowest bytes."""
    del rng
    sys.path.insert(0, os.path.join(HERE, "..", "..", "..", "examples", "clinic"))
    try:
        import attack
    except ImportError as e:
        print("left out: weights (%s)" % e)
        return
    with tempfile.TemporaryDirectory() as folder:
        attack.hidden_payload(folder)
        for name, label in (("hidden", "malicious"), ("clean", "benign")):
            with open(os.path.join(folder, name + ".safetensors"), "rb") as f:
                yield name + ".safetensors", f.read(), label, "weights", None


FAMILIES = {"pickle": (gadgets, ordinary.samples), "template": (templates.samples,),
            "graph": (graphs.samples,), "layout": (layouts.samples,), "weights": (weights,)}


def family_of(name, name_of_source):
    first = name.split("-")[0]
    return {"tf": "tensorflow", "config": "config", "archive": "archive", "hdf5": "keras, hdf5", "keras": "keras, hdf5"}.get(first, first) \
        if name_of_source in ("graph", "layout") else name_of_source


def write_all(out, seed):
    """Each in a folder of its own, so that a name such as config.json can stay."""
    rows = []
    for source, makers in FAMILIES.items():
        rng = random.Random("%s %d" % (source, seed))
        for make in makers:
            for name, content, label, threat, loader in make(rng):
                stem, _, file = name.rpartition("--") if "--" in name and source != "pickle" else (name, "", name)
                path = os.path.join(label, "%05d-%s" % (len(rows), stem.replace("/", "_")), file or name)
                os.makedirs(os.path.join(out, os.path.dirname(path)))
                with open(os.path.join(out, path), "wb") as f:
                    f.write(content)
                rows.append([path, label, family_of(name, source), threat, loader or "", ""])
    return rows


def try_one(out, row):
    with tempfile.TemporaryDirectory() as room:
        command = ["unshare", "-n", sys.executable, os.path.join(HERE, "trial.py"), row[4], os.path.join(out, row[0])]
        try:
            done = subprocess.run(command, cwd=room, capture_output=True, timeout=120, env={"PATH": os.environ["PATH"], "HOME": room})
            row[5] = "yes" if b"RAN" in done.stdout else "no" if b"not seen" in done.stdout else ""
        except subprocess.TimeoutExpired:
            row[5] = ""


def main():
    p = argparse.ArgumentParser()
    p.add_argument("out")
    p.add_argument("--seed", type=int, default=2026)
    p.add_argument("--run", action="store_true")
    a = p.parse_args()
    out = os.path.abspath(a.out)
    rows = write_all(out, a.seed)
    if a.run:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda r: try_one(out, r), [r for r in rows if r[1] == "malicious" and r[4]]))
    with open(os.path.join(out, "manifest.tsv"), "w") as f:
        f.write("\n".join("\t".join(r) for r in [["path", "label", "family", "threat", "loader", "ran"], *rows]) + "\n")
    count = {v: sum(r[1] == v for r in rows) for v in ("malicious", "benign")}
    print("%d malicious files (%d were seen to run), %d benign ones" % (count["malicious"], sum(r[5] == "yes" for r in rows), count["benign"]))


main()
