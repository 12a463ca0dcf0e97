"""palisade scan --base, as a user runs it: formats against each other, shards, packed archives, and what was done to a model."""
import json
import os
import random
import struct
import subprocess
import zipfile

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PALISADE = os.environ.get("PALISADE", os.path.join(ROOT, "build", "release", "palisade"))
ROWS, COLUMNS = 64, 80


def compare(model, base, *args):
    done = subprocess.run(
        [PALISADE, "scan", "--format", "json", *args, "--base", str(base), str(model)], capture_output=True, timeout=120
    )
    assert done.returncode in (0, 1), done.stderr.decode()
    return done.returncode, json.loads(done.stdout)


def rules(report):
    return {f["rule"]: f["severity"] for a in report["artifacts"] for f in a["findings"] if f["rule"].startswith("BASE-")}


def safetensors(path, tensors):
    head, data = {}, b""
    for name, (shape, content) in tensors.items():
        head[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(head).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


def npz(path, tensors, method):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, (shape, content) in tensors.items():
            head = ("{'descr': '<f4', 'fortran_order': False, 'shape': %r, }" % (tuple(shape),)).encode()
            head += b" " * (-(len(head) + 11) % 64) + b"\n"
            archive.writestr(name + ".npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + content)
    return path


def numbers(seed, n, scale=0.05):
    dice = random.Random(seed)
    return [dice.gauss(0, scale) for _ in range(n)]


def packed(values):
    return struct.pack("<%df" % len(values), *values)


def model():
    return {
        "layers.%d.%s.weight" % (i, part): ([ROWS, COLUMNS], packed(numbers(i * 10 + k, ROWS * COLUMNS)))
        for i in range(4)
        for k, part in enumerate(("up", "down"))
    }


def changed(tensors, name, change):
    shape, content = tensors[name]
    return {**tensors, name: (shape, packed(change(list(struct.unpack("<%df" % (len(content) // 4), content)))))}


@pytest.fixture
def base(tmp_path):
    return safetensors(tmp_path / "base.safetensors", model())


def test_the_same(tmp_path, base):
    code, report = compare(safetensors(tmp_path / "m.safetensors", model()), base)
    assert code == 0 and rules(report) == {"BASE-SUMMARY": "info"}
    assert report["base"]["same"] == 8 and report["base"]["tensors"] == []
    assert report["base"]["path"] == str(base)
    assert report["artifacts"][0]["verdict"] == "clean"


def test_hidden_in_the_lowest_bit(tmp_path, base):
    """Encrypted data, which no look at the file alone can find."""
    tensors = model()
    shape, content = tensors["layers.1.up.weight"]
    words = struct.unpack("<%dI" % (len(content) // 4), content)
    dice = random.Random(5)
    words = [w & ~1 | dice.getrandbits(1) if i < 800 else w for i, w in enumerate(words)]
    tensors["layers.1.up.weight"] = (shape, struct.pack("<%dI" % len(words), *words))
    path = safetensors(tmp_path / "m.safetensors", tensors)
    alone = subprocess.run([PALISADE, "scan", "--fail-on", "low", str(path)], capture_output=True, timeout=120)
    assert alone.returncode == 0, alone.stdout.decode()
    code, report = compare(path, base)
    assert code == 1 and rules(report)["BASE-LOW-BITS"] == "high"
    assert report["artifacts"][0]["verdict"] == "findings"
    (one,) = report["base"]["tensors"]
    assert one["low_bits"] == 1 and one["low_chance"] < -12 and one["model"]["name"] == "layers.1.up.weight"


def test_an_edit_of_rank_one(tmp_path, base):
    u, v = numbers(70, ROWS), numbers(71, COLUMNS)
    tensors = changed(
        model(), "layers.2.down.weight", lambda x: [y + u[i // COLUMNS] * v[i % COLUMNS] for i, y in enumerate(x)]
    )
    code, report = compare(safetensors(tmp_path / "m.safetensors", tensors), base, "--fail-on", "medium")
    assert code == 1 and rules(report)["BASE-EDIT"] == "medium"
    (one,) = report["base"]["tensors"]
    assert one["rank"] == 1 and one["rank_share"] > 0.999
    assert "all of them in layer 2" in report["base"]["summary"]


def test_one_row(tmp_path, base):
    tensors = changed(
        model(), "layers.0.up.weight", lambda x: [y + (i // COLUMNS == 9) * 0.1 for i, y in enumerate(x)]
    )
    code, report = compare(safetensors(tmp_path / "m.safetensors", tensors), base)
    assert code == 0 and rules(report)["BASE-ROWS"] == "medium"
    (one,) = report["base"]["tensors"]
    assert (one["rows"], one["rows_changed"], one["first_row"]) == (ROWS, 1, 9)


def test_added_and_missing(tmp_path, base):
    tensors = model()
    tensors["layers.9.up.weight"] = tensors.pop("layers.3.up.weight")
    code, report = compare(safetensors(tmp_path / "m.safetensors", tensors), base)
    assert rules(report)["BASE-ADDED"] == "medium" and rules(report)["BASE-SHAPE"] == "low"
    assert report["base"]["added"] == 1 and report["base"]["missing"] == 1


def test_shards_wrappers_and_archives(tmp_path, base):
    tensors = {"module." + name: t for name, t in model().items()}
    names = sorted(tensors)
    folder = tmp_path / "shards"
    folder.mkdir()
    for i in range(3):
        safetensors(folder / ("model-%d.safetensors" % i), {n: tensors[n] for n in names[i::3]})
    (folder / "notes.txt").write_text("no tensors here\n")
    for other in (
        folder,
        npz(tmp_path / "a.npz", model(), zipfile.ZIP_STORED),
        npz(tmp_path / "b.npz", model(), zipfile.ZIP_DEFLATED),
    ):
        code, report = compare(other, base)
        assert code == 0 and report["base"]["same"] == 8, (other, report["base"]["summary"])
        assert compare(base, other)[1]["base"]["same"] == 8


def test_frameworks(tmp_path, base):
    torch = pytest.importorskip("torch")
    whole = {
        name: torch.tensor(struct.unpack("<%df" % (ROWS * COLUMNS), content)).reshape(shape)
        for name, (shape, content) in model().items()
    }
    torch.save(whole, tmp_path / "zip.pt")
    torch.save(whole, tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    half = {name: t.to(torch.bfloat16) for name, t in whole.items()}
    torch.save(half, tmp_path / "half.pt")
    for name in ("zip.pt", "old.pt"):
        assert compare(tmp_path / name, base)[1]["base"]["same"] == 8
    report = compare(tmp_path / "half.pt", base)[1]
    assert report["base"]["cast"] == 8 and rules(report) == {"BASE-SUMMARY": "info"}


def test_table_tells_the_summary(tmp_path, base):
    path = safetensors(tmp_path / "m.safetensors", model())
    done = subprocess.run([PALISADE, "scan", "--base", str(base), str(path)], capture_output=True, timeout=120)
    assert done.returncode == 0 and b"0 of 8 tensors changed: the same numbers" in done.stdout


def test_wrong_use(tmp_path, base):
    (tmp_path / "a.txt").write_text("nothing\n")
    for args, words in (
        (["--base", str(base)], b"scan what"),
        (["--base", str(base), str(base), str(base)], b"one file or folder"),
        (["--base", str(tmp_path / "none"), str(base)], b"cannot open"),
        (["--base", str(tmp_path / "a.txt"), str(base)], b"no tensor"),
    ):
        done = subprocess.run([PALISADE, "scan", *args], capture_output=True, timeout=120)
        assert done.returncode == 2 and words in done.stderr, (args, done.stderr)


def test_release_03(small):
    """The whole way: declared, compared, signed, decided, and decided anew when the base changes."""
    (small / "m").mkdir()
    tensors = model()
    safetensors(small / "m/model.safetensors", tensors)
    safetensors(small / "start.safetensors", tensors)
    small.append("palisade.yaml", "models:\n  - {name: net, version: 1.0.0, path: m, base: [{name: start, path: start.safetensors}]}\n")
    row = small.row("REL-03", "net", "--stage", "release")
    assert row["verdict"] == "pass" and "0 of 8 tensors changed: the same numbers" in row["reason"]
    size = small.size()
    assert small.row("REL-03", "net", "--stage", "release")["verdict"] == "pass" and small.size() == size
    shape, content = tensors["layers.3.up.weight"]
    words = struct.unpack("<%dI" % (len(content) // 4), content)
    dice = random.Random(9)
    low = struct.pack("<%dI" % len(words), *(w & ~3 | dice.getrandbits(2) for w in words))
    safetensors(small / "start.safetensors", {**tensors, "layers.3.up.weight": (shape, low)})
    row = small.row("REL-03", "net", "--stage", "release")
    assert row["verdict"] == "fail" and "BASE-LOW-BITS" in row["reason"] and row["evidence"]
    small.whole()
