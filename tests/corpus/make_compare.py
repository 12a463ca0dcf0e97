#!/usr/bin/python3
"""Makes tests/corpus/compare: sizes, a model and its base in one file, as tests/fuzz/fuzz_compare.c takes them apart."""
import io
import json
import os
import random
import struct
import zipfile

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "compare")
WIDTH = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I8": 1}


def safetensors(tensors):
    """tensors: name -> (type, shape, bytes)."""
    head, data = {}, b""
    for name, (kind, shape, content) in tensors.items():
        head[name] = {"dtype": kind, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(head, separators=(",", ":")).encode()
    return struct.pack("<Q", len(text)) + text + data


def npz(tensors, method):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, (shape, content) in tensors.items():
            head = ("{'descr': '<f4', 'fortran_order': False, 'shape': %r, }" % (shape,)).encode()
            head += b" " * (-(len(head) + 11) % 64) + b"\n"
            entry = zipfile.ZipInfo(name + ".npy", (1980, 1, 1, 0, 0, 0))
            entry.compress_type = method
            archive.writestr(entry, b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + content)
    return out.getvalue()


def floats(n, seed, kind="f"):
    dice = random.Random(seed)
    return struct.pack("<%d%s" % (n, kind), *(dice.gauss(0, 0.05) for _ in range(n)))


def low(content, bits):
    dice = random.Random(bits)
    words = struct.unpack("<%dI" % (len(content) // 4), content)
    return struct.pack("<%dI" % len(words), *((w >> bits << bits) | dice.getrandbits(bits) for w in words))


def save(name, model, base, damage=0):
    path = os.path.join(HERE, "good", name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(struct.pack(">HB", len(model), damage) + model + base)


def main():
    a, b = floats(20 * 20, 1), floats(20 * 20, 2)
    one = safetensors({"w": ("F32", [20, 20], a), "b": ("F32", [4], a[:16])})
    save("same", one, one)
    save("other", one, safetensors({"w": ("F32", [20, 20], b), "b": ("F32", [4], b[:16])}), 7)
    save("low", safetensors({"w": ("F32", [20, 20], low(a, 3)), "b": ("F32", [4], a[:16])}), one)
    save("cast", safetensors({"w": ("F64", [4], floats(4, 1, "d"))}), safetensors({"w": ("F16", [4], floats(4, 1, "e"))}))
    save("bytes", safetensors({"w": ("I8", [4], b"abcd")}), safetensors({"w": ("I8", [4], b"abce")}), 1)
    save("names", safetensors({"module.w": ("BF16", [2], b"abcd"), "x": ("I8", [1], b"x")}), safetensors({"w": ("BF16", [2, 1], b"abce")}))
    save("shape", safetensors({"w": ("F32", [2, 2], a[:16])}), safetensors({"w": ("F32", [4, 1], a[:16])}))
    save("packed", npz({"w": ((20, 20), a)}, zipfile.ZIP_DEFLATED), npz({"w": ((20, 20), b)}, zipfile.ZIP_STORED), 3)


main()
