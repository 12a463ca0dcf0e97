"""convert.py PALISADE - what torch itself writes, converted and compared bit for bit with what torch itself loads."""
import json
import os
import pickle
import struct
import subprocess
import sys
import tempfile

import torch

try:
    from safetensors.torch import load_file
except ImportError:
    load_file = None

DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "F64": torch.float64, "I64": torch.int64,
          "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool,
          "C64": torch.complex64}


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.a = torch.nn.Linear(4, 3)
        self.b = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2))
        self.register_buffer("c", torch.arange(3))
        self.tied = self.a.weight


def flat(value, path=""):
    if isinstance(value, torch.Tensor):
        yield path or "tensor", value
    elif isinstance(value, dict):
        for k, v in value.items():
            yield from flat(v, f"{path}.{k}" if path else str(k))
    elif isinstance(value, (list, tuple)):
        for i, v in enumerate(value):
            yield from flat(v, f"{path}.{i}" if path else str(i))


def read(path):
    raw = open(path, "rb").read()
    n = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8:8 + n])
    header.pop("__metadata__", None)
    return {k: (t["dtype"], t["shape"], raw[8 + n + t["data_offsets"][0]:8 + n + t["data_offsets"][1]])
            for k, t in header.items()}


def bits(t):
    t = t.detach().contiguous()
    return b"" if t.numel() == 0 else bytes(t.view(-1).view(torch.uint8).tolist() if t.dtype != torch.bool
                                            else t.view(-1).to(torch.uint8).tolist())


def examples():
    torch.manual_seed(0)
    net, x = Net(), torch.arange(24, dtype=torch.float32).reshape(4, 6)
    optimizer = torch.optim.Adam(net.parameters())
    net.a(torch.ones(1, 4)).sum().backward()
    optimizer.step()
    yield "state dict", net.state_dict()
    yield "types", {str(t): torch.arange(5).to(t) for t in DTYPES.values()}
    yield "views", {"x": x, "t": x.t(), "row": x[1], "rows": x[1:3], "column": x[:, 2], "step": x[::2, 1::2],
                    "expanded": torch.ones(3, 1).expand(3, 4), "permuted": torch.randn(2, 3, 4).permute(2, 0, 1),
                    "last": torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)}
    yield "odd shapes", {"scalar": torch.tensor(3.5), "empty": torch.zeros(0, 3), "one": torch.zeros(1, 1, 1)}
    yield "parameters", {"p": torch.nn.Parameter(torch.randn(2, 2)), "list": [torch.zeros(1), {"k": torch.ones(2)}]}
    yield "checkpoint", {"model": net.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 2, "note": "text"}
    yield "a tensor", x
    yield "many", {f"layer.{i}.weight": torch.randn(3) for i in range(2000)}


def main(palisade):
    with tempfile.TemporaryDirectory() as folder:
        source, target = os.path.join(folder, "in.pt"), os.path.join(folder, "out.safetensors")
        for name, value in examples():
            for how in ("zip", "legacy", "pickle"):
                if how == "pickle":
                    pickle.dump(value, open(source, "wb"), protocol=4)
                else:
                    torch.save(value, source, _use_new_zipfile_serialization=how == "zip")
                subprocess.run([palisade, "convert", "--force", "--allow-drop", source, target], check=True,
                               stdout=subprocess.DEVNULL)
                loaded = torch.load(source) if how != "pickle" else pickle.load(open(source, "rb"))
                expected, got = dict(flat(loaded)), read(target)
                assert set(expected) == set(got), (name, how, set(expected) ^ set(got))
                peer = load_file(target) if load_file else {}
                for key, t in expected.items():
                    dtype, shape, data = got[key]
                    assert load_file is None or torch.equal(peer[key], t.contiguous()), (name, how, key)
                    assert DTYPES[dtype] == t.dtype and shape == list(t.shape) and data == bits(t), (name, how, key)
            print(f"{name}: {len(expected)} tensors, bit for bit, in three layouts"
                  + ("" if load_file else " (safetensors' own reader is not here)"))
        for name, value, words in (("module", Net(), "__main__.Net"),
                                   ("quantized", {"q": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)},
                                    "quantized"),
                                   ("sparse", {"s": torch.eye(3).to_sparse()}, "_rebuild_sparse_tensor")):
            torch.save(value, source)
            done = subprocess.run([palisade, "convert", "--force", source, target], capture_output=True, text=True)
            assert done.returncode == 1 and words in done.stderr, (name, done.stderr)
            print(f"{name}: refused")


main(sys.argv[1])
