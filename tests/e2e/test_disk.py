"""A full disk, a workspace that may not be written, files of somebody else: a clear line, exit 2, nothing half-written."""
import contextlib
import os
import shutil
import subprocess

import pytest

import conftest
from test_init import as_nobody


@contextlib.contextmanager
def disk(where, kib):
    where.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kib}k", "palisade-test", where], capture_output=True)
    if done.returncode != 0:
        pytest.skip("a small disk cannot be mounted here")
    try:
        yield where
    finally:
        subprocess.run(["umount", "-l", where], check=True)


def fill(folder, leave=0):
    with open(folder / "fill", "wb", buffering=0) as f:
        with contextlib.suppress(OSError):
            while True:
                f.write(bytes(4096))
        f.truncate(max(0, f.tell() - leave))


def test_init_on_a_full_disk(tmp_path):
    with disk(tmp_path / "disk", 64) as where:
        room = conftest.begin(tmp_path / "room")
        fill(where)
        done = room.p("init", where, code=2)
        assert "space" in done.stderr.lower()
        (where / "fill").unlink()
        for part in where.iterdir():
            assert part.name != "palisade.yaml"


@pytest.mark.parametrize("leave", [0, 4096, 16384, 65536])
def test_everything_on_a_full_disk(small_done, tmp_path, leave):
    with disk(tmp_path / "disk", 4096) as where:
        room = conftest.copied(small_done, where / "room")
        room.append("data/digits.csv", ",".join(["1"] * 65) + "\n")
        size = room.size()
        fill(where, leave)
        for verb in (["check"], ["approve", "forms", "--as", "dana", "--reason", "x"], ["run", "--force"],
                     ["quarantine", "forms", "--as", "dana", "--reason", "x"], ["report", "-o", "page.html"],
                     ["key", "new", "late"], ["lineage", "heads", "--svg", "x.svg"], ["log", "verify"]):
            done = room.p(*verb, code=None)
            if done.returncode == 2:
                assert done.stderr.startswith(("palisade: ", "./")), done.stderr
                assert "space" in done.stderr.lower() or "full" in done.stderr.lower() or verb[0] == "run", done.stderr
        assert room.size() >= size
        (where / "fill").unlink()
        room.whole()
        assert "COL-05" in room.p("check", "--stage", "collect", code=None).stdout
        room.whole()
        assert not [p for p in room.path.rglob("*") if ".tmp" in p.name or p.name.startswith("page.html.")]


def test_restore_is_possible_when_there_is_room_again(small_done, tmp_path):
    with disk(tmp_path / "disk", 4096) as where:
        room = conftest.copied(small_done, where / "room")
        room.p("quarantine", "forms", "--as", "dana", "--reason", "x")
        fill(where)
        room.p("restore", "forms", "--as", "dana", "--reason", "x", code=None)
        (where / "fill").unlink()
        room.whole()
        room.p("restore", "forms", "--as", "dana", "--reason", "x", code=None)
        room.p("check", "--stage", "collect")


def test_read_only_disk(small_done, tmp_path):
    with disk(tmp_path / "disk", 4096) as where:
        room = conftest.copied(small_done, where / "room")
        room.append("data/digits.csv", ",".join(["1"] * 65) + "\n")
        subprocess.run(["mount", "-o", "remount,ro", where], check=True)
        for verb in (["check"], ["approve", "forms", "--as", "dana", "--reason", "x"], ["key", "new", "x"]):
            done = room.p(*verb, code=2)
            assert "read-only" in done.stderr.lower() or "ead-only" in done.stderr, done.stderr
        room.p("log", "verify")


def nobody(room, *args):
    for parent in list(room.path.parents)[:4]:
        parent.chmod(parent.stat().st_mode | 0o055)
    return subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", conftest.PALISADE, *args],
                          cwd=room.path, env=room.env(), capture_output=True, text=True, timeout=60,
                          stdin=subprocess.DEVNULL, start_new_session=True)


needs_root = pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root and setpriv")


@needs_root
def test_read_only_workspace(small):
    subprocess.run(["chmod", "-R", "a+rX", small.path], check=True)
    small.append("data/digits.csv", ",".join(["1"] * 65) + "\n")
    for verb in (["check"], ["approve", "forms", "--as", "dana", "--reason", "x"], ["key", "new", "x"], ["run"]):
        done = nobody(small, *verb)
        assert done.returncode == 2 and "ermission" in done.stderr and ".palisade" in done.stderr, (verb, done)
    done = nobody(small, "log", "verify")
    assert done.returncode == 0, done
    small.whole()


@needs_root
def test_workspace_that_may_not_be_read(small):
    (small / ".palisade").chmod(0o700)
    small.path.chmod(0o755)
    for verb in (["check"], ["log", "verify"], ["lineage", "forms"]):
        done = nobody(small, *verb)
        assert done.returncode == 2 and ".palisade" in done.stderr, (verb, done)


@needs_root
def test_init_where_nothing_may_be_written(tmp_path):
    room = conftest.begin(tmp_path / "room")
    (room / "locked").mkdir()
    done = as_nobody(room, room / "locked", "init")
    assert done.returncode == 2 and "ermission" in done.stderr


@needs_root
def test_private_key_that_may_not_be_read(small):
    subprocess.run(["chown", "-R", "65534:65534", small.path], check=True)
    for key in (small / ".palisade/keys").glob("*.pem"):
        os.chown(key, 0, 0)
        key.chmod(0o600)
    small.append("data/digits.csv", ",".join(["1"] * 65) + "\n")
    done = nobody(small, "check")
    assert done.returncode == 2 and ".pem" in done.stderr and "ermission" in done.stderr, done


def test_missing_parts(small):
    """Each part of a workspace taken away: said, or made again; never taken for empty."""
    for part in ("ledger/checkpoint", "ledger.vkey", "keys", "ledger"):
        path, aside = small / ".palisade" / part, small / "aside"
        path.rename(aside)
        assert small.p("check", code=2).stderr
        aside.rename(path)
    for part in ("spool", "blobs"):
        shutil.rmtree(small / ".palisade" / part)
        small.p("check", code=None)
        (small / ".palisade" / part).mkdir(exist_ok=True)
    small.p("check", "--no-cache")
    small.whole()


def test_damaged_store(small):
    for text in (b"", b"not a database" * 100, (small / ".palisade/store.db").read_bytes()[:5000]):
        for f in (small / ".palisade").glob("store.db*"):
            f.unlink()
        (small / ".palisade/store.db").write_bytes(text)
        done = small.p("check", code=None)
        assert done.returncode == 0 or "store.db" in done.stderr, done
        if done.returncode:
            (small / ".palisade/store.db").unlink()
            small.p("check")


def test_damaged_keys(small):
    for key in sorted((small / ".palisade/keys").glob("*")):
        good = key.read_bytes()
        for bad in (b"", good[:len(good) // 2], b"\0" * 100):
            key.write_bytes(bad)
            done = small.p("check", "--no-cache", code=None)
            assert done.returncode in (1, 2) or b"PRIVATE" in good, (key, done)
        key.write_bytes(good)
    small.p("check")
