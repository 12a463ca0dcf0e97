"""torchfile.py - files as torch writes them, made without torch: pickles by hand, zip archives, the old layout."""

import io
import struct
import zipfile

WIDTHS = {"Float": 4, "Double": 8, "Half": 2, "BFloat16": 2, "Long": 8, "Int": 4, "Short": 2, "Char": 1, "Byte": 1,
          "Bool": 1, "ComplexFloat": 8, "ComplexDouble": 16}
MAGIC = 0x1950A86A20F9469CFC6C


class Storage:
    def __init__(self, kind, data, key=None, numel=None):
        self.kind, self.data, self.key = kind, data, key
        self.numel = len(data) // WIDTHS[kind] if numel is None else numel


class Tensor:
    def __init__(self, storage, shape, stride=None, offset=0, parameter=False):
        self.storage, self.shape, self.offset, self.parameter = storage, tuple(shape), offset, parameter
        if stride is None:
            stride, step = [], 1
            for n in reversed(self.shape):
                stride.insert(0, step)
                step *= n
        self.stride = tuple(stride)


class Call:
    """What module.name(*args) would give."""

    def __init__(self, module, name, *args, state=None):
        self.module, self.name, self.args, self.state = module, name, args, state


class Name:
    def __init__(self, module, name):
        self.module, self.name = module, name


class Pickle:
    def __init__(self, legacy=False):
        self.out, self.memo, self.storages, self.legacy = bytearray(b"\x80\x02"), {}, [], legacy

    def put(self, v):
        self.memo[id(v)] = (len(self.memo), v)
        self.out += b"r" + struct.pack("<I", len(self.memo) - 1)

    def number(self, n):
        if 0 <= n < 256:
            self.out += b"K" + bytes([n])
        elif -2**31 <= n < 2**31:
            self.out += b"J" + struct.pack("<i", n)
        else:
            raw = n.to_bytes(n.bit_length() // 8 + 1, "little", signed=True)
            self.out += b"\x8a" + bytes([len(raw)]) + raw

    def text(self, s):
        raw = s.encode()
        self.out += b"X" + struct.pack("<I", len(raw)) + raw

    def storage(self, s):
        if s not in self.storages:
            self.storages.append(s)
            s.key = s.key if s.key is not None else str(len(self.storages) - 1)
        ident = ("storage", Name("torch", s.kind + "Storage"), s.key, "cpu", s.numel)
        self.add(ident + ((None,) if self.legacy else ()))
        self.out += b"Q"

    def tensor(self, t):
        inner = Call("torch._utils", "_rebuild_tensor_v2", t.storage, t.offset, t.shape, t.stride, False,
                     Call("collections", "OrderedDict"))
        self.add(Call("torch._utils", "_rebuild_parameter", inner, True, Call("collections", "OrderedDict"))
                 if t.parameter else inner)

    def add(self, v):
        if id(v) in self.memo and not isinstance(v, (int, float, str, bool, type(None), tuple)):
            self.out += b"j" + struct.pack("<I", self.memo[id(v)][0])
        elif v is None:
            self.out += b"N"
        elif isinstance(v, bool):
            self.out += b"\x88" if v else b"\x89"
        elif isinstance(v, int):
            self.number(v)
        elif isinstance(v, float):
            self.out += b"G" + struct.pack(">d", v)
        elif isinstance(v, str):
            self.text(v)
        elif isinstance(v, bytes):
            self.out += b"B" + struct.pack("<I", len(v)) + v
        elif isinstance(v, tuple):
            self.out += b"("
            for x in v:
                self.add(x)
            self.out += b"t"
        elif isinstance(v, list):
            self.out += b"]"
            self.put(v)
            self.out += b"("
            for x in v:
                self.add(x)
            self.out += b"e"
        elif isinstance(v, dict):
            self.out += b"}"
            self.put(v)
            self.out += b"("
            for k, x in v.items():
                self.add(k)
                self.add(x)
            self.out += b"u"
        elif isinstance(v, Name):
            self.out += f"c{v.module}\n{v.name}\n".encode()
        elif isinstance(v, Storage):
            self.storage(v)
        elif isinstance(v, Tensor):
            self.tensor(v)
            self.put(v)
        elif isinstance(v, Call):
            self.add(Name(v.module, v.name))
            self.add(tuple(v.args))
            self.out += b"R"
            if v.state is not None:
                self.add(v.state)
                self.out += b"b"
        else:
            raise TypeError(type(v))

    def done(self):
        return bytes(self.out) + b"."


def pickled(v, legacy=False):
    p = Pickle(legacy)
    p.add(v)
    return p.done(), p.storages


def torch_zip(v, prefix="archive", extra=(), skip=(), byteorder=b"little"):
    """extra: (name, bytes) pairs; skip: keys of storages that are left out."""
    data, storages = pickled(v)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as z:
        def add(name, content):
            z.writestr(zipfile.ZipInfo(f"{prefix}/{name}" if prefix else name, (1980, 1, 1, 0, 0, 0)), content)
        add("data.pkl", data)
        if byteorder:
            add("byteorder", byteorder)
        for s in storages:
            if s.key not in skip:
                add(f"data/{s.key}", s.data)
        for name, content in extra:
            add(name, content)
        add("version", b"3\n")
    return out.getvalue()


def torch_legacy(v, behind=b""):
    out = b""
    data, storages = pickled(v, legacy=True)
    for part in (MAGIC, 1001, {"protocol_version": 1001, "little_endian": True, "type_sizes": {"int": 4}}):
        out += pickled(part)[0]
    out += data + pickled([s.key for s in storages])[0]
    for s in storages:
        out += struct.pack("<q", len(s.data) // WIDTHS[s.kind]) + s.data
    return out + behind


def floats(*values):
    return struct.pack(f"<{len(values)}f", *values)
