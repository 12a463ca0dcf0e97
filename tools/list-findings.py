#!/usr/bin/python3
"""list-findings.py PALISADE - docs/findings.md: every rule of the scanner, with an example out of tests/corpus.

The example of a rule of data (PII, PHI, FIN, SECRET) is its first match line in rules/*.rules."""
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CORPUS = os.path.join("tests", "corpus")
NO_FILES = ("compare",)  # two files in one, for a fuzz target


def palisade(program, *args):
    return json.loads(subprocess.run([program, "scan", *args, "--format", "json"], cwd=ROOT, capture_output=True).stdout)


def examples(program):
    """Rule -> (sample, message): of each rule the first sample in the order of names, at the smallest offset."""
    found = {}
    folders = sorted(
        f for f in os.listdir(os.path.join(ROOT, CORPUS)) if f not in NO_FILES and os.path.isdir(os.path.join(ROOT, CORPUS, f))
    )
    report = palisade(program, "--min-confidence", "low", *[os.path.join(CORPUS, f) for f in folders])
    for artifact in sorted(report["artifacts"], key=lambda a: a["path"]):
        for f in sorted(artifact["findings"], key=lambda f: (f["location"]["offset"], f["message"])):
            found.setdefault(f["rule"], (artifact["path"], f["message"]))
    return found


def match_lines():
    """Rule -> its first match line."""
    found = {}
    for name in sorted(os.listdir(os.path.join(ROOT, "rules"))):
        if not name.endswith(".rules"):
            continue
        rule = None
        with open(os.path.join(ROOT, "rules", name), encoding="utf-8") as f:
            for line in f:
                key, _, value = line.rstrip("\n").partition(": ")
                if key == "rule":
                    rule = value
                elif key == "match" and rule is not None:
                    found.setdefault(rule, value)
    return found


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def main():
    program = os.path.abspath(sys.argv[1])
    rules = palisade(program, "--explain", "all")
    example, lines = examples(program), match_lines()
    print("# Findings\n\nMade by `tools/list-findings.py PALISADE`. `palisade scan --explain RULE` prints one of them as a page.\n"
          "An example is what the scanner says of a sample in tests/corpus; that of a rule of data (PII, PHI, FIN, SECRET) is a\n"
          "text that it finds, by itself or in its context. The severity is the usual one; a finding says its own.\n\n"
          "| rule | severity | what | what to do | ids | example |\n| --- | --- | --- | --- | --- | --- |")
    for r in rules:
        ids = " ".join(r["cwe"] + r["cve"] + r["atlas"] + r["owasp"])
        path, message = example.get(r["rule"], ("", ""))
        shown = "`%s`: %s" % (os.path.relpath(path, CORPUS), message) if path and r["class"] == "none" else ""
        if not shown and r["rule"] in lines:
            line = lines[r["rule"]].replace("`", "'")
            shown = "`%s`" % (line if len(line) <= 90 else line[:90] + "...")
        fix = r["fix"] + (" Loaders: %s." % r["loader"] if r["loader"] else "")
        print("| %s | %s | %s | %s | %s | %s |" % (r["rule"], r["severity"], cell(r["title"]), cell(fix), ids, cell(shown)))


main()
