"""Hostile and broken artifacts: a finding or a refusal that says where, the run goes on, and the gate decides."""
import io
import os
import pickle
import subprocess
import zipfile

import pytest

import conftest


class Evil:
    def __reduce__(self):
        return (os.system, ("touch /tmp/palisade-was-here",))


def bomb():
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
        for i in range(20):
            z.writestr(f"zeros{i}", bytes(20 << 20))
    return inner.getvalue()


def good_pickle():
    return pickle.dumps({"a": list(range(1000))}, protocol=4)


HOSTILE = {
    "truncated pickle": ("m.pkl", lambda: good_pickle()[:-50]),
    "corrupt pickle": ("m.pkl", lambda: good_pickle()[:100] + b"\xff" * 40 + good_pickle()[140:]),
    "evil pickle": ("m.pkl", lambda: pickle.dumps(Evil())),
    "evil after the end": ("m.pkl", lambda: good_pickle() + pickle.dumps(Evil())),
    "zip bomb": ("m.zip", bomb),
    "truncated zip": ("m.zip", lambda: bomb()[:-30]),
    "empty zip": ("m.zip", lambda: b"PK\x05\x06" + bytes(18)),
    "csv with NULs": ("m.csv", lambda: b"a,b\n1,\x00\x00\n" + b"\x00" * 5000),
    "csv with an endless field": ("m.csv", lambda: b'a,b\n"' + b"x" * (3 << 20)),
    "safetensors that lies": ("m.safetensors", lambda: (1 << 62).to_bytes(8, "little") + b"{}"),
    "gguf that lies": ("m.gguf", lambda: b"GGUF\x03\x00\x00\x00" + b"\xff" * 16),
    "npy with a pickle": ("m.npy", lambda: b"\x93NUMPY\x01\x00\x76\x00" +
                          b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(117) + b"\n" + pickle.dumps(Evil())),
    "deep json": ("m.jsonl", lambda: b"[" * 200000),
    "program": ("m.bin", lambda: open("/bin/true", "rb").read()),
    "empty": ("m.pkl", lambda: b""),
}


def model(room, folder="m"):
    (room / folder).mkdir(exist_ok=True)
    room.append("palisade.yaml", "models:\n  - {name: odd, version: 1.0.0, path: m}\n")


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_model(small, kind):
    name, make = HOSTILE[kind]
    model(small)
    (small / "m" / name).write_bytes(make())
    done = small.p("check", code=1, timeout=90)
    assert "REL-01" in done.stdout  # it is not signed; the other gates were decided, too
    assert "collect  gate OPEN" in done.stdout
    assert not os.path.exists("/tmp/palisade-was-here")
    if kind == "truncated pickle":
        found = [f for f in small.report("--stage", "release")["findings"] if f["rule"] == "PICKLE-TRUNCATED"]
        assert found, "a loader runs what is before the cut"
    elif kind not in ("empty", "empty zip", "csv with an endless field"):
        rows = [r for r in small.report("--stage", "release")["rows"] if r["control"] == "REL-02"]
        assert rows[0]["verdict"] == "fail", rows
    small.whole()


def dataset(room, name):
    room.edit("palisade.yaml", "datasets:\n", "datasets:\n  - {name: odd, path: odd, label: internal, "
              "source: {kind: internal, who: a, where: b}}\n")
    (room / "odd").mkdir()
    (room / "odd/table.csv").write_text("a,b\n1,2\n")


def odd(room, code=1):
    report = room.report("--stage", "collect", code=code)
    return [r for r in report["rows"] if r["artifact"] == "odd" and r["verdict"] == "fail"], report


def test_plain_folder(small):
    dataset(small, "odd")
    fails, _ = odd(small)
    assert {r["control"] for r in fails} == {"COL-05"}


@pytest.mark.parametrize("target", ["/etc/passwd", "table.csv", "nowhere", "."])
def test_symlink_in_a_dataset(small, target):
    dataset(small, "odd")
    (small / "odd/link").symlink_to(target)
    fails, report = odd(small)
    assert any("link" in r["reason"] for r in fails), fails
    assert [r for r in report["rows"] if r["artifact"] == "biopsies" and r["verdict"] == "pass"]


def test_dataset_that_is_a_symlink(small):
    dataset(small, "odd")
    subprocess.run(["rm", "-r", small / "odd"], check=True)
    (small / "odd").symlink_to("/etc/hostname")
    done = small.p("check", "--stage", "collect", code=None)
    assert done.returncode in (1, 2) and "odd" in done.stdout + done.stderr


@pytest.mark.parametrize("kind", ["fifo", "socket", "device"])
def test_special_files(small, kind):
    dataset(small, "odd")
    path = small / "odd/special.csv"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        subprocess.run(["/usr/bin/python3", "-c", "import socket; socket.socket(socket.AF_UNIX).bind('special.csv')"],
                       cwd=path.parent, check=True)
    elif os.geteuid() == 0:
        try:
            os.mknod(path, 0o020666, os.makedev(1, 5))
        except PermissionError:
            pytest.skip("devices cannot be made here")
    else:
        pytest.skip("only root makes devices")
    fails, _ = odd(small)
    assert any("special.csv" in r["reason"] for r in fails), fails


def test_unreadable_file(small):
    """Root reads everything, so somebody else asks."""
    if os.geteuid() != 0 or not os.path.exists("/usr/bin/setpriv"):
        os.chmod(small / "data/digits.csv", 0)
        done = small.p("check", "--stage", "collect", code=None)
    else:
        subprocess.run(["chown", "-R", "65534:65534", small.path], check=True)
        os.chown(small / "data/digits.csv", 0, 0)
        os.chmod(small / "data/digits.csv", 0o600)
        for parent in list(small.path.parents)[:4]:
            parent.chmod(parent.stat().st_mode | 0o055)
        done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", conftest.PALISADE, "check",
                               "--stage", "collect"], cwd=small.path, env=small.env(), capture_output=True, text=True,
                              timeout=60, stdin=subprocess.DEVNULL)
    assert done.returncode in (1, 2), done
    assert "data/digits.csv" in done.stdout + done.stderr and "ermission" in done.stdout + done.stderr
    assert done.returncode == 2 or "biopsies" in done.stdout


def test_names_that_paint_the_terminal(small):
    dataset(small, "odd")
    (small / "odd/evil\x1b[2Jname.pkl").write_bytes(pickle.dumps(Evil()))
    (small / "odd/new\nline.csv").write_text("a\n1\n")
    done = small.p("check", "--stage", "collect", code=1)
    assert "\x1b" not in done.stdout + done.stderr
    for kind in ("json", "sarif", "junit", "html"):
        assert "\x1b" not in small.p("check", "--stage", "collect", "--format", kind, code=1).stdout


def test_names_that_are_not_utf8(small):
    dataset(small, "odd")
    with open(os.path.join(os.fsencode(small / "odd"), b"\xff\xfe.csv"), "w") as f:
        f.write("a\n1\n")
    done = small.p("check", "--stage", "collect", code=1)
    assert "odd" in done.stdout
    small.report("--stage", "collect", code=1)


def test_many_and_deep_folders(small):
    dataset(small, "odd")
    deep = small / "odd"
    for i in range(60):
        deep = deep / "d"
        deep.mkdir()
    (deep / "x.csv").write_text("a\n1\n")
    for i in range(300):
        (small / f"odd/{i}.csv").write_text(f"a\n{i}\n")
    fails, _ = odd(small, code=1)
    assert "COL-05" in {r["control"] for r in fails}


def test_changed_while_it_is_read(small):
    """Whatever comes out, it is a decision or a refusal about one content, and the ledger stays whole."""
    import threading
    stop = threading.Event()

    def churn():
        n = 0
        while not stop.is_set():
            n += 1
            with open(small / "data/digits.csv", "a") as f:
                f.write(",".join([str(n % 10)] * 65) + "\n")

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for _ in range(3):
            small.p("check", "--stage", "collect", code=None)
    finally:
        stop.set()
        thread.join()
    small.whole()
    assert small.row("COL-05", "forms", "--stage", "collect", code=1)["verdict"] == "fail"
