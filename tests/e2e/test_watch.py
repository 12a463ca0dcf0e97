"""palisade watch: what is there and what arrives is examined; bad files leave, good ones stay; nothing slips by."""
import hashlib
import json
import os
import pickle
import signal
import subprocess
import time

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PALISADE = os.environ.get("PALISADE", os.path.join(ROOT, "build", "release", "palisade"))
CSV = "id,colour\n1,red\n2,green\n"


class Evil:
    def __reduce__(self):
        return (os.system, ("true",))


EVIL = pickle.dumps(Evil())


def once(folder, *args):
    return subprocess.run([PALISADE, "watch", "--once", *map(str, args), folder], capture_output=True, timeout=120)


def wait(what, seconds=60):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


@pytest.fixture
def inbox(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    return folder


@pytest.fixture
def watch(inbox):
    with open(inbox.parent / "said", "wb") as said:
        p = subprocess.Popen([PALISADE, "watch", "--format", "jsonl", inbox], stdout=said, stderr=subprocess.PIPE)
    yield p
    if p.poll() is None:
        p.kill()
    p.wait()


def held(inbox):
    folder = inbox.parent / "in.quarantine"
    return sorted(n for n in os.listdir(folder) if n != "quarantine.jsonl") if folder.exists() else []


def test_once_moves_what_is_bad(inbox):
    (inbox / "good.csv").write_text(CSV)
    (inbox / "deep").mkdir()
    (inbox / "deep" / "evil.pkl").write_bytes(EVIL)
    done = once(inbox)
    assert done.returncode == 1, done.stderr.decode()
    assert (inbox / "good.csv").exists() and not (inbox / "deep" / "evil.pkl").exists()
    digest = hashlib.sha256(EVIL).hexdigest()
    (name,) = held(inbox)
    path = inbox.parent / "in.quarantine" / name
    assert digest[:16] in name and path.read_bytes() == EVIL and path.stat().st_mode & 0o777 == 0o400
    (line,) = (inbox.parent / "in.quarantine" / "quarantine.jsonl").read_text().splitlines()
    record = json.loads(line)
    assert record["to"] == name and record["artifact"]["path"] == "deep/evil.pkl"
    assert record["artifact"]["sha256"] == digest and record["artifact"]["findings"][0]["severity"] == "critical"
    assert once(inbox).returncode == 0, "the second round finds nothing"


def test_arrivals_by_write_by_move_and_in_new_folders(inbox, watch):
    (inbox / "one.pkl").write_bytes(EVIL)
    wait(lambda: len(held(inbox)) == 1)
    (inbox.parent / "two.pkl").write_bytes(EVIL)
    os.rename(inbox.parent / "two.pkl", inbox / "two.pkl")
    wait(lambda: len(held(inbox)) == 2)
    (inbox / "a" / "b").mkdir(parents=True)
    (inbox / "a" / "b" / "three.pkl").write_bytes(EVIL)
    wait(lambda: len(held(inbox)) == 3)
    tree = inbox.parent / "tree"
    (tree / "c").mkdir(parents=True)
    (tree / "c" / "four.pkl").write_bytes(EVIL)
    os.rename(tree, inbox / "tree")
    wait(lambda: len(held(inbox)) == 4)
    (inbox / "good.csv").write_text(CSV)
    watch.send_signal(signal.SIGTERM)
    err = watch.communicate(timeout=60)[1]
    assert watch.returncode == 0, err.decode()
    paths = [json.loads(line)["path"] for line in (inbox.parent / "said").read_text().splitlines()]
    assert {"one.pkl", "two.pkl", "a/b/three.pkl", "tree/c/four.pkl"} <= set(paths)


def test_many_arrivals_at_once(inbox, watch):
    (inbox / "start.pkl").write_bytes(EVIL)
    wait(lambda: len(held(inbox)) == 1)
    for i in range(300):
        (inbox / f"{i}.{'pkl' if i % 10 == 0 else 'csv'}").write_bytes(EVIL if i % 10 == 0 else CSV.encode())
    wait(lambda: len(held(inbox)) == 31)
    assert len(os.listdir(inbox)) == 270


def test_a_link_in_the_folder_moves_nothing_outside(inbox):
    outside = inbox.parent / "outside.pkl"
    outside.write_bytes(EVIL)
    os.symlink(outside, inbox / "link.pkl")
    os.symlink(inbox.parent, inbox / "up")
    assert once(inbox).returncode == 0
    assert outside.exists() and held(inbox) == []


@pytest.mark.parametrize("where, says", [("in/inside", b"inside"), ("/dev/shm/palisade-quarantine", b"file system")])
def test_a_quarantine_that_cannot_be(inbox, where, says):
    place = where if where.startswith("/") else inbox.parent / where
    if where.startswith("/") and os.stat("/dev/shm").st_dev == os.stat(inbox).st_dev:
        pytest.skip("one file system")
    done = once(inbox, "--quarantine", place)
    assert done.returncode == 2 and says in done.stderr, done.stderr


def test_no_folder(tmp_path):
    assert once(tmp_path / "nowhere").returncode == 2
