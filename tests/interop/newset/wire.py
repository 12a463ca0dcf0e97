"""Files by their formats' rules, byte by byte: what the other sources of this set put their content into."""
import gzip
import io
import json
import struct
import tarfile
import zipfile


def zipped(members, method=zipfile.ZIP_STORED):
    b = io.BytesIO()
    with zipfile.ZipFile(b, "w", method) as z:
        for name, content in members:
            z.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, method)
    return b.getvalue()


def tarred(members):
    b = io.BytesIO()
    with tarfile.open(fileobj=b, mode="w") as t:
        for name, content in members:
            i = tarfile.TarInfo(name)
            i.size = len(content)
            t.addfile(i, io.BytesIO(content))
    return b.getvalue()


def tar_gz(members):
    return gzip.compress(tarred(members), mtime=0)


# ---- GGUF (ggml/docs/gguf.md, version 3)

def gguf(pairs, tensors=(("w", [8], 0, 0),), data=bytes(32), big=False, align=32, counts=None):
    end = ">" if big else "<"

    def text(s):
        raw = s.encode()
        return struct.pack(end + "Q", len(raw)) + raw

    def value(v):
        if isinstance(v, str):
            return struct.pack(end + "I", 8) + text(v)
        if isinstance(v, list):
            return struct.pack(end + "IIQ", 9, 8, len(v)) + b"".join(text(s) for s in v)
        if isinstance(v, bytes):
            return v
        return struct.pack(end + "II", 4, v)

    pairs = [("general.architecture", "llama"), ("general.name", "m"), *pairs]
    count = counts or (len(tensors), len(pairs))
    out = b"GGUF" + struct.pack(end + "IQQ", 3, *count) + b"".join(text(k) + value(v) for k, v in pairs)
    for name, dims, kind, at in tensors:
        out += text(name) + struct.pack(end + "I", len(dims)) + b"".join(struct.pack(end + "Q", d) for d in dims)
        out += struct.pack(end + "IQ", kind, at)
    return out + bytes(-len(out) % align) + data


# ---- safetensors

def safetensors(header, data, length=None):
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw) if length is None else length) + raw + data


# ---- Protocol Buffers: a message is a list of (field, value); ints are varints, bytes and lists are length-delimited

def varint(n):
    out = b""
    n &= (1 << 64) - 1
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def message(fields):
    out = b""
    for number, v in fields:
        if isinstance(v, int):
            out += varint(number << 3) + varint(v)
        else:
            raw = v.encode() if isinstance(v, str) else v if isinstance(v, bytes) else message(v)
            out += varint(number << 3 | 2) + varint(len(raw)) + raw
    return out
