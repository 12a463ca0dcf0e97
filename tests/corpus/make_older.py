#!/usr/bin/python3
"""Writes the samples of older and rarer formats: tests/corpus/{mxnet,mxnet_symbol,ggml,torch7,zarr,ocdbt,oci,archive},
images in tests/corpus/tar, and deflate64 in tests/corpus/zip.

Each is put together byte by byte, so the samples are the same everywhere and no framework is needed.
"""

import hashlib
import io
import json
import os
import struct
import tarfile
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))


def write(path, data):
    path = os.path.join(HERE, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data if isinstance(data, bytes) else json.dumps(data, indent=1).encode() + b"\n")


def u32(*n):
    return struct.pack("<%dI" % len(n), *[x & 0xFFFFFFFF for x in n])


def u64(*n):
    return struct.pack("<%dQ" % len(n), *[x & 2**64 - 1 for x in n])


def floats(*x):
    return struct.pack("<%df" % len(x), *x)


# --- mxnet: lists of arrays


def mx_shape(*dims):
    return u32(len(dims)) + u64(*dims)


def mx_array(dims, data, kind=0, magic=0xF993FAC9, device=(1, 0)):
    return u32(magic, 0) + mx_shape(*dims) + u32(*device) + u32(kind) + data


def mx_list(arrays, names, count=None):
    out = u64(0x112, 0, len(arrays) if count is None else count) + b"".join(arrays)
    return out + u64(len(names)) + b"".join(u64(len(n)) + n.encode() for n in names)


def mxnet():
    w = mx_array((2, 3), floats(1, 2, 3, 4, 5, 6))
    b = mx_array((3,), floats(1, 2, 3))
    write("mxnet/good/two.params", mx_list([w, b], ["arg:fc_weight", "aux:fc_mean"]))
    rows = u32(0xF993FAC9, 1) + mx_shape(1, 2) + mx_shape(4, 2) + u32(1, 0, 0)
    rows += u32(6) + mx_shape(1) + floats(1, 2) + u64(3)
    csr = u32(0xF993FAC9, 2) + mx_shape(2) + mx_shape(2, 3) + u32(1, 0, 0)
    csr += u32(6) + mx_shape(3) + u32(6) + mx_shape(2) + floats(1, 2) + u64(0, 1, 2) + u64(0, 2)
    late = u32(0xF993FAC9, 2) + mx_shape(0) + csr[20:]  # MXNet 1.9 writes the shape before it has counted
    write("mxnet/good/sparse.params", mx_list([rows, csr, late], ["rows", "csr", "late"]))
    old = u32(2, 1, 2) + u32(1, 0, 0) + floats(1, 2)
    first = u32(0xF993FAC8) + mx_shape(2) + u32(1, 0, 1) + struct.pack("<2d", 1, 2)
    scalar = mx_array((), struct.pack("<h", 7), 8, 0xF993FACA)
    none = u32(0xF993FAC9, 0) + mx_shape()
    write("mxnet/good/versions.params", mx_list([old, first, scalar, none], ["old", "first", "scalar", "none"]))
    write("mxnet/good/unnamed.params", mx_list([b], []))
    write("mxnet/bad/count.params", mx_list([b], ["b"], count=2**61))
    write("mxnet/bad/long.params", mx_list([mx_array((1000,), floats(1))], ["b"]))
    write("mxnet/bad/overflow.params", mx_list([b, mx_array((2**62, 8), b"")], ["a", "b"]))
    write("mxnet/bad/negative.params", mx_list([mx_array((2, -2), floats(1))], ["b"]))
    write("mxnet/bad/rank.params", mx_list([u32(0xF993FAC9, 0, 77) + bytes(16)], ["b"]))
    write("mxnet/bad/kind.params", mx_list([u32(0xF993FAC9, 9) + bytes(16)], ["b"]))
    write("mxnet/bad/type.params", mx_list([mx_array((1,), floats(1), 99)], ["b"]))
    write("mxnet/bad/names.params", mx_list([b], ["a", "b"]))
    write("mxnet/bad/name.params", mx_list([b], ["a"])[:-9] + u64(2**40) + b"a")
    write("mxnet/bad/trailing.params", mx_list([b], ["a"]) + b"more bytes than there should be")


def mx_node(op, name, attrs=None, **more):
    return {"op": op, "name": name, "inputs": [], **({"attrs": attrs} if attrs else {}), **more}


def mx_graph(*nodes, **more):
    return {"nodes": list(nodes), "arg_nodes": [0], "heads": [[1, 0, 0]], **more}


def mxnet_symbol():
    data, fc = mx_node("null", "data"), mx_node("FullyConnected", "fc1", {"num_hidden": "10"})
    write("mxnet_symbol/good/net.json", mx_graph(data, fc, attrs={"mxnet_version": ["int", 10600]}))
    inner = mx_graph(data, mx_node("Activation", "relu", {"act_type": "relu"}))
    loop = mx_node("_foreach", "foreach0", {"num_args": "2"}, subgraphs=[inner])
    write("mxnet_symbol/good/loop.json", mx_graph(data, loop))
    write("mxnet_symbol/good/tvm.json", mx_graph(data, mx_node("tvm_op", "fused", {"func_name": "fused_nn_dense"})))
    evil = mx_graph(data, mx_node("Custom", "hook", {"op_type": "run_me"}))
    write("mxnet_symbol/bad/custom.json", evil)
    write("mxnet_symbol/bad/nested.json", mx_graph(data, mx_node("_cond", "c", subgraphs=[evil])))
    old = {"op": "_Native", "param": {"info": "0x7f0012345678"}, "name": "native", "inputs": [], "backward_source_id": -1}
    write("mxnet_symbol/bad/native.json", mx_graph(data, old))
    lua = {"lua_string": "os.execute('id')", "num_data": "1"}
    write("mxnet_symbol/bad/lua.json", mx_graph(data, mx_node("TorchModule", "t", lua)))
    write("mxnet_symbol/bad/read.json", mx_graph(data, mx_node("_cvimread", "i", {"filename": "../../etc/passwd"})))
    whole = json.dumps(evil).encode()
    write("mxnet_symbol/bad/cut.json", whole[: whole.index(b"arg_nodes") - 3])


# --- ggml before GGUF


def words(*texts, score=False):
    return b"".join(u32(len(t)) + t.encode() + (floats(0.5) if score else b"") for t in texts)


def gg_tensor(name, dims, data, kind=0, at=None):
    out = u32(len(dims), len(name), kind, *dims) + name.encode()
    return out + (b"" if at is None else bytes(-(at + len(out)) % 32)) + data


def gg_file(head, *tensors, aligned=False):
    for t in tensors:
        head += gg_tensor(*t, at=len(head) if aligned else None)
    return head


def ggml():
    llama = (3, 32, 4, 2, 1, 16, 0)
    emb = ("tok_embeddings.weight", (2, 3), floats(1, 2, 3, 4, 5, 6))
    old4 = ("layers.0.w", (32, 1), bytes(range(20)), 2)
    new4 = ("layers.0.w", (32, 1), bytes(range(18)), 2)
    voc = words("a", "bc", "the")
    scored = words("a", "bc", "the", score=True)
    write("ggml/good/llama.ggml", gg_file(b"lmgg" + u32(*llama) + voc, emb, old4))
    write("ggml/good/llama.ggmf", gg_file(b"fmgg" + u32(1, *llama) + scored, emb, old4))
    write("ggml/good/one.ggjt", gg_file(b"tjgg" + u32(1, *llama) + scored, emb, old4, aligned=True))
    write("ggml/good/three.ggjt", gg_file(b"tjgg" + u32(3, *llama) + scored, emb, new4, aligned=True))
    write("ggml/good/lora.ggla", gg_file(b"algg" + u32(1, 8, 16), ("a.loraA", (2, 2), floats(1, 2, 3, 4)), aligned=True))
    mels = u32(2, 3) + floats(*range(6))
    whisper = b"lmgg" + u32(3, 1500, 384, 6, 4, 448, 384, 6, 4, 2, 1) + mels + u32(3) + voc
    write("ggml/good/whisper.bin", gg_file(whisper, ("encoder.conv1.weight", (2, 1, 2), floats(1, 2, 3, 4)), new4))
    write("ggml/good/words.bin", whisper)
    gpt2 = b"lmgg" + u32(3, 1024, 768, 12, 12, 1) + u32(3) + voc
    write("ggml/good/gpt2.bin", gg_file(gpt2, ("model/wte", (2, 3), floats(1, 2, 3, 4, 5, 6))))
    mpt = b"lmgg" + u32(64, 2048, 2, 1, 3) + floats(8, 0) + u32(0) + voc
    write("ggml/good/mpt.bin", gg_file(mpt, ("wte", (2, 3), floats(1, 2, 3, 4, 5, 6))))
    write("ggml/good/rwkv.bin", gg_file(b"fmgg" + u32(100, 3, 2, 1, 0), ("emb.weight", (2, 3), floats(1, 2, 3, 4, 5, 6))))
    jt = b"tjgg" + u32(3, *llama) + scored
    write("ggml/bad/version.ggjt", b"tjgg" + u32(9, *llama) + scored)
    write("ggml/bad/vocab.ggjt", b"tjgg" + u32(3, 2**31 - 1, *llama[1:]) + scored)
    write("ggml/bad/word.ggjt", b"tjgg" + u32(3, *llama) + u32(2**31) + scored)
    write("ggml/bad/dims.ggjt", gg_file(jt, emb, ("w", (2, 2, 2, 2, 2), floats(1)), aligned=True))
    write("ggml/bad/overflow.ggjt", gg_file(jt, emb, ("w", (2**32 - 1,) * 3, b""), aligned=True))
    write("ggml/bad/long.ggjt", gg_file(jt, emb, ("w", (2**30, 1), floats(1)), aligned=True))
    write("ggml/bad/type.ggjt", gg_file(jt, emb, ("w", (2, 1), floats(1), 4), aligned=True))
    write("ggml/bad/rows.ggjt", gg_file(jt, emb, ("w", (33, 1), bytes(40), 2), aligned=True))
    write("ggml/bad/name.ggjt", gg_file(jt, emb, aligned=True) + u32(1, 2**31, 0, 1) + b"name")
    write("ggml/bad/unnamed.ggjt", gg_file(jt, emb, ("", (1,), floats(1)), aligned=True))
    write("ggml/bad/behind.ggml", gg_file(b"lmgg" + u32(*llama) + voc, emb) + b"more bytes than there should be")
    write("ggml/bad/mels.bin", b"lmgg" + u32(3, 1500, 384, 6, 4, 448, 384, 6, 4, 2, 1) + u32(2**31, 2**31) + u32(3) + voc)


# --- Torch7: objects in binary and in text, from one description


class T7:
    """The four kinds of values that File.lua writes; `ascii` chooses the form."""

    def __init__(self, ascii=False):
        self.ascii, self.index = ascii, 0

    def int(self, n):
        return b"%d\n" % n if self.ascii else struct.pack("<i", n)

    def long(self, n):
        return b"%d\n" % n if self.ascii else struct.pack("<q", n)

    def longs(self, ns):
        return b" ".join(b"%d" % n for n in ns) + b"\n" if self.ascii else struct.pack("<%dq" % len(ns), *ns)

    def text(self, s):
        s = s.encode() if isinstance(s, str) else s
        return self.int(len(s)) + s + (b"\n" if self.ascii else b"")

    def nil(self):
        return self.int(0)

    def number(self, x):
        return self.int(1) + (b"%g\n" % x if self.ascii else struct.pack("<d", x))

    def string(self, s):
        return self.int(2) + self.text(s)

    def bool(self, b):
        return self.int(5) + self.int(int(b))

    def next(self):
        self.index += 1
        return self.int(self.index)

    def again(self, kind, index):
        return self.int(kind) + self.int(index)

    def table(self, *pairs, size=None):
        head = self.int(3) + self.next() + self.int(len(pairs) if size is None else size)
        return head + b"".join(k() + v() for k, v in pairs)

    def object(self, name, body):
        return self.int(4) + self.next() + self.text("V 1") + self.text(name) + body()

    def storage(self, values, count=None, kind="Float"):
        form = {"Float": "f", "Double": "d", "Byte": "B", "Char": "b"}[kind]
        n = len(values) if count is None else count
        data = b" ".join(b"%g" % v for v in values) + b"\n" if self.ascii and kind != "Char" else None
        if data is None:
            data = struct.pack("<%d%s" % (len(values), form), *values) + (b"\n" if self.ascii else b"")
        return self.object("torch.%sStorage" % kind, lambda: self.long(n) + data)

    def tensor(self, dims, strides, storage, offset=1, kind="Float"):
        def body():
            return self.int(len(dims)) + self.longs(dims) + self.longs(strides) + self.long(offset) + storage()

        return self.object("torch.%sTensor" % kind, body)

    def function(self, dump, kind=8):
        return self.int(kind) + (b"" if kind == 6 else self.next()) + self.text(dump) + self.nil()


def t7_linear(t, **more):
    def fields():
        return t.table(
            (lambda: t.string("weight"), lambda: t.tensor((2, 3), (3, 1), lambda: t.storage([1, 2, 3, 4, 5, 6]))),
            (lambda: t.string("bias"), lambda: t.tensor((2,), (1,), lambda: t.storage([1, 2, 3]), offset=2)),
            (lambda: t.string("train"), lambda: t.bool(True)),
            (lambda: t.string("_type"), lambda: t.string("torch.FloatTensor")),
            (lambda: t.string("gradBias"), t.nil),
            *[(lambda k=k: t.string(k), v) for k, v in more.items()],
        )

    return t.object("nn.Linear", fields)


def torch7():
    jit = b"\x1bLJ\x02\x02)\x02\x00\x03\x00\x03\x00\x056\x00\x00\x00\x07id\x0cexecute\x07os\x00\x00"
    for name, ascii in (("binary", False), ("ascii", True)):
        write("torch7/good/%s.t7" % name, t7_linear(T7(ascii)))
        t = T7(ascii)
        shared = t.table(
            (lambda: t.number(1), lambda: t.tensor((2,), (1,), lambda: t.storage([1, 2, 3, 4]))),
            (lambda: t.number(2), lambda: t.tensor((2,), (1,), lambda: t.again(4, 3), offset=3)),
            (lambda: t.number(3), lambda: t.tensor((2, 2), (0, 1), lambda: t.storage([7, 8], kind="Double"), kind="Double")),
            (lambda: t.number(4), lambda: t.tensor((), (), t.nil)),
            (lambda: t.number(5), lambda: t.again(3, 1)),
            (lambda: t.number(6), lambda: t.storage([72, 105], kind="Char")),
        )
        write("torch7/good/shared-%s.t7" % name, shared)
        t = T7(ascii)
        write("torch7/bad/method-%s.t7" % name, t7_linear(t, forward=lambda: t.function(jit)))
    t = T7()
    old = t.int(4) + t.next() + t.text("nn.Identity") + t.table()
    write("torch7/good/unversioned.t7", old)
    t = T7()
    write("torch7/bad/plain.t7", t.table((lambda: t.string("f"), lambda: t.function(b"\x1bLua" + bytes(20), kind=7))))
    t = T7()
    write("torch7/bad/source.t7", t.function("return io.popen('id'):read('*a')", kind=6))
    t = T7()
    write("torch7/bad/program.t7", t.function(jit))
    t = T7()
    write("torch7/bad/class.t7", t.object("mine.Layer", lambda: t.table((lambda: t.string("a"), lambda: t.number(1)))))
    t = T7()
    write("torch7/bad/outside.t7", t.tensor((2, 3), (3, 1), lambda: t.storage([1, 2, 3, 4, 5])))
    t = T7()
    write("torch7/bad/offset.t7", t.tensor((2,), (1,), lambda: t.storage([1, 2]), offset=2**40))
    t = T7()
    write("torch7/bad/overflow.t7", t.tensor((2**62, 9), (2**62, 2**62), lambda: t.storage([1, 2])))
    t = T7()
    write("torch7/bad/storage.t7", t.storage([1, 2], count=2**62))
    t = T7(True)
    write("torch7/bad/storage-ascii.t7", t.storage([1, 2], count=2**40))
    t = T7()
    write("torch7/bad/rank.t7", t.object("torch.FloatTensor", lambda: t.int(77) + bytes(40)))
    t = T7()
    write("torch7/bad/pairs.t7", t.table((lambda: t.string("a"), lambda: t.number(1)), size=2**30))
    t = T7()
    write("torch7/bad/string.t7", t.table((lambda: t.string("a"), lambda: t.int(2) + t.int(2**31 - 1) + b"x")))
    t = T7()
    write("torch7/bad/type.t7", t.table((lambda: t.string("a"), lambda: t.int(99))))
    t = T7(True)
    write("torch7/bad/word.t7", t.table((lambda: t.string("a"), lambda: b"what\n")))
    t = T7()
    deep = t.nil()
    for _ in range(300):
        t = T7()
        deep = t.int(3) + t.int(1000 + _) + t.int(1) + t.string("k") + deep
    t = T7()
    write("torch7/bad/deep.t7", t.int(3) + t.int(1) + t.int(1) + t.string("k") + deep)
    t = T7()
    write("torch7/bad/trailing.t7", t7_linear(t) + b"more bytes than there should be")


# --- Zarr, kerchunk, TensorStore, Orbax


def zarray(compressor=None, filters=None, **more):
    head = {"zarr_format": 2, "shape": [4, 4], "chunks": [2, 2], "dtype": "<f4", "order": "C", "fill_value": 0.0}
    return {**head, "compressor": compressor, "filters": filters, **more}


def zarr():
    blosc = {"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1}
    write("zarr/good/zarray.json", zarray(blosc, [{"id": "delta", "dtype": "<f4"}]))
    third = {"zarr_format": 3, "node_type": "array", "shape": [4], "data_type": "float32"}
    third["chunk_grid"] = {"name": "regular", "configuration": {"chunk_shape": [2]}}
    inner = {"codecs": [{"name": "bytes"}, {"name": "zstd"}], "index_codecs": [{"name": "crc32c"}], "chunk_shape": [1]}
    write("zarr/good/zarr.json", {**third, "codecs": [{"name": "sharding_indexed", "configuration": inner}]})
    write("zarr/good/zmetadata.json", {"zarr_consolidated_format": 1, "metadata": {"w/.zarray": zarray(blosc)}})
    refs = {".zgroup": '{"zarr_format":2}', "w/0.0": ["data.nc", 0, 64], "w/0.1": ["data.nc", 64, 64], "b/0": "base64:AA=="}
    write("zarr/good/refs.json", {"version": 1, "refs": refs})
    tree = {"('params', 'w')": {"key_metadata": [{"key": "params", "key_type": 2}], "value_metadata": {"value_type": "jax.Array"}}}
    write("zarr/good/METADATA.json", {"tree_metadata": tree, "use_zarr3": False})
    write("zarr/good/spec.json", {"driver": "zarr", "kvstore": {"driver": "file", "path": "target.kernel/"}})
    write("zarr/bad/pickle.json", zarray(None, [{"id": "pickle", "protocol": 5}], dtype="|O"))
    write("zarr/bad/pickle3.json", {**third, "codecs": [{"name": "numcodecs.pickle"}]})
    write("zarr/bad/bare.json", {**third, "codecs": ["bytes", "mine.codec"]})
    write("zarr/bad/consolidated.json", {"zarr_consolidated_format": 1, "metadata": {"w/.zarray": zarray({"id": "pickle"})}})
    away = {".zgroup": '{"zarr_format":2}', "w/0.0": ["../../etc/shadow", 0, 64], "w/0.1": ["http://example.org/x", 0, 1]}
    write("zarr/bad/refs.json", {"version": 1, "refs": away})
    base = {"driver": "ocdbt", "base": {"driver": "file", "path": "/root/.ssh/"}}
    write("zarr/bad/store.json", {"driver": "zarr", "kvstore": base})
    write("zarr/bad/url.json", {"driver": "zarr", "kvstore": "file:///etc/"})
    write("zarr/bad/shape.json", zarray(blosc, chunks=[2**40, 2**40]))
    write("zarr/bad/cut.json", json.dumps(zarray({"id": "pickle"})).encode()[:-9])


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def leb(*ns):
    out = b""
    for n in ns:
        while n > 127:
            out += bytes([n & 127 | 128])
            n >>= 7
        out += bytes([n])
    return out


def oc_node(magic, body, version=0, packed=0, length=None, crc=None):
    length = 14 + len(body) + 4 if length is None else length
    out = struct.pack(">I", magic) + u64(length) + bytes([version, packed]) + body
    return out + u32(crc32c(out) if crc is None else crc)


def oc_column(names):
    """Lengths of prefixes and suffixes, and what the suffixes are, of names in order."""
    common = [len(os.path.commonprefix([a, b])) for a, b in zip(names, names[1:])]
    rest = [n[c:] for n, c in zip(names, [0] + common)]
    return common, rest


def oc_files(*paths):
    common, rest = oc_column([p.encode() for p in paths])
    return leb(len(paths), *common, *map(len, rest), *[0] * len(paths)) + b"".join(rest)


def oc_manifest(*paths, kind=0):
    return bytes(range(16)) + leb(kind, 1024, 8388608) + b"\4" + leb(1) + u32(0) + oc_files(*paths) + leb(0, 0)


def oc_leaf(files, values):
    common, rest = oc_column([k.encode() for k in values])
    out = b"\0" + files + leb(len(values), *common, *map(len, rest)) + b"".join(rest)
    far = [v for v in values.values() if isinstance(v, int)]
    out += leb(*[v if isinstance(v, int) else len(v) for v in values.values()])
    out += leb(*[int(isinstance(v, int)) for v in values.values()])
    return out + leb(*[0] * len(far), *[0] * len(far)) + b"".join(v for v in values.values() if not isinstance(v, int))


def zstd_raw(data):
    """One frame with one raw block: RFC 8878 without any compressor."""
    return bytes.fromhex("28b52ffd") + b"\xa0" + u32(len(data)) + struct.pack("<I", len(data) << 3 | 1)[:3] + data


def ocdbt():
    meta = json.dumps(zarray({"id": "zstd"})).encode()
    evil = json.dumps(zarray({"id": "pickle"})).encode()
    data = ["d/%032x" % 7, "d/%032x" % 8]
    leaf = oc_leaf(oc_files(*data), {"w/.zarray": meta, "w/0.0": 100, "w/0.1": 64})
    write("ocdbt/good/manifest.ocdbt", oc_node(0x0CDB3A2A, oc_manifest(*data)))
    write("ocdbt/good/packed.ocdbt", oc_node(0x0CDB3A2A, zstd_raw(oc_manifest(*data)), packed=1))
    write("ocdbt/good/numbered.ocdbt", oc_node(0x0CDB3A2A, oc_manifest(kind=1)))
    write("ocdbt/good/leaf", oc_node(0x0CDB20DE, leaf))
    inner = b"\1" + oc_files(*data) + leb(1)
    write("ocdbt/good/nodes", oc_node(0x0CDB20DE, leaf) + oc_node(0x0CDB20DE, inner) + oc_node(0x0CDB1234, b"\4\0" + oc_files()))
    write("ocdbt/bad/outside.ocdbt", oc_node(0x0CDB3A2A, oc_manifest("../../../etc/shadow", "/root/.ssh/id_rsa")))
    write("ocdbt/bad/pickle", oc_node(0x0CDB20DE, zstd_raw(oc_leaf(oc_files(), {"w/.zarray": evil})), packed=1))
    write("ocdbt/bad/values", oc_node(0x0CDB20DE, leaf) + bytes(range(100)))
    write("ocdbt/good/data", meta + oc_node(0x0CDB20DE, leaf) + meta)
    write("ocdbt/bad/between", evil + oc_node(0x0CDB20DE, leaf) + bytes(range(50)) + oc_node(0x0CDB20DE, leaf))
    write("ocdbt/bad/crc.ocdbt", oc_node(0x0CDB3A2A, oc_manifest(*data), crc=1))
    write("ocdbt/bad/version.ocdbt", oc_node(0x0CDB3A2A, oc_manifest(*data), version=9))
    write("ocdbt/bad/length.ocdbt", oc_node(0x0CDB3A2A, oc_manifest(*data), length=2**60))
    write("ocdbt/bad/short.ocdbt", oc_node(0x0CDB3A2A, b"", length=3))
    write("ocdbt/bad/packing.ocdbt", oc_node(0x0CDB3A2A, oc_manifest(*data), packed=7))
    write("ocdbt/bad/frame.ocdbt", oc_node(0x0CDB3A2A, zstd_raw(oc_manifest(*data))[:-5], packed=1))
    write("ocdbt/bad/files.ocdbt", oc_node(0x0CDB3A2A, oc_manifest()[:-3] + leb(2**40)))
    write("ocdbt/bad/path.ocdbt", oc_node(0x0CDB3A2A, oc_manifest()[:-3] + leb(1, 2**62, 0) + b"d"))
    write("ocdbt/bad/prefix.ocdbt", oc_node(0x0CDB3A2A, oc_manifest()[:-3] + leb(2, 9, 1, 1, 0, 0) + b"de"))
    write("ocdbt/bad/varint.ocdbt", oc_node(0x0CDB3A2A, oc_manifest()[:-3] + b"\xff" * 12))
    write("ocdbt/bad/keys", oc_node(0x0CDB20DE, b"\0" + oc_files() + leb(2**30)))
    write("ocdbt/bad/inline", oc_node(0x0CDB20DE, b"\0" + oc_files() + leb(1, 1) + b"k" + leb(2**50, 0) + b"v"))


# --- container images


def tar_of(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as t:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            t.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def dumps(doc):
    return json.dumps(doc).encode()


def oci_descriptor(data, kind, **more):
    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    return {"mediaType": "application/vnd.oci.image." + kind, "digest": digest, "size": len(data), **more}


def oci_image(layer, config, change=None, drop=None, **more):
    """A layout in a tar: `change` puts other bytes in the place of the layer, `drop` leaves it out."""
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}
    manifest["config"] = oci_descriptor(config, "config.v1+json")
    manifest["layers"] = [oci_descriptor(layer, "layer.v1.tar", **more)]
    manifest = dumps(manifest)
    index = {"schemaVersion": 2, "manifests": [oci_descriptor(manifest, "manifest.v1+json")]}
    files = {"oci-layout": dumps({"imageLayoutVersion": "1.0.0"}), "index.json": dumps(index)}
    for blob in (manifest, config, layer):
        files["blobs/sha256/" + hashlib.sha256(blob).hexdigest()] = blob
    at = "blobs/sha256/" + hashlib.sha256(layer).hexdigest()
    if change is not None:
        files[at] = change
    if drop:
        del files[at]
    return tar_of(files)


def oci():
    config = {"architecture": "amd64", "os": "linux", "config": {"Entrypoint": ["/serve"], "Cmd": ["--port", "8080"]}}
    config["rootfs"] = {"type": "layers", "diff_ids": ["sha256:" + "0" * 64]}
    layer = tar_of({"model/.wh.old.bin": b"", "model/notes.txt": b"a few words about the model\n"})
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}
    manifest["config"] = oci_descriptor(b"{}", "config.v1+json")
    write("oci/good/manifest.json", {**manifest, "layers": [oci_descriptor(layer, "layer.v1.tar")]})
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json"}
    write("oci/good/index.json", {**index, "manifests": [oci_descriptor(b"{}", "manifest.v1+json")]})
    write("oci/good/oci-layout", {"imageLayoutVersion": "1.0.0"})
    write("oci/bad/config.json", config)
    away = oci_descriptor(layer, "layer.nondistributable.v1.tar", urls=["http://example.org/layer.tar", "file:///etc/passwd"])
    write("oci/bad/foreign.json", {**manifest, "layers": [away]})
    write("oci/bad/digest.json", {**manifest, "layers": [{**away, "urls": [], "digest": "sha256:../../../etc/passwd"}]})
    write("oci/bad/cut.json", dumps({**manifest, "layers": [away]})[:-9])
    conf = dumps(config)
    write("tar/good/image.tar", oci_image(layer, conf))
    write("tar/bad/image-changed.tar", oci_image(layer, conf, change=layer[:600] + b"X" + layer[601:]))
    write("tar/bad/image-longer.tar", oci_image(layer, conf, change=layer + bytes(512)))
    write("tar/bad/image-missing.tar", oci_image(layer, conf, drop=True))
    saved = {hashlib.sha256(conf).hexdigest() + ".json": conf + b" ", "one/layer.tar": layer}
    listed = [{"Config": list(saved)[0], "RepoTags": ["a:1"], "Layers": ["one/layer.tar"]}]
    write("tar/bad/image-saved.tar", tar_of({**saved, "manifest.json": dumps(listed)}))


# --- deflate64


def bits(*fields):
    """(value, width) from the lowest bit on; a code goes from its highest bit, so it is given reversed."""
    n = at = 0
    for value, width in fields:
        n |= value << at
        at += width
    return n.to_bytes((at + 7) // 8, "little")


def code(value, width):
    return int(format(value, "0%db" % width)[::-1], 2), width


def literal(c):
    return code(0x30 + c, 8) if c < 144 else code(0x190 + c - 144, 9)


def zip_of(name, data, packed, method):
    local = struct.pack("<HHHHHIIIHH", 20, 0, method, 0, 33, zlib.crc32(data), len(packed), len(data), len(name), 0)
    entry = struct.pack("<HHHHHHIIIHHHHHII", 20, 20, 0, method, 0, 33, zlib.crc32(data), len(packed), len(data), len(name), 0, 0, 0, 0, 0, 0)
    start = b"PK\3\4" + local + name + packed
    end = struct.pack("<HHHHIIH", 0, 0, 1, 1, len(entry) + 4 + len(name), len(start), 0)
    return start + b"PK\1\2" + entry + name + b"PK\5\6" + end


def deflate64():
    words = b"a few words\n"
    run = [(1, 1), (1, 2), *map(literal, words), code(0xC5, 8), (497, 16), code(6, 5), (3, 2), code(0, 7)]  # 500 from 12 back
    data = words + (words * 50)[:500]
    write("zip/good/deflate64.zip", zip_of(b"a.txt", data, bits(*run), 9))
    write("zip/bad/imploded.zip", zip_of(b"a.txt", data, bits(*run), 10))


# --- T5X: MessagePack with TensorStore's specifications in the place of arrays


def mp_text(s):
    return bytes([0xA0 | len(s)]) + s.encode() if len(s) < 32 else bytes([0xD9, len(s)]) + s.encode()


def mp_map(pairs):
    return bytes([0x80 | len(pairs)]) + b"".join(mp_text(k) + (mp_map(v) if isinstance(v, dict) else mp_text(v)) for k, v in pairs.items())


def t5x():
    for where, path in (("good", "target.encoder.kernel"), ("bad", "../../etc/shadow")):
        store = {"driver": "zarr", "kvstore": {"driver": "file", "path": path}}
        write("msgpack/%s/t5x.msgpack" % where, mp_map({"version": "3", "optimizer": {"target": {"kernel": store}}}))


# --- hard links


def links(*entries):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as t:
        for name, kind, target, data in entries:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname, entry.size = kind, target, len(data)
            t.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def hard_links():
    sym, hard, file = tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.REGTYPE
    write("tar/good/hard.tar", links(("d/a", file, "", b"some words\n"), ("d/b", hard, "d/a", b"")))
    again = (("l", sym, "../../etc", b""), ("h", hard, "l", b""), ("h/passwd", file, "", b"x\n"))
    write("tar/bad/hard-to-link.tar", links(*again))
    write("tar/bad/hard-through.tar", links(("l", sym, "..", b""), ("h", hard, "l/secret", b"")))
    inside = (("d/a", file, "", b"some words\n"), ("l", sym, "d", b""), ("h", hard, "l", b""), ("h/b", file, "", b"more\n"))
    write("tar/good/hard-inside.tar", links(*inside))


# --- archives that are not unpacked


def archive():
    member = b"a.txt/          0           0     0     100644  4         `\nabc\n"
    write("archive/good/lib.a", b"!<arch>\n" + member)
    newc = b"070701" + b"".join(b"%08x" % n for n in (1, 0o100644, 0, 0, 1, 0, 4, 0, 0, 0, 0, 6, 0)) + b"a.txt\0" + b"abc\n"
    write("archive/good/a.cpio", newc + b"070701" + b"0" * 88 + b"%08x" % 11 + b"0" * 8 + b"TRAILER!!!\0\0")
    main = bytes.fromhex("f3 e1 82 eb 0b 01 05 07 00 06 01 01 80 80 80 00")
    write("archive/good/five.rar", b"Rar!\x1a\x07\x01\x00" + main)
    write("archive/good/four.rar", b"Rar!\x1a\x07\x00" + bytes.fromhex("cf 90 73 00 00 0d 00 00 00 00 00 00 00 c4 3d 7b 00 40 07 00"))
    write("archive/good/a.cab", b"MSCF" + u32(0, 60, 0, 44, 0) + b"\3\1" + struct.pack("<HHHHH", 1, 1, 0, 0, 0) + bytes(24))
    squash = b"hsqs" + u32(1, 0, 131072, 0) + struct.pack("<HHHHHH", 1, 17, 0, 1, 4, 0) + bytes(64)
    write("archive/good/a.squashfs", squash)
    write("archive/good/a.rpm", b"\xed\xab\xee\xdb\3\0\0\0\0\1" + b"name-1.0" + bytes(78))
    write("archive/good/a.Z", b"\x1f\x9d\x90" + b"a\xc4\x8c\x01\x0a")
    write("archive/bad/pickle.a", b"!<arch>\n" + member.replace(b"abc\n", b"cos\nsystem\n(S'id'\ntR."))


def main():
    t5x()
    hard_links()
    archive()
    deflate64()
    oci()
    zarr()
    ocdbt()
    torch7()
    ggml()
    mxnet()
    mxnet_symbol()


if __name__ == "__main__":
    main()
