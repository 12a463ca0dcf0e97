"""peers.py TOOL SET OUT - one scanner's word on every file of a set, for table.py: path, word, seconds.

bad: it says that the file is malicious, suspicious or unsafe, and its command line exits with 1. warned: it says so and exits
with 0 (picklescan's "suspicious", Palisade's medium). unread: an error, a format that it does not take, or a minute. Else good.
EVERY=N asks for each Nth file alone: modelaudit takes a quarter of a second of one core for each."""
import contextlib
import csv
import io
import json
import logging
import os
import signal
import subprocess
import sys
import time

LIMIT_S = 60


def palisade(folder, paths):
    """The whole set in one run, as its users would; stopped at high, the default."""
    program = os.environ["PALISADE"]
    begin = time.monotonic()
    done = subprocess.run([program, "scan", "--format", "json", folder], capture_output=True)
    each = (time.monotonic() - begin) / max(1, len(paths))
    worst = {}
    for a in json.loads(done.stdout)["artifacts"]:
        level = max([["info", "low", "medium", "high", "critical"].index(f["severity"]) for f in a["findings"]] + [0])
        worst[os.path.relpath(a["path"], folder)] = (level, a["verdict"])
    for p in paths:
        level, verdict = worst[p]
        yield p, "bad" if level >= 3 else "warned" if level == 2 else "unread" if verdict in ("unknown", "error") else "good", each


def picklescan():
    from picklescan.scanner import SafetyLevel, scan_file_path

    def one(path):
        r = scan_file_path(path)
        if any(g.safety == SafetyLevel.Dangerous for g in r.globals) or r.infected_files:
            return "bad"
        if any(g.safety == SafetyLevel.Suspicious for g in r.globals):
            return "warned"
        return "unread" if r.scan_err else "good"
    return one


def modelscan():
    from modelscan.modelscan import ModelScan

    def one(path):
        r = ModelScan().scan(path)
        if r["issues"]:
            return "bad"
        return "unread" if r["errors"] or r["summary"]["scanned"]["total_scanned"] == 0 else "good"
    return one


def fickling():
    from fickling.analysis import Severity
    from fickling.loader import scan_file, scan_zip_archive

    def one(path):
        with open(path, "rb") as f:
            is_zip = f.read(4) == b"PK\3\4"
        found = list(scan_zip_archive(path, graceful=True).values()) if is_zip else [scan_file(path, graceful=True)]
        if any(a.severity > Severity.LIKELY_SAFE for r in found for a in r.results):
            return "bad"
        return "unread" if not found or any(r.errors for r in found) else "good"
    return one


def modelaudit():
    from modelaudit.core import scan_model_directory_or_file

    def one(path):
        r = scan_model_directory_or_file(path, timeout=LIMIT_S)
        levels = {str(getattr(i.severity, "value", i.severity)).lower() for i in r.issues}
        if levels & {"critical", "warning"}:
            return "bad"
        return "unread" if not r.success or r.files_scanned == 0 else "good"
    return one


def late(number, frame):
    raise TimeoutError


def each_file(make, folder, paths):
    logging.disable(logging.CRITICAL)
    one = make()
    signal.signal(signal.SIGALRM, late)
    for p in paths:
        begin = time.monotonic()
        signal.alarm(LIMIT_S)
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                said = one(os.path.join(folder, p))
        except BaseException as e:
            if isinstance(e, KeyboardInterrupt):
                raise
            said = "unread"
        signal.alarm(0)
        yield p, said, time.monotonic() - begin


def main():
    tool, folder, out = sys.argv[1:]
    with open(os.path.join(folder, "manifest.tsv"), newline="") as f:
        paths = [r["path"] for r in csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE)]
    paths = paths[:: int(os.environ.get("EVERY", "1"))]
    said = palisade(folder, paths) if tool == "palisade" else each_file(globals()[tool], folder, paths)
    with open(out, "w") as f:
        for p, word, seconds in said:
            print(p, word, "%.4f" % seconds, sep="\t", file=f, flush=True)


main()
