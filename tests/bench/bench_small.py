#!/usr/bin/python3
"""Trees of small model files through palisade and, where they can be had, its peers, in turn; start-up included.

usage: bench_small.py PALISADE SCRATCH [COUNT]

A peer is taken from PALISADE_PEERS (a folder of virtual environments, one a peer, kept) or installed with pip into
SCRATCH; what cannot be installed is said to be skipped. Each line is the median of three runs. Slow peers get fewer
files, which makes their start-up count more: it is told apart.
"""

import os
import statistics
import subprocess
import sys
import time
import venv

HERE = os.path.dirname(os.path.abspath(__file__))
ROUNDS = 3
PATIENCE = 300
# name, what pip installs, the command, most files, trees
PEERS = [("picklescan", ["picklescan", "numpy"], ["picklescan", "-p"], 10**6, ("pickles", "mixed")),
         ("modelscan", ["modelscan"], ["modelscan", "-p"], 10**6, ("pickles", "mixed")),
         ("modelaudit", ["modelaudit"], ["modelaudit", "scan"], 100, ("pickles", "mixed")),
         ("fickling", ["fickling"], ["fickling", "--check-safety"], 20, ("pickles",))]


def installed(name, packages, scratch):
    """The folder of the peer's programs, or None."""
    folder = os.path.join(os.environ.get("PALISADE_PEERS", os.path.join(scratch, "peers")), name)
    if not os.path.exists(os.path.join(folder, "bin", name)):
        try:
            venv.create(folder, with_pip=True)
            subprocess.run([os.path.join(folder, "bin", "pip"), "-q", "install"] + packages, check=True, timeout=3 * PATIENCE,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except (OSError, subprocess.SubprocessError):
            return None
    return os.path.join(folder, "bin") if os.path.exists(os.path.join(folder, "bin", name)) else None


def run(command):
    """Wall and processor seconds, the children's children included; what the verdict is does not matter here. What is
    not done after PATIENCE is killed and counts as done: the figure flatters it."""
    began, before = time.monotonic(), os.times()
    try:
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        print("  %s was stopped after %d s" % (os.path.basename(command[0]), PATIENCE), flush=True)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return time.monotonic() - began, used


def some(tree, most):
    """The first folders of a tree that hold no more than `most` files, and how many these are; or single files."""
    folders = [os.path.join(tree, f) for f in sorted(os.listdir(tree))]
    taken, count = [], 0
    for f in folders:
        files = sorted(os.listdir(f))
        if most < len(files) and not taken:
            return [os.path.join(f, x) for x in files[:most]], most
        if count + len(files) > most:
            break
        taken, count = taken + [f], count + len(files)
    return taken if count < sum(len(os.listdir(f)) for f in folders) else [tree], count


def say(name, count, results):
    wall, cpu = (statistics.median(r[i] for r in results) for i in (0, 1))
    print("  %-12s %6d files  %8.3f s  %8.3f s of processor time  %9.0f files/s  %9.1f us/file"
          % (name, count, wall, cpu, count / wall, cpu / count * 1e6), flush=True)
    return count / wall, count / cpu


def compare(palisade, tree, kind, scratch):
    ours = []
    for name, packages, command, most, trees in PEERS:
        if kind not in trees:
            continue
        bin_dir = installed(name, packages, scratch)
        if bin_dir is None:
            print("  %-12s skipped: it cannot be installed here" % name)
            continue
        paths, count = some(tree, most)
        whole = [os.path.join(bin_dir, command[0])] + command[1:]
        commands = [whole + [p] for p in paths] if most < 100 else [whole + paths]
        mine, theirs = [], []
        for _ in range(ROUNDS if most > 10**5 else 1):
            mine.append(run([palisade, "scan", tree]))
            each = [run(c) for c in commands]
            theirs.append((sum(e[0] for e in each), sum(e[1] for e in each)))
        ours += mine
        total = sum(len(f) for _, _, f in os.walk(tree))
        fast, cheap = say("palisade", total, mine)
        slow, dear = say(name, count, theirs)
        print("  %-12s %.0f times its files a second, %.0f times as many for a second of processor time"
              % ("", fast / slow, cheap / dear), flush=True)
    if not ours:
        say("palisade", sum(len(f) for _, _, f in os.walk(tree)), [run([palisade, "scan", tree]) for _ in range(ROUNDS)])


def main():
    palisade, scratch, count = sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 12000
    for kind in ("pickles", "mixed"):
        tree = os.path.join(scratch, "small-" + kind)
        subprocess.run([sys.executable, os.path.join(HERE, "make_tree.py"), tree, str(count), kind], check=True)
        run([palisade, "scan", tree])  # the page cache
        print("%s, %d files" % (kind, count), flush=True)
        compare(palisade, tree, kind, scratch)


if __name__ == "__main__":
    main()
