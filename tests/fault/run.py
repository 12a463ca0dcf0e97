#!/usr/bin/python3
"""run.py BINARY SHIM SECONDS - the n-th write, then the n-th allocation, of the real command fails, for each n in turn.

After each: the exit code is 0, 1 or 2 and never a signal; 2 comes with a line on standard error; what must be refused is
never let through; the ledger is whole; and the same command without a fault works. Every write of every command is
tried; of the allocations, every one up to 400 and then in growing steps, in an order that spreads what the time allows
over all of them. Ends with one line, "N passed, N failed".
"""
import concurrent.futures
import os
import pathlib
import pickle
import re
import shutil
import subprocess
import sys
import tempfile
import time

BINARY, SHIM, SECONDS = os.path.realpath(sys.argv[1]), os.path.realpath(sys.argv[2]), float(sys.argv[3])
JOBS = max(2, os.cpu_count() or 2)
DENSE, MOST, STRIDE = 400, 200000, 16

YAML = """\
pipeline: faults
people:
  - {name: dana, roles: [data-steward], key: .palisade/keys/dana.pub}
data_roots: [data]
datasets:
  - name: table
    path: data/table.csv
    label: internal
    source: {kind: internal, who: a ward, where: an export, submitted_by: sam}
transforms:
  - name: head
    command: [/bin/sh, -c, "mkdir -p work && head -n 20 data/table.csv >work/head.csv"]
    inputs: [table]
    outputs: [{name: heads, path: work/head.csv}]
"""

# A process that ends by a signal is a failure, unless a debugger shows that it ended inside one of these libraries, on a
# path that we call rightly and cannot guard. The command then ends without having decided anything, and what it had
# written holds (that is checked all the same).
THIRD_PARTY = {
    "libcrypto": "OpenSSL 3.0 uses locks, names and methods of its own that it could not allocate, before it returns",
    "libhs": "Vectorscan's C++ throws std::bad_alloc out of its C interface",
    "libfyaml": "libfyaml walks lists whose making failed",
}


class Evil:
    def __reduce__(self):
        return os.system, ("true",)


def environment(room, **more):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PALISADE", "LD_PRELOAD", "FAULT_"))}
    return {**clean, "PALISADE_PASSPHRASE_FILE": str(room / "passphrase"), **more}


def palisade(room, *args, **env):
    return subprocess.run([BINARY, *args], cwd=room, env=environment(room, **env), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, errors="replace", timeout=120, start_new_session=True)


def must(room, *args, code=0):
    done = palisade(room, *args)
    if done.returncode != code:
        sys.exit(f"preparing: palisade {' '.join(args)}: exit {done.returncode}\n{done.stdout}{done.stderr}")


def prepare(base):
    """bare: nothing; ready: every gate open; closed: a table that nobody approved; broken: a changed ledger."""
    bare, ready = base / "bare", base / "ready"
    for room in (bare, ready):
        (room / "data").mkdir(parents=True)
        (room / "passphrase").write_text("faults and more faults\n")
    (ready / "palisade.yaml").write_text(YAML)
    (ready / "data/table.csv").write_text("a,b\n" + "".join(f"{i},{i * i % 97}\n" for i in range(200)))
    (ready / "model").mkdir()
    (ready / "model/weights.bin").write_bytes(bytes(range(256)) * 40)
    (ready / "evil.pkl").write_bytes(pickle.dumps(Evil()))
    must(ready, "init")
    must(ready, "key", "new", "dana")
    must(ready, "approve", "table", "--as", "dana", "--reason", "read")
    must(ready, "run")
    must(ready, "check")
    must(ready, "sign", "model", "--as", "dana", "-o", "model.sig")
    closed = base / "closed"
    shutil.copytree(ready, closed)
    with open(closed / "data/table.csv", "a") as f:
        f.write("7,7\n")
    with open(closed / "model/weights.bin", "ab") as f:
        f.write(b"more")
    broken = base / "broken"
    shutil.copytree(ready, broken)
    (broken / ".palisade/ledger/journal").write_bytes(b"")
    newest = max((broken / ".palisade/ledger/tile/entries/000.p").iterdir(), key=lambda p: int(p.name))
    raw = bytearray(newest.read_bytes())
    raw[40] ^= 1
    newest.write_bytes(raw)


class Case:
    """One command: the state that it starts from, its right answer, and what must hold when it was disturbed."""

    def __init__(self, name, state, args, right=0, then=()):
        self.name, self.state, self.args, self.right, self.then = name, state, args, right, then
        self.end = {}  # kind: the n that is past the last call

    def faults(self, room, kind, n):
        """The reasons why this n is wrong, the third party that is to blame, and whether there was such a call."""
        shutil.copytree(room.parent / self.state, room)
        mark = room / "mark"
        try:
            done = palisade(room, *self.args, LD_PRELOAD=SHIM, FAULT_MARK=str(mark), **{f"FAULT_{kind}": str(n)})
        except subprocess.TimeoutExpired:
            return ["hangs"], None, True
        wrong, blame, reached = [], None, mark.exists()
        tail = done.stderr.strip()[-300:]
        if done.returncode < 0:
            place = self.place(room, kind, n)
            blame = next((w for w in THIRD_PARTY if place.startswith(w)), None)
            if blame is None:
                wrong.append(f"signal {-done.returncode} in {place}: {tail}")
        elif done.returncode > 2:
            wrong.append(f"exit {done.returncode}: {tail}")
        elif done.returncode == 2 and not tail:
            wrong.append("exit 2 without a word")
        elif done.returncode == 0 and self.right != 0:
            wrong.append("let through what must be refused")
        elif not reached and done.returncode != self.right:
            wrong.append(f"exit {done.returncode} without a fault: {tail}")
        wrong += self.after(room, done.returncode)
        return wrong, blame, reached

    def place(self, room, kind, n):
        """Where it ends by a signal: the innermost frame that is in a library other than libc, or in ours."""
        if shutil.which("gdb") is None:
            return "an unknown place (gdb is not here)"
        again = room.parent / "again"
        shutil.rmtree(again, ignore_errors=True)
        shutil.copytree(room.parent / self.state, again)
        done = subprocess.run(["gdb", "-batch", "-ex", f"set exec-wrapper env LD_PRELOAD={SHIM} FAULT_{kind}={n}",
                               "-ex", "run", "-ex", "bt 40", "--args", BINARY, *self.args], cwd=again,
                              env=environment(again), stdin=subprocess.DEVNULL, capture_output=True, text=True)
        for line in done.stdout.splitlines():
            library = re.search(r" from \S*/(lib[a-z]+)\S*\.so", line)
            ours = re.search(r" in (\w+) .*/src/(\S+)$", line) or re.search(r"^#0 +(\w+) .*/src/(\S+)$", line)
            if not line.startswith("#") or (library and library[1] in ("libc", "libstdc", "libgcc")):
                continue
            if library:
                return library[1]
            if ours:
                return f"{ours[1]}, {ours[2]}"
        return "an unknown place"

    def after(self, room, code):
        wrong = []
        left = [str(p.relative_to(room)) for p in room.rglob("*.tmp*")]
        if left and code >= 0:
            wrong.append(f"left {left}")
        for args, right in self.then:
            done = palisade(room, *args)
            if self.name == "init" and args == ["init"] and "already" in done.stderr and (room / "palisade.yaml").exists():
                continue  # the fault came when all was made
            if done.returncode != right:
                wrong.append(f"then palisade {' '.join(args)}: exit {done.returncode}: {done.stderr.strip()[-300:]}"
                             f"{done.stdout.strip()[-200:]}")
                break
        return wrong


WHOLE = (["log", "verify"], 0)
CASES = [
    Case("scan", "ready", ["scan", "data/table.csv"]),
    Case("scan evil", "ready", ["scan", "evil.pkl"], 1),
    Case("init", "bare", ["init"], 0, [(["init"], 0), WHOLE]),
    Case("check", "ready", ["check", "--no-cache"], 0, [WHOLE, (["check"], 0)]),
    Case("check closed", "closed", ["check"], 1, [WHOLE, (["check"], 1)]),
    Case("approve", "closed", ["approve", "table", "--as", "dana", "--reason", "x"], 0,
         [WHOLE, (["approve", "table", "--as", "dana", "--reason", "x"], 0)]),
    Case("log verify", "ready", ["log", "verify"]),
    Case("log broken", "broken", ["log", "verify"], 1),
    Case("sign", "ready", ["sign", "model", "--as", "dana", "-o", "model.sig"], 0,
         [(["verify", "model", "-s", "model.sig", "--key", ".palisade/keys/dana.pub"], 0)]),
    Case("verify changed", "closed", ["verify", "model", "-s", "model.sig", "--key", ".palisade/keys/dana.pub"], 1),
    Case("run", "ready", ["run", "--force"], 0, [WHOLE, (["run"], 0), (["check"], 0)]),
    Case("quarantine", "ready", ["quarantine", "table", "--reason", "x"], 0,
         [WHOLE, (["quarantine", "table", "--reason", "x"], 0), (["check"], 1)]),
]


def schedule():
    """Every number up to DENSE, then 5 % steps; in passes of a stride, so that a cut leaves holes and no gap."""
    numbers, n = list(range(1, DENSE + 1)), DENSE
    while n < MOST:
        n += max(1, n // 20)
        numbers.append(n)
    return [numbers[i] for start in range(STRIDE) for i in range(start, len(numbers), STRIDE)]


class Tally:
    def __init__(self):
        self.passed, self.failed, self.blamed = 0, 0, {}

    def add(self, case, kind, n, result):
        wrong, blame, reached = result
        if not reached:
            case.end[kind] = min(n, case.end.get(kind, MOST))
        if blame is not None:
            self.blamed.setdefault((case.name, blame), []).append(n)
        if wrong:
            self.failed += 1
            print(f"FAILED {case.name}, {kind.lower()} {n}: {'; '.join(wrong)}", flush=True)
        else:
            self.passed += 1


def attempt(base, case, kind, n):
    room = pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=base)) / "x"
    base_room = room.parent
    for state in ("bare", "ready", "closed", "broken"):
        (base_room / state).symlink_to(base / state)
    try:
        return case.faults(room, kind, n)
    finally:
        shutil.rmtree(base_room, ignore_errors=True)


def writes(base, pool, tally):
    """All of them, whatever the time."""
    todo = {case: 1 for case in CASES}
    while todo:
        batch = [(case, n) for case, first in todo.items() for n in range(first, first + JOBS)]
        for (case, n), result in zip(batch, pool.map(lambda b: attempt(base, b[0], "WRITE", b[1]), batch)):
            if n < case.end.get("WRITE", MOST):
                tally.add(case, "WRITE", n, result)
        todo = {case: first + JOBS for case, first in todo.items() if "WRITE" not in case.end}


def allocations(base, pool, tally, until):
    for n in schedule():
        batch = [case for case in CASES if n < case.end.get("ALLOC", MOST)]
        if time.monotonic() > until or not batch:
            return
        for case, result in zip(batch, pool.map(lambda c: attempt(base, c, "ALLOC", n), batch)):
            tally.add(case, "ALLOC", n, result)


def main():
    tally, began = Tally(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="palisade-faults-") as temp:
        base = pathlib.Path(temp)
        prepare(base)
        with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
            writes(base, pool, tally)
            print(", ".join(f"{c.name}: {c.end['WRITE'] - 1} writes" for c in CASES), flush=True)
            allocations(base, pool, tally, began + SECONDS)
    for (name, blame), ns in sorted(tally.blamed.items()):
        print(f"{name}: ended in {blame} {len(ns)} times, first at call {min(ns)} ({THIRD_PARTY[blame]})")
    print(f"{tally.passed} passed, {tally.failed} failed")
    return tally.failed > 0


if __name__ == "__main__":
    sys.exit(main())
