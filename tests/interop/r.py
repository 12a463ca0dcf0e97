"""r.py PALISADE R - what R itself saves (objects.R): models are clean, packages are read to their ends, code is found."""
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
LEAST = {"good": 33, "whole": 24, "bad": 10}


def wrong_with(folder, artifact):
    found = [(f["severity"], f["rule"]) for f in artifact["findings"]]
    if folder == "good":
        return [f for f in found if f[0] in ("medium", "high", "critical")] + [artifact["verdict"]] * (artifact["verdict"] != "clean")
    if folder == "bad":
        return [] if ("high", "OP-CODE") in found or ("critical", "OP-CODE") in found else found or ["nothing was found"]
    return [f for f in found if f[1] in ("R-BROKEN", "R-TRAILING", "R-PROMISE", "FORMAT-LIMIT")]


def main():
    program, r, wrong = os.path.abspath(sys.argv[1]), sys.argv[2], 0
    with tempfile.TemporaryDirectory() as room:
        subprocess.run([r, "--vanilla", "--no-echo", "-f", os.path.join(HERE, "objects.R")], cwd=room, check=True)
        for folder, least in LEAST.items():
            done = subprocess.run([program, "scan", "--format", "json", folder], cwd=room, capture_output=True)
            artifacts = json.loads(done.stdout)["artifacts"]
            bad = [(a["path"], w) for a in artifacts for w in [wrong_with(folder, a)] if w]
            print("%s: %d files, %d wrong" % (folder, len(artifacts), len(bad)), *bad, sep="\n  ")
            wrong += len(bad) + (len(artifacts) < least)
    return wrong > 0


sys.exit(main())
