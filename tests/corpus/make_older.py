#!/usr/bin/python3
"""Writes the samples of older and rarer formats: tests/corpus/{mxnet,mxnet_symbol,ggml}.

Each is put together byte by byte, so the samples are the same everywhere and no framework is needed.
"""

import json
import os
import struct

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


def main():
    ggml()
    mxnet()
    mxnet_symbol()


if __name__ == "__main__":
    main()
