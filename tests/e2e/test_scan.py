"""palisade scan, as a user runs it: exit codes, formats, streams, links, hostile files, and processes left behind."""
import hashlib
import json
import os
import pickle
import pty
import random
import struct
import subprocess
import time
import xml.etree.ElementTree as ElementTree

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PALISADE = os.environ.get("PALISADE", os.path.join(ROOT, "build", "release", "palisade"))

CSV = "id,colour,weight\n1,red,5\n2,green,6\n3,blue,7\n"


class Evil:
    def __reduce__(self):
        return (os.system, ("true",))


def scan(*args, stdin=None, cwd=None):
    return subprocess.run([PALISADE, "scan", *map(str, args)], input=stdin, cwd=cwd, capture_output=True, timeout=120)


def findings(*args, **more):
    done = scan("--format", "json", *args, **more)
    assert done.returncode in (0, 1), done.stderr.decode()
    return [f for a in json.loads(done.stdout)["artifacts"] for f in a["findings"]]


def rules(*args, **more):
    return {f["rule"] for f in findings(*args, **more)}


@pytest.fixture
def evil(tmp_path):
    path = tmp_path / "evil.pkl"
    path.write_bytes(pickle.dumps(Evil()))
    return path


def test_clean_file_exits_0(tmp_path):
    (tmp_path / "a.csv").write_text(CSV)
    done = scan(tmp_path / "a.csv")
    assert done.returncode == 0 and done.stderr == b""
    assert b"seccomp" in done.stdout


def test_finding_exits_1(evil):
    done = scan(evil)
    assert done.returncode == 1, done.stdout.decode()
    assert b"critical" in done.stdout and b"evil.pkl" in done.stdout


def test_large_file_says_the_same_to_any_number_of_threads(tmp_path):
    path, size = tmp_path / "large.safetensors", 24 << 20
    weights = b"".join(struct.pack("<f", random.Random(i).gauss(0, 0.02)) for i in range(1 << 13))
    header = {f"layer.{i}.weight": {"dtype": "F32", "shape": [1536, 4096], "data_offsets": [i * size, (i + 1) * size]}
              for i in range(3)}
    with open(path, "wb") as f:
        f.write(len(json.dumps(header)).to_bytes(8, "little") + json.dumps(header).encode())
        for i in range(3):
            f.write(weights * (size // len(weights)))
        f.seek(-(40 << 20), os.SEEK_END)
        f.write(bytes([0x7F]) + b"ELF" + bytes([2, 1, 1]) + bytes(9) + bytes([2, 0, 62, 0, 1]) + bytes(31) + bytes([64, 0]) + bytes(10))
    told = [findings("--jobs", jobs, path) for jobs in (1, 2, 5)]
    assert told[0] == told[1] == told[2] and told[0]
    assert any(f["rule"] == "WEIGHTS-COPY" for f in told[0])


def test_limit_decides_the_exit_code(tmp_path):
    (tmp_path / "noise.xyz").write_bytes(bytes(range(256)))
    assert scan(tmp_path).returncode == 0
    assert scan("--fail-on", "medium", tmp_path).returncode == 1
    assert scan("--fail-on", "critical", tmp_path).returncode == 0


@pytest.mark.parametrize(
    "args",
    [
        ["/nowhere/at/all"],
        [],
        ["--fail-on", "purple", "."],
        ["--jobs", "x", "."],
        ["--jobs", "65", "."],
        ["--rules", "/nowhere", "."],
        ["--unknown", "."],
    ],
)
def test_wrong_use_exits_2_with_one_clear_line(args):
    done = scan(*args)
    assert done.returncode == 2 and done.stdout == b""
    assert done.stderr.startswith(b"palisade: ") and done.stderr.count(b"\n") == 1, done.stderr


def test_nothing_examined_is_not_clean(tmp_path):
    done = scan(tmp_path)
    assert done.returncode == 2 and b"no file was examined" in done.stderr
    os.symlink("/etc/hostname", tmp_path / "link")
    done = scan(tmp_path)
    assert done.returncode == 2 and b"--follow-links" in done.stderr and b"SCAN-LINK" in done.stdout


def test_standard_input(evil):
    assert scan("-", stdin=CSV.encode()).returncode == 0
    done = scan("-", stdin=evil.read_bytes())
    assert done.returncode == 1 and b"standard input" in done.stdout


def test_links_are_reported_and_not_followed(tmp_path, evil):
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "a.csv").write_text(CSV)
    os.symlink(evil, tree / "model.pkl")
    os.mkfifo(tree / "pipe")
    assert rules(tree) == {"SCAN-LINK", "SCAN-SPECIAL"}
    assert scan(tree).returncode == 0
    assert scan("--follow-links", tree).returncode == 1
    assert scan(tree / "model.pkl").returncode == 1, "a link that the user names is followed"


def test_unreadable_is_a_finding(tmp_path):
    (tmp_path / "a.csv").write_text(CSV)
    (tmp_path / "b.csv").write_text(CSV)
    os.chmod(tmp_path / "b.csv", 0)
    if os.access(tmp_path / "b.csv", os.R_OK):
        pytest.skip("root reads everything")
    assert rules(tmp_path) == {"SCAN-UNREADABLE"}


def test_formats(tmp_path, evil):
    sarif = json.loads(scan("--format", "sarif", tmp_path).stdout)
    assert sarif["version"] == "2.1.0" and len(sarif["runs"][0]["results"]) >= 1
    suite = ElementTree.fromstring(scan("--format", "junit", tmp_path).stdout)
    assert int(suite.get("failures")) >= 1
    page = scan("--format", "html", tmp_path).stdout.decode()
    assert page.startswith("<!") and "<script" not in page and "evil.pkl" in page
    out = tmp_path / "report.json"
    done = scan("--format", "json", "-o", out, evil)
    assert done.returncode == 1 and done.stdout == b"" and json.loads(out.read_text())["summary"]["decision"] == "stop"


def test_unwritable_report_exits_2(evil):
    done = scan("-o", "/nowhere/report.txt", evil)
    assert done.returncode == 2 and b"/nowhere" in done.stderr
    with open("/dev/full", "wb") as full:
        done = subprocess.run([PALISADE, "scan", evil], stdout=full, stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 2 and b"standard output" in done.stderr


def test_member_of_archive_is_named(tmp_path, evil):
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.zip", "w") as z:
        z.write(evil, "deep/evil.pkl")
    evil.unlink()
    text = scan(tmp_path).stdout.decode()
    assert "a.zip!/deep/evil.pkl" in text


def test_bomb_of_nested_archives_ends(tmp_path):
    import io
    import zipfile

    inner = CSV.encode()
    for depth in range(30):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
            z.writestr(f"{depth}.zip", inner)
        inner = out.getvalue()
    (tmp_path / "nested.zip").write_bytes(inner)
    began = time.monotonic()
    assert "SCAN-BUDGET" in rules(tmp_path)
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("head", [pickle.dumps([1, 2, 3]), b"just some words\n", bytes(range(250, 256)) * 9])
def test_archive_behind_something_else_is_seen(tmp_path, head):
    import io
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr("evil.pkl", pickle.dumps(Evil()))
    (tmp_path / "both.bin").write_bytes(head + out.getvalue())
    found = findings(tmp_path)
    assert {"PICKLE-EXEC"} <= {f["rule"] for f in found}
    assert any("evil.pkl" in (f["location"]["member"] or "") for f in found)
    assert any("POLYGLOT" in f["rule"] or "TRAILING" in f["rule"] for f in found)


def test_name_against_content(tmp_path, evil):
    os.rename(evil, tmp_path / "picture.png")
    assert {"SCAN-EXT-MISMATCH", "PICKLE-EXEC"} <= rules(tmp_path)


def test_hostile_names_do_not_reach_the_terminal(tmp_path, evil):
    name = "evil\x1b]0;owned\x07.pkl"
    os.rename(evil, tmp_path / name)
    for form in ("table", "json", "sarif", "junit", "html"):
        out = scan("--format", form, tmp_path).stdout
        assert b"\x1b" not in out and b"\x07" not in out, form


def test_results_do_not_depend_on_workers(tmp_path):
    for i in range(60):
        (tmp_path / f"{i}.csv").write_text(CSV * (i + 1))
        (tmp_path / f"{i}.bin").write_bytes(bytes([i % 7, 255, 254, 0, 129, 7]) * 20)
    (tmp_path / "evil.pkl").write_bytes(pickle.dumps(Evil()))
    lists = [findings("--jobs", n, tmp_path) for n in (1, 2, 7)]
    assert lists[0] == lists[1] == lists[2] and len(lists[0]) >= 60


def test_many_files_on_the_command_line(tmp_path):
    for i in range(50):
        (tmp_path / f"{i}.csv").write_text(CSV)
    done = scan("--format", "json", *[f"{i}.csv" for i in range(50)], cwd=tmp_path)
    assert done.returncode == 0 and json.loads(done.stdout)["summary"]["artifacts"] == 50


def test_no_process_is_left_when_the_scan_is_killed(tmp_path):
    fifo_fed = subprocess.Popen([PALISADE, "scan", "/dev/stdin"], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    fifo_fed.communicate(b"", timeout=60)
    assert fifo_fed.returncode == 2, "a pipe is no file; - reads standard input"
    big = tmp_path / "big.csv"
    with open(big, "w") as f:
        f.write("a,b\n" + "1,2\n" * 20_000_000)
    p = subprocess.Popen([PALISADE, "scan", str(tmp_path)], stdout=subprocess.DEVNULL)
    time.sleep(0.3)
    children = open(f"/proc/{p.pid}/task/{p.pid}/children").read().split()
    p.kill()
    p.wait()
    deadline = time.monotonic() + 5
    while any(os.path.exists(f"/proc/{c}") for c in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert children and not any(os.path.exists(f"/proc/{c}") for c in children)


def test_timeout_is_a_finding(tmp_path):
    with open(tmp_path / "big.csv", "w") as f:
        f.write("a,b\n" + "name@example.org,2\n" * 30_000_000)
    (tmp_path / "small.csv").write_text(CSV)
    began = time.monotonic()
    assert "WORKER-LIMIT" in rules("--timeout", 1, tmp_path)
    assert time.monotonic() - began < 30


def test_progress_only_on_a_terminal(tmp_path):
    with open(tmp_path / "big.csv", "w") as f:
        f.write("a,b\n" + "1,2\n" * 2_000_000)
    assert scan(tmp_path).stderr == b""
    main, side = pty.openpty()
    p = subprocess.Popen([PALISADE, "scan", str(tmp_path)], stdout=subprocess.DEVNULL, stderr=side)
    os.close(side)
    shown = b""
    try:
        while True:
            some = os.read(main, 4096)
            if not some:
                break
            shown += some
    except OSError:
        pass
    p.wait()
    os.close(main)
    assert b"scanning" in shown


def test_verdicts_digests_and_lines(tmp_path, evil):
    (tmp_path / "a.csv").write_text(CSV)
    (tmp_path / "noise.xyz").write_bytes(bytes(range(256)) * 4)
    lines = scan("--format", "jsonl", tmp_path).stdout.decode().splitlines()
    by_name = {os.path.basename(a["path"]): a for a in map(json.loads, lines)}
    assert {n: a["verdict"] for n, a in by_name.items()} == {
        "a.csv": "clean", "evil.pkl": "findings", "noise.xyz": "unknown"}
    assert by_name["noise.xyz"]["unread"] == 1024 and by_name["a.csv"]["unread"] == 0
    for name, a in by_name.items():
        assert a["sha256"] == hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
    piped = json.loads(scan("--format", "json", "-", stdin=evil.read_bytes()).stdout)["artifacts"][0]
    assert piped["sha256"] == by_name["evil.pkl"]["sha256"] and piped["verdict"] == "findings"


def test_json_obeys_its_schema(tmp_path, evil):
    jsonschema = pytest.importorskip("jsonschema")
    with open(os.path.join(ROOT, "docs", "schema", "scan.schema.json")) as f:
        schema = json.load(f)
    jsonschema.validate(json.loads(scan("--format", "json", tmp_path).stdout), schema)


def test_baseline_accepts_by_digest_and_rule(tmp_path, evil):
    known = tmp_path / "known.json"
    done = scan("--write-baseline", known, evil)
    assert done.returncode == 2 and b"--reason" in done.stderr, "nobody accepts without a reason"
    assert scan("--write-baseline", known, "--reason", "a test", evil).returncode == 0
    done = scan("--baseline", known, evil)
    assert done.returncode == 0 and b"accepted" in done.stdout
    assert findings("--baseline", known, evil)[0]["accepted"] == "a test"
    sarif = json.loads(scan("--baseline", known, "--format", "sarif", evil).stdout)
    assert all(r["suppressions"] for r in sarif["runs"][0]["results"])
    evil.write_bytes(evil.read_bytes() + b".")
    assert scan("--baseline", known, evil).returncode == 1, "other bytes under the same name"


def test_baseline_ends_on_its_day(tmp_path, evil):
    known = tmp_path / "known.json"
    scan("--write-baseline", known, "--reason", "a test", "--expires", "2000-01-01", evil)
    assert scan("--baseline", known, evil).returncode == 1
    done = scan("--write-baseline", known, "--reason", "a test", "--expires", "tomorrow", evil)
    assert done.returncode == 2 and b"2027-01-31" in done.stderr


def test_broken_baseline_exits_2(tmp_path, evil):
    known = tmp_path / "known.json"
    known.write_text('{"version": "1", "accepted": [{"rule": "PICKLE-EXEC"}]}')
    done = scan("--baseline", known, evil)
    assert done.returncode == 2 and b"accepted[0]: sha256" in done.stderr


def test_explain():
    page = scan("--explain", "PICKLE-EXEC").stdout.decode()
    assert page.startswith("PICKLE-EXEC  critical") and "what to do" in page
    done = scan("--explain", "PICKLE-EXE")
    assert done.returncode == 2 and b"did you mean PICKLE-EXEC" in done.stderr
    rules = json.loads(scan("--explain", "all", "--format", "json").stdout)
    ids = [r["rule"] for r in rules]
    assert len(ids) > 150 and ids == sorted(ids) and all(r["fix"] for r in rules)


def test_a_program_kept_as_data(tmp_path):
    kept = tmp_path / "kept.pkl"
    kept.write_bytes(pickle.dumps({"code": "import os\nos.system('id')\n", "weights": [1.0, 2.0]}))
    (one,) = [f for f in findings(kept) if f["rule"] == "SOURCE-PROCESS"]
    assert one["severity"] == "high" and "kept as data" in one["message"]
    words = tmp_path / "words.pkl"
    words.write_bytes(pickle.dumps({"vocabulary": ["os.system('x')", "import os; os.system('x')", "exec("]}))
    assert findings(words) == []
