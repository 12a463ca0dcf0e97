"""`palisade convert`: PyTorch files as safetensors, made and checked here without torch."""
import array
import hashlib
import json
import os
import struct

import pytest
from conftest import Room
from torchfile import Call, Name, Storage, Tensor, floats, pickled, torch_legacy, torch_zip


@pytest.fixture
def room(tmp_path):
    return Room(tmp_path)


def read_safetensors(path):
    """The reader of the specification in a few lines: every byte belongs to one tensor, in order, without holes."""
    raw = path.read_bytes()
    n = struct.unpack("<Q", raw[:8])[0]
    header, data = json.loads(raw[8:8 + n]), raw[8 + n:]
    metadata = header.pop("__metadata__", {})
    assert n % 8 == 0
    end = 0
    for name, t in sorted(header.items(), key=lambda x: x[1]["data_offsets"]):
        assert t["data_offsets"][0] == end, name
        end = t["data_offsets"][1]
    assert end == len(data)
    return metadata, {k: (t["dtype"], t["shape"], data[slice(*t["data_offsets"])]) for k, t in header.items()}


def state():
    base = Storage("Float", floats(*range(24)))
    return {
        "layers": [{"weight": Tensor(base, (4, 6)), "bias": Tensor(Storage("Half", b"\0\x3c\0\x40"), (2,), parameter=True)}],
        "transposed": Tensor(base, (6, 4), (1, 6)),
        "column": Tensor(base, (4,), (6,), 2),
        "spread": Tensor(base, (3, 2), (0, 1), 1),
        "empty": Tensor(Storage("Long", b""), (0, 3)),
        "scalar": Tensor(Storage("Double", struct.pack("<d", 2.5)), ()),
        "flags": Tensor(Storage("Bool", b"\1\0\1"), (3,)),
    }


def numbers(t):
    return list(array.array({"F32": "f", "F64": "d"}[t[0]], t[2]))


@pytest.mark.parametrize("layout", [torch_zip, torch_legacy])
def test_state_dict(room, layout):
    (room / "in.pt").write_bytes(layout(state()))
    done = room.p("convert", "in.pt", "out.safetensors")
    _, tensors = read_safetensors(room / "out.safetensors")
    assert numbers(tensors["layers.0.weight"]) == list(range(24)) and tensors["layers.0.weight"][1] == [4, 6]
    assert numbers(tensors["transposed"]) == [6 * c + r for r in range(6) for c in range(4)]
    assert numbers(tensors["column"]) == [2, 8, 14, 20]
    assert numbers(tensors["spread"]) == [1, 2] * 3
    assert tensors["layers.0.bias"] == ("F16", [2], b"\0\x3c\0\x40")
    assert tensors["empty"] == ("I64", [0, 3], b"")
    assert tensors["scalar"][1] == [] and numbers(tensors["scalar"]) == [2.5]
    assert tensors["flags"] == ("BOOL", [3], b"\1\0\1")
    digest = hashlib.sha256((room / "out.safetensors").read_bytes()).hexdigest()
    assert f"sha256:{digest}" in done.stdout and "3 of them share bytes" in done.stdout
    scan = room.p("scan", "--fail-on", "info", "out.safetensors")
    assert "CLEAN" in scan.stdout


def test_both_layouts_alike(room):
    (room / "a.pt").write_bytes(torch_zip(state()))
    (room / "b.pt").write_bytes(torch_legacy(state()))
    for x in "ab":
        room.p("convert", f"{x}.pt", f"{x}.safetensors")
    assert (room / "a.safetensors").read_bytes() == (room / "b.safetensors").read_bytes()


def test_plain_values(room):
    (room / "in.pt").write_bytes(torch_zip({"w": Tensor(Storage("Float", floats(1)), (1,)), "epoch": 7, "lr": 0.5,
                                            "note": "first \"run\"", "none": None, "ok": True}))
    refused = room.p("convert", "in.pt", "out.safetensors", code=1)
    assert '"epoch" is no tensor but 7' in refused.stderr and "--allow-drop" in refused.stderr
    assert not (room / "out.safetensors").exists()
    report = json.loads(room.p("convert", "--allow-drop", "--format", "json", "in.pt", "out.safetensors").stdout)
    metadata, _ = read_safetensors(room / "out.safetensors")
    assert {d["name"]: d["value"] for d in report["dropped"]} == {
        "epoch": "7", "lr": "0.5", "note": "first \"run\"", "none": "None", "ok": "true"}
    assert metadata["dropped.epoch"] == "7" and metadata["dropped.note"] == "first \"run\""
    assert report["sha256"] == hashlib.sha256((room / "out.safetensors").read_bytes()).hexdigest()
    assert report["tensors"] == [{"name": "w", "dtype": "F32", "shape": [1]}] and report["shared"] == []


def test_raw_pickle(room):
    stored = torch_legacy(Storage("Float", floats(3, 4)))
    w = Call("torch._utils", "_rebuild_tensor_v2", Call("torch.storage", "_load_from_bytes", stored), 0, (2,), (1,),
             False, Call("collections", "OrderedDict"))
    (room / "in.pkl").write_bytes(pickled({"w": w})[0])
    room.p("convert", "in.pkl", "out.safetensors")
    assert numbers(read_safetensors(room / "out.safetensors")[1]["w"]) == [3, 4]


def test_big_endian(room):
    w = {"w": Tensor(Storage("Float", struct.pack(">2f", 1, -2)), (2,))}
    (room / "in.pt").write_bytes(torch_zip(w, byteorder=b"big"))
    room.p("convert", "in.pt", "out.safetensors")
    assert numbers(read_safetensors(room / "out.safetensors")[1]["w"]) == [1, -2]


def one(**more):
    storage = Storage("Float", floats(1, 2, 3, 4), numel=more.pop("numel", None))
    return {"w": Tensor(storage, more.pop("shape", (2, 2)), **more)}


def twice(name):
    return {"a": {"b": Tensor(Storage("Float", floats(1)), (1,))}, name: Tensor(Storage("Float", floats(2)), (1,))}


REFUSED = {
    "a call": (torch_zip({"w": Call("os", "system", "touch owned")}), "needs os.system()"),
    "a class": (torch_zip(Call("__main__", "Net", state={"x": 1})), "needs __main__.Net()"),
    "a name": (torch_zip({"f": Name("builtins", "eval")}), "needs builtins.eval"),
    "beyond": (torch_zip(one(offset=1)), "reaches beyond its storage"),
    "negative": (torch_zip(one(shape=(-2, 2), stride=(2, 1))), "no list of at most 64 numbers"),
    "longer": (torch_zip(one(numel=1 << 40)), "shorter than it is said to be"),
    "missing": (torch_zip(one(), skip=("0",)), "without the bytes of its storage"),
    "inflated": (torch_zip(one(shape=(1 << 30, 1 << 20), stride=(0, 0))), "views that repeat their numbers"),
    "complex": (torch_zip({"w": Tensor(Storage("ComplexDouble", bytes(16)), (1,))}), "no type for complex128"),
    "one name": (torch_zip(twice("a.b")), 'two tensors would be called "a.b"'),
    "nothing": (torch_zip({}), "there is no tensor"),
    "metadata": (torch_zip({"__metadata__": Tensor(Storage("Float", floats(1)), (1,))}), None),
    "key": (torch_zip({(1, 2): Tensor(Storage("Float", floats(1)), (1,))}), "keys that are no text or number"),
    "cut": (torch_legacy(one())[:-3], "missing, too long"),
    "text": (b"just some text, no model", "no file of torch.save"),
    "computed": (b"\x80\x02}X\x01\0\0\0wcos\nsystem\n(X\x02\0\0\0idtR)Rs.", "computed call"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(room, case):
    content, words = REFUSED[case]
    (room / "in.pt").write_bytes(content)
    done = room.p("convert", "--allow-drop", "in.pt", "out.safetensors", code=None)
    assert done.returncode != 0 and (words is None or (done.returncode == 1 and words in done.stderr)), done.stderr
    assert sorted(os.listdir(room.path)) == ["in.pt"]  # nothing was run, nothing is left


def test_existing(room):
    (room / "in.pt").write_bytes(torch_zip(one()))
    (room / "out.safetensors").write_text("mine")
    assert "already there" in room.p("convert", "in.pt", "out.safetensors", code=2).stderr
    assert (room / "out.safetensors").read_text() == "mine"
    room.p("convert", "--force", "in.pt", "out.safetensors")
    read_safetensors(room / "out.safetensors")
    assert sorted(os.listdir(room.path)) == ["in.pt", "out.safetensors"]


def test_shared_refused(room):
    (room / "in.pt").write_bytes(torch_zip(state()))
    assert "safetensors cannot say that" in room.p("convert", "--shared", "refuse", "in.pt", "o.st", code=1).stderr


def test_large_strided(room):
    n = 1500
    base = Storage("Float", array.array("f", range(n * n)).tobytes())
    (room / "in.pt").write_bytes(torch_zip({"t": Tensor(base, (n, n), (1, n))}))
    room.p("convert", "in.pt", "out.safetensors")
    got = numbers(read_safetensors(room / "out.safetensors")[1]["t"])
    assert got[:3] == [0, n, 2 * n] and got[n] == 1 and got[-1] == n * n - 1
