"""palisade disasm, as a user runs it: raw pickles, archives, compressed files, members, JSON, and what goes wrong."""
import gzip
import json
import os
import pickle
import pickletools
import subprocess
import zipfile

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PALISADE = os.environ.get("PALISADE", os.path.join(ROOT, "build", "release", "palisade"))


class Evil:
    def __reduce__(self):
        return (os.system, ("true",))


def disasm(*args):
    return subprocess.run([PALISADE, "disasm", *map(str, args)], capture_output=True, timeout=120)


def ops(*args):
    done = disasm("--format", "json", *args)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)["ops"]


VALUES = [
    {"a": [1, -5, 70000, 2**40, 1.5, None, True], "b": (b"bytes", "text \u00e9", set("x")), "c": {"d": ()}},
    [str(i) for i in range(300)],
    pickle.loads(pickle.dumps([frozenset([1]), range(3), complex(1, 2)])),
]


@pytest.mark.parametrize("protocol", range(6))
def test_same_opcodes_as_python(tmp_path, protocol):
    """Names and offsets are those of Python's own disassembler."""
    path = tmp_path / "v.pkl"
    for value in VALUES:
        path.write_bytes(pickle.dumps(value, protocol))
        expected = [(op.name, at) for op, _, at in pickletools.genops(path.read_bytes())]
        assert [(o["op"], o["offset"]) for o in ops(path)] == expected


def test_verdict_on_the_line(tmp_path):
    path = tmp_path / "evil.pkl"
    path.write_bytes(pickle.dumps(Evil()))
    call = [o for o in ops(path) if o["op"] == "REDUCE"][0]
    assert call["severity"] == "critical" and "system('true')" in call["verdict"]
    done = disasm(path)
    assert done.returncode == 0
    assert b"STACK_GLOBAL" in done.stdout and b"# critical: call posix.system('true')" in done.stdout


def test_members(tmp_path):
    path = tmp_path / "m.pt"
    with zipfile.ZipFile(path, "w") as z:
        z.writestr("m/data.pkl", pickle.dumps({"a": 1}))
        z.writestr("m/other.pkl", pickle.dumps(Evil()))
        z.writestr("m/version", "3\n")
    assert {o["member"] for o in ops(path)} == {f"{path}!/m/data.pkl", f"{path}!/m/other.pkl"}
    assert {o["member"] for o in ops(f"{path}!/m/other.pkl")} == {f"{path}!/m/other.pkl"}
    done = disasm(f"{path}!/m/version")
    assert done.returncode == 2 and b"no pickle" in done.stderr


def test_compressed_and_concatenated(tmp_path):
    path = tmp_path / "c.pkl.gz"
    path.write_bytes(gzip.compress(pickle.dumps([1]) + pickle.dumps([2])))
    assert [o["op"] for o in ops(path)].count("STOP") == 2


def test_terminal_is_not_steered(tmp_path):
    path = tmp_path / "steer.pkl"
    path.write_bytes(pickle.dumps("\x1b]0;owned\x07 text"))
    done = disasm(path)
    assert done.returncode == 0 and b"\x1b" not in done.stdout and b"text" in done.stdout


def test_many_opcodes(tmp_path):
    path = tmp_path / "many.pkl"
    path.write_bytes(pickle.dumps(list(range(200000))))
    done = disasm(path)
    assert done.returncode == 0 and done.stdout.count(b"\n") > 200000


def test_what_cannot_be_shown(tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("a,b\n1,2\n3,4\n")
    for word, says in ((table, b"no pickle"), (tmp_path, b"regular file"), (tmp_path / "none", b"cannot open")):
        done = disasm(word)
        assert done.returncode == 2 and says in done.stderr, word
    assert disasm().returncode == 2
