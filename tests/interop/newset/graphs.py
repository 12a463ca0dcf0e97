"""Graphs and configurations that read, write, connect or import when they are loaded: ONNX, TensorFlow, Keras; and ones
that do not."""
import io
import json

import wire

# ---- ONNX (onnx.proto: the numbers are its fields)

PATHS = {
    "up": "../../../home/x/secret.bin", "windows": "..\\..\\secret.bin", "root": "/var/tmp/w.bin", "drive": "D:\\w.bin",
    "inside-up": "w/../../w.bin", "unc": "\\\\host\\share\\w.bin", "url": "http://host.invalid/w.bin", "home": "~/w.bin",
    "encoded": "%2e%2e/%2e%2e/w.bin", "nul": "w.bin\0/../../x", "dots": ".//..//..//w", "file": "file:///var/tmp/w",
    "proc": "/proc/self/environ", "mixed": "a/..\\../w.bin",
}


def tensor(location=None):
    fields = [(1, 2), (2, 1), (8, "w")]
    if location is None:
        return fields + [(9, bytes(8))]
    return fields + [(13, [(1, "location"), (2, location)]), (13, [(1, "offset"), (2, "0")]), (14, 1)]


def node(op, attributes=(), domain=""):
    return [(1, "x"), (2, "y"), (4, op), *[(5, a) for a in attributes]] + ([(7, domain)] if domain else [])


def onnx(graph, extra=()):
    return wire.message([(1, 8), (2, "pytorch"), (8, [(1, ""), (2, 17)]), (7, [*graph, (2, "g")]), *extra])


def attribute(field, value, kind):
    return [(1, "value"), (field, value), (20, kind)]


ONNX_PLACES = {
    "initializer": lambda t: onnx([(1, node("Relu")), (5, t)]),
    "attribute": lambda t: onnx([(1, node("Constant", [attribute(5, t, 4)]))]),
    "attribute-list": lambda t: onnx([(1, node("Constant", [attribute(10, t, 9)]))]),
    "subgraph": lambda t: onnx([(1, node("If", [attribute(6, [(1, node("Relu")), (5, t), (2, "s")], 5)]))]),
    "subgraph-deep": lambda t: onnx([(1, node("Loop", [attribute(6, [(1, node("If", [attribute(11, [(5, t), (2, "s")], 10)])),
                                                                    (2, "s")], 5)]))]),
    "function": lambda t: onnx([(1, node("F", (), "local"))],
                               [(25, [(1, "F"), (7, node("Constant", [attribute(5, t, 4)])), (10, "local")])]),
    "function-default": lambda t: onnx([(1, node("F", (), "local"))], [(25, [(1, "F"), (11, attribute(5, t, 4)), (10, "local")])]),
    "sparse": lambda t: onnx([(1, node("Relu")), (15, [(1, t), (2, tensor()), (3, 4)])]),
    "sparse-attribute": lambda t: onnx([(1, node("Constant", [attribute(22, [(1, t), (2, tensor()), (3, 4)], 11)]))]),
    "training": lambda t: onnx([(1, node("Relu"))], [(20, [(1, [(1, node("Relu")), (5, t), (2, "i")])])]),
}


def onnx_samples(rng):
    for place in sorted(ONNX_PLACES):
        for path in rng.sample(sorted(PATHS), 3):
            yield ("onnx-%s-%s.onnx" % (place, path), ONNX_PLACES[place](tensor(PATHS[path])), "malicious", "onnx-path",
                   "onnx" if place == "initializer" else None)
        yield "onnx-%s-plain.onnx" % place, ONNX_PLACES[place](tensor()), "benign", "", None
        yield "onnx-%s-beside.onnx" % place, ONNX_PLACES[place](tensor("weights/w.bin")), "benign", "", None
    yield ("onnx-pyop.onnx", onnx([(1, node("PyOp", [[(1, "module"), (4, "os"), (20, 3)]], "ai.onnx.contrib"))]), "malicious", "onnx-op", None)
    yield ("onnx-many-ops.onnx", onnx([(1, node(o)) for o in ("Conv", "Relu", "MatMul", "Softmax", "LayerNormalization", "Gather")]
                                      + [(1, node("FusedMatMul", (), "com.microsoft"))]), "benign", "", None)


# ---- TensorFlow (graph.proto, node_def.proto, function.proto, meta_graph.proto, saved_model.proto)

OPS = {
    "PyFunc": [("token", b"t")], "EagerPyFunc": [("token", b"t")], "PyFuncStateless": [("token", b"t")],
    "MatchingFiles": [], "WholeFileReaderV2": [], "TextLineDataset": [], "TFRecordDatasetV2": [], "FixedLengthRecordDatasetV2": [],
    "SqlDataset": [], "LMDBDataset": [], "LoadDataset": [], "SnapshotDatasetV2": [], "SaveDatasetV2": [], "CacheDatasetV2": [],
    "CreateSummaryFileWriter": [], "ImmutableConst": [("memory_region_name", b"/etc/hostname")], "LoadAndRemapMatrix": [],
    "WriteFile": [], "ReadFile": [], "DebugIdentityV3": [("debug_urls", b"grpc://host.invalid:1")],
    "DebugNumericSummaryV2": [], "SaveSlices": [], "ReaderReadV2": [], "TryRpc": [], "RemoteCall": [], "DataServiceDatasetV4": [],
    "RegisterDatasetV2": [], "BigQueryReader": [], "WriteAudioSummary": [], "GcsConfigureCredentials": [],
    "TextLineReaderV2": [], "RestoreSlice": [],
}
# Their kind of operation is documented as harmless or is in every model; no samples of them here.
ORDINARY = ("Placeholder", "Const", "MatMul", "BiasAdd", "Relu", "Softmax", "SaveV2", "RestoreV2", "MergeV2Checkpoints", "StringJoin",
            "ShardedFilename", "VarHandleOp", "ReadVariableOp", "AssignVariableOp", "NoOp", "Identity", "StatefulPartitionedCall",
            "LookupTableFindV2", "HashTableV2", "Conv2D", "FusedBatchNormV3", "While", "If", "TensorListReserve")


def tf_node(op, attributes=()):
    return [(1, "n_" + op), (2, op), (3, "path"), *[(5, [(1, k), (2, [(2, v)])]) for k, v in attributes]]


def constant(text):
    """What an operation takes as its path: a string that the graph itself holds."""
    value = [(1, 7), (2, []), (8, text)]
    return [(1, "path"), (2, "Const"), (5, [(1, "dtype"), (2, [(6, 7)])]), (5, [(1, "value"), (2, [(8, value)])])]


TF_PATHS = ("/etc/hostname", "/root/.ssh/id_rsa", "../../x", "/etc/cron.d/x", "file:///etc/passwd", "C:\\Windows\\system32\\x.dll")


def tf_graph(nodes, functions=()):
    return [*[(1, n) for n in nodes], (2, [(1, f) for f in functions])]


def function(name, nodes):
    return [(1, [(1, name)]), *[(3, n) for n in nodes]]


def meta(graph):
    return [(1, [(4, "serve"), (5, "2.16.1")]), (2, graph)]


PLAIN_NODES = [tf_node(o) for o in ORDINARY[:6]] + [constant("a word")]

TF_PLACES = {
    "graph": (lambda *n: wire.message([(1, 1), (2, meta(tf_graph(PLAIN_NODES[:-1] + list(n))))]), "saved_model.pb"),
    "function": (lambda *n: wire.message([(1, 1), (2, meta(tf_graph(PLAIN_NODES, [function("f", n)])))]), "saved_model.pb"),
    "second": (lambda *n: wire.message([(1, 1), (2, meta(tf_graph(PLAIN_NODES))), (2, meta(tf_graph(n)))]), "saved_model.pb"),
    "frozen": (lambda *n: wire.message(tf_graph(PLAIN_NODES[:-1] + list(n))), "frozen.pb"),
    "meta": (lambda *n: wire.message(meta(tf_graph(PLAIN_NODES[:-1] + list(n)))), "model.meta"),
    "tar": (lambda *n: wire.tar_gz([("m/saved_model.pb", wire.message([(1, 1), (2, meta(tf_graph(PLAIN_NODES[:-1] + list(n))))]))]), "m.tar.gz"),
}
DATA = ("Dataset", "Reader", "MatchingFiles", "ReadFile")


def tf_samples(rng):
    for op in sorted(OPS):
        # A graph of a training reads its data: no label for these in .meta files.
        able = [p for p in sorted(TF_PLACES) if p != "meta" or not any(d in op for d in DATA)]
        for place in rng.sample(able, 2):
            pack, file = TF_PLACES[place]
            yield "tf-%s-%s--%s" % (op, place, file), pack(constant(rng.choice(TF_PATHS)), tf_node(op, OPS[op])), "malicious", "tf-op", None
    for place in sorted(TF_PLACES):
        pack, file = TF_PLACES[place]
        for op in rng.sample(ORDINARY, 3):
            yield "tf-%s-%s--%s" % (op, place, file), pack(constant("a word"), tf_node(op)), "benign", "", None


# ---- Keras: what a layer's document may name, and where in a model it stands

def named(module, name, registered=None):
    return {"module": module, "class_name": "function", "config": name, "registered_name": registered or name}


def lambda_of(code):
    return {"class_name": "__lambda__", "config": {"code": code, "defaults": None, "closure": None}}


def code_of(source):
    import codecs
    import marshal
    return codecs.encode(marshal.dumps(compile(source, "<lambda>", "eval")), "base64").decode()


def thing(module, name, config, registered=None):
    return {"module": module, "class_name": name, "config": config, "registered_name": registered}


THINGS = {
    "popen": thing("subprocess", "Popen", {"args": ["touch", "palisade-ran"]}),
    "run-path": thing("runpy", "run_path", {"path_name": "x.py"}),
    "make-archive": thing("shutil", "make_archive", {"base_name": "x", "format": "zip"}),
    "timeit": thing("timeit", "timeit", {"stmt": "open('palisade-ran','w')"}),
    "unpickle": thing("joblib", "load", {"filename": "x.pkl"}),
    "np-load": thing("numpy", "load", {"file": "x.npy", "allow_pickle": True}),
    "web": thing("webbrowser", "open", {"url": "http://palisade-ran.invalid"}),
    "pip": thing("pip._internal", "main", {"args": ["install", "palisade-ran"]}),
    "logging": thing("logging.config", "dictConfig", {"config": {}}),
    "pdb": thing("pdb", "run", {"statement": "1"}),
    "keras-file": thing("keras.utils", "get_file", {"fname": "x", "origin": "http://palisade-ran.invalid/x"}),
    "keras-src-file": thing("keras.src.utils.file_utils", "get_file", {"fname": "x", "origin": "http://palisade-ran.invalid/x"}),
    "unsafe": thing("keras.src.saving.serialization_lib", "enable_unsafe_deserialization", {}),
    "load-model": thing("keras.models", "load_model", {"filepath": "/tmp/x.keras", "safe_mode": False}),
    "tf-write": thing("tensorflow.io", "write_file", {"filename": "x", "contents": "y"}),
    "tfsm": thing("keras.layers", "TFSMLayer", {"filepath": "/tmp/other", "call_endpoint": "serve"}),
    "torch-module": thing("keras.layers", "TorchModuleWrapper", {"module": "gASVBQAAAAAAAABLAS4="}),
    "vocabulary": thing("keras.layers", "StringLookup", {"vocabulary": "/etc/passwd"}),
    "text-vocabulary": thing("keras.layers", "TextVectorization", {"vocabulary": "https://palisade-ran.invalid/v"}),
}


def layer(config, name="l", class_name="Dense", module="keras.layers"):
    return {"module": module, "class_name": class_name, "config": {"name": name, **config}, "registered_name": None}


def dense(**config):
    return layer({"units": 2, "activation": "relu", **config})


def sequential(layers, **extra):
    return {"module": "keras", "class_name": "Sequential", "config": {"name": "s", "layers": layers}, "registered_name": "Sequential", **extra}


KERAS_PLACES = {
    "layer": lambda t: sequential([dense(), t]),
    "activation": lambda t: sequential([dense(activation=t)]),
    "initializer": lambda t: sequential([dense(kernel_initializer=t)]),
    "wrapped": lambda t: sequential([layer({"layer": t}, "w", "TimeDistributed")]),
    "sub-model": lambda t: sequential([dense(), sequential([sequential([t])])]),
    "loss": lambda t: sequential([dense()], compile_config={"optimizer": "adam", "loss": t}),
    "metric": lambda t: sequential([dense()], compile_config={"optimizer": "adam", "metrics": [["accuracy", t]]}),
    "optimizer": lambda t: sequential([dense()], compile_config={"optimizer": {"module": "keras.optimizers", "class_name": "Adam",
                                                                           "config": {"learning_rate": t}, "registered_name": None}}),
    "inbound": lambda t: {"module": "keras.src.models.functional", "class_name": "Functional", "registered_name": "Functional",
                          "config": {"name": "f", "layers": [{**dense(), "name": "l", "inbound_nodes": [{"args": [1], "kwargs": {"mask": t}}]}],
                                     "input_layers": [["l", 0, 0]], "output_layers": [["l", 0, 0]]}},
    "regularizer": lambda t: sequential([layer({"filters": 1, "bias_regularizer": t}, "c", "Conv1D")]),
}


def v3(document):
    return wire.zipped([("metadata.json", b'{"keras_version": "3.9.0", "date_saved": "2026-01-01@00:00:00"}'),
                        ("config.json", json.dumps(document).encode()), ("model.weights.h5", h5({}))])


def h5(attributes):
    """An HDF5 file as h5py writes it; an empty one where h5py is not installed."""
    try:
        import h5py
    except ImportError:
        return b"\x89HDF\r\n\x1a\n" + bytes(88)
    b = io.BytesIO()
    with h5py.File(b, "w") as f:
        for k, v in attributes.items():
            f.attrs[k] = v
        f.create_group("layers")
    return b.getvalue()


def has_h5py():
    try:
        import h5py  # noqa: F401
        return True
    except ImportError:
        return False


KERAS_CARRIERS = {
    "v3": (v3, ".keras"),
    "v3-renamed": (v3, ".zip"),
    "h5": (lambda d: h5({"model_config": json.dumps(d), "keras_version": "2.15.0", "backend": "tensorflow"}), ".h5"),
    "h5-training": (lambda d: h5({"model_config": json.dumps(sequential([dense()])), "keras_version": "2.15.0",
                                  "training_config": json.dumps({"loss": d, "optimizer_config": {}})}), ".hdf5"),
    "config": (lambda d: json.dumps(d).encode(), ".json"),
    "tfjs": (lambda d: json.dumps({"format": "layers-model", "modelTopology": {"keras_version": "2.15.0", "model_config": d},
                                   "weightsManifest": []}).encode(), ".json"),
}
PLAIN_KERAS = {
    "dense": sequential([dense(), dense(activation="softmax")]),
    "conv": sequential([layer({"filters": 8, "kernel_size": [3, 3]}, "c", "Conv2D"), layer({}, "f", "Flatten"), dense()]),
    "nested": sequential([sequential([dense()]), layer({"layer": dense()}, "t", "TimeDistributed")]),
    "objects": sequential([dense(kernel_initializer=thing("keras.initializers", "GlorotUniform", {"seed": None}),
                                 kernel_regularizer=thing("keras.regularizers", "L2", {"l2": 0.01}))],
                          compile_config={"optimizer": thing("keras.optimizers", "Adam", {"learning_rate": 0.001}),
                                          "loss": named("keras.losses", "categorical_crossentropy"), "metrics": ["accuracy"]}),
    "words": sequential([layer({"vocabulary": ["os.system", "eval", "the"], "max_tokens": 9}, "v", "TextVectorization")]),
    "lstm": sequential([layer({"layer": layer({"units": 4}, "r", "LSTM")}, "b", "Bidirectional"), dense()]),
}


def keras_samples(rng):
    carriers = [c for c in sorted(KERAS_CARRIERS) if has_h5py() or not c.startswith("h5")]
    every = dict(THINGS, code=layer({"function": lambda_of(code_of("__import__('os').system('touch palisade-ran')"))}, "x", "Lambda"))
    for name in sorted(every):
        for place in rng.sample(sorted(KERAS_PLACES), 2):
            carrier = rng.choice(carriers)
            pack, ending = KERAS_CARRIERS[carrier]
            yield ("keras-%s-%s-%s%s" % (name, place, carrier, ending), pack(KERAS_PLACES[place](every[name])), "malicious", "keras", None)
    for name in sorted(PLAIN_KERAS):
        for carrier in [c for c in carriers if c != "h5-training"]:
            pack, ending = KERAS_CARRIERS[carrier]
            yield "keras-%s-%s%s" % (name, carrier, ending), pack(PLAIN_KERAS[name]), "benign", "", None


def samples(rng):
    yield from onnx_samples(rng)
    yield from tf_samples(rng)
    yield from keras_samples(rng)
