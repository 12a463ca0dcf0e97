"""Many at once on one workspace, killed at any moment, and a store that somebody else holds."""
import base64
import collections
import fcntl
import json
import os
import random
import signal
import sqlite3
import time

import pytest

import conftest

KILLS = 12 if conftest.SANITIZED else 25  # of each command


def subjects(room):
    """How often each statement of one type is about one content under one step."""
    out = collections.Counter()
    for entry in room.entries():
        s = json.loads(base64.b64decode(json.loads(entry)["payload"]))
        out[s["predicateType"].split("/")[-2], *sorted(x["digest"]["sha256"] for x in s["subject"])] += 1
    return out


def together(room, count, *args):
    running = [room.start(*args) for _ in range(count)]
    out = []
    for process in running:
        stdout, stderr = process.communicate(timeout=180)
        assert "Sanitizer" not in stderr, stderr
        out.append((process.returncode, stdout, stderr))
    return out


@pytest.mark.parametrize("count", [2, 4])
def test_checks_at_once(small, count):
    """New content for all of them: everybody decides, and what was seen is on record."""
    small.append("data/digits.csv", ",".join(["1"] * 65) + "\n")
    for code, stdout, stderr in together(small, count, "check", "--no-cache"):
        assert code == 1 and "COL-05" in stdout and stderr == "", (code, stdout, stderr)
    small.whole()
    size = small.size()
    small.p("check", code=1)
    assert small.size() == size  # nothing was lost that a later check would have to say again


def test_checks_at_once_cold(clinic):
    for f in (clinic / ".palisade").glob("store.db*"):
        f.unlink()
    for code, stdout, stderr in together(clinic, 4, "check"):
        assert code == 0 and "all 7 gates are open" in stdout, (code, stdout, stderr)
    clinic.whole()


def test_different_verbs_at_once(small):
    before = small.size()
    running = [small.start("check"), small.start("quarantine", "forms", "--as", "dana", "--reason", "one"),
               small.start("quarantine", "biopsies", "--as", "dana", "--reason", "two"), small.start("log", "verify"),
               small.start("report", "-o", "page.html"), small.start("lineage", "heads"),
               small.start("approve", "forms", "--as", "omar", "--reason", "three")]
    for process in running:
        stdout, stderr = process.communicate(timeout=180)
        assert process.returncode in (0, 1), (process.args, stdout, stderr)
    small.whole()
    assert small.size() >= before + 3
    texts = b"".join(base64.b64decode(json.loads(e)["payload"]) for e in small.entries()[before:])
    assert all(f'"{word}"'.encode() in texts for word in ("one", "two", "three"))


def test_appends_at_once_lose_nothing(small):
    before, count = small.size(), 8
    running = [small.start("approve", "forms", "--as", "omar", "--reason", f"number {i}") for i in range(count)]
    for process in running:
        _, stderr = process.communicate(timeout=180)
        assert process.returncode == 0, stderr
    assert small.size() == before + count
    texts = b"".join(base64.b64decode(json.loads(e)["payload"]) for e in small.entries()[before:])
    assert all(f"number {i}".encode() in texts for i in range(count))
    small.whole()


def kill_many(room, start, settle, longest):
    rng = random.Random(20261121)
    for n in range(KILLS):
        process = start(n)
        try:
            process.wait(timeout=rng.uniform(0, longest))
        except Exception:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        room.whole()
        if n % 5 == 0:
            settle(n)
    settle(KILLS)


def test_check_killed(small):
    def start(n):
        small.append("data/digits.csv", ",".join([str(n % 10)] * 65) + "\n")
        return small.start("check")

    def settle(_):
        assert "COL-05" in small.p("check", code=1).stdout

    begin = time.monotonic()
    small.p("check", "--no-cache")
    kill_many(small, start, settle, (time.monotonic() - begin) * 1.1)
    conftest.approve(small, "forms")
    small.p("check")
    assert not [p for p in (small / ".palisade/spool").rglob("*") if p.is_file()]


def test_run_killed(small):
    def start(n):
        (small / "head.sh").write_text(f'mkdir -p work && head -n {n + 2} "$1" >"$2"\n')
        return small.start("run")

    def settle(n):
        small.p("run")
        assert "pass" in small.row("PRE-03", "heads", code=0)["verdict"]

    begin = time.monotonic()
    small.p("run", "--force")
    kill_many(small, start, settle, (time.monotonic() - begin) * 1.1)
    assert max(subjects(small).values()) < KILLS * 4


def test_acknowledged_is_kept(small):
    """What the command said is on record is there, whatever was killed beside it."""
    rng, said = random.Random(7), []
    for n in range(6):
        victim = small.start("check", "--no-cache")
        done = small.start("approve", "forms", "--as", "omar", "--reason", f"kept {n}")
        try:
            victim.wait(timeout=rng.uniform(0, 0.3))
        except Exception:
            os.killpg(victim.pid, signal.SIGKILL)
        victim.communicate()
        if done.communicate(timeout=60) and done.returncode == 0:
            said.append(f"kept {n}".encode())
    small.whole()
    texts = b"".join(base64.b64decode(json.loads(e)["payload"]) for e in small.entries())
    assert len(said) == 6 and all(word in texts for word in said)


def test_locked(small_done, tmp_path):
    """Somebody holds the store, for all or for writing, or the ledger, for longer than we wait: said, and nothing done.

    The three wait at the same time, each in a room of its own."""
    rooms = {how: conftest.copied(small_done, tmp_path / how) for how in ("EXCLUSIVE", "IMMEDIATE", "ledger")}
    held, start = [], time.monotonic()
    for how, room in rooms.items():
        room.append("data/digits.csv", ",".join(["1"] * 65) + "\n")
        if how == "ledger":
            held.append(open(room / ".palisade/ledger/lock", "r+"))
            fcntl.flock(held[-1], fcntl.LOCK_EX)
            fcntl.lockf(held[-1], fcntl.LOCK_EX)
            continue
        held.append(sqlite3.connect(room / ".palisade/store.db", isolation_level=None))
        if how == "EXCLUSIVE":
            held[-1].execute("PRAGMA locking_mode=EXCLUSIVE")
        held[-1].execute(f"BEGIN {how}")
    running = {how: room.start("check") for how, room in rooms.items()}
    for how, process in running.items():
        _, stderr = process.communicate(timeout=60)
        assert process.returncode == 2 and ("lock" in stderr or "in use" in stderr) and len(stderr.strip().splitlines()) == 1, (how, stderr)
        assert ("store.db" if how != "ledger" else "ledger") in stderr
    assert time.monotonic() - start < 40
    for one in held:
        one.close()
    for room in rooms.values():
        room.p("check", code=1)
        room.whole()


def test_interrupted_by_the_user(small):
    process = small.start("check", "--no-cache")
    time.sleep(0.15)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    small.whole()
    small.p("check")


def test_no_process_is_left_behind(small):
    def workers():
        out = set()
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                cwd = os.readlink(f"/proc/{pid}/cwd")
                line = open(f"/proc/{pid}/cmdline").read()
            except OSError:
                continue
            if "palisade" in line and cwd.startswith(str(small.path)):
                out.add(pid)
        return out

    process = small.start("check", "--no-cache")
    time.sleep(0.2)
    process.kill()
    process.communicate()
    for _ in range(50):
        if not workers():
            break
        time.sleep(0.1)
    assert not workers()
