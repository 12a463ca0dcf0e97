#!/usr/bin/python3
"""Writes a tree of small model files, the same one for the same arguments: make_tree.py DIR COUNT [mixed|pickles].
make_tree.py FILE GIGABYTES hollow writes one large safetensors file that takes no room on the disk.

mixed: what a hub's small files are: pickles as scikit-learn and PyTorch write them, PyTorch and NumPy archives,
safetensors, NumPy arrays, ONNX, GGUF, configurations in JSON and YAML, model cards. pickles: about 1 kB each, no other.
Nothing but Python's own library is needed: the classes that the pickles name exist only here.
"""

import io
import json
import os
import pickle
import random
import struct
import sys
import types
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "e2e"), os.path.join(HERE, "..", "corpus")]

import make_models  # noqa: E402
import torchfile  # noqa: E402

FOLDER = 100  # files in one


def cls(module, name):
    """A class that pickle finds under the name that the real one has."""
    made = type(name, (), {"__module__": module})
    for i in range(len(module.split("."))):
        part = ".".join(module.split(".")[: i + 1])
        sys.modules.setdefault(part, types.ModuleType(part))
    setattr(sys.modules[module], name, made)
    return made


def reconstruct(*_):
    """Stands for numpy's function of that name."""


reconstruct.__module__, reconstruct.__qualname__, reconstruct.__name__ = ("numpy.core.multiarray", "_reconstruct") + (
    "_reconstruct",)
NDARRAY, DTYPE = cls("numpy", "ndarray"), cls("numpy", "dtype")
cls("numpy.core.multiarray", "unused")
sys.modules["numpy.core.multiarray"]._reconstruct = reconstruct
ESTIMATORS = [cls("sklearn.linear_model._logistic", "LogisticRegression"), cls("sklearn.linear_model._base", "LinearRegression"),
              cls("sklearn.svm._classes", "LinearSVC"), cls("sklearn.decomposition._pca", "PCA")]
PIPELINE, SCALER = cls("sklearn.pipeline", "Pipeline"), cls("sklearn.preprocessing._data", "StandardScaler")


class Array:
    def __init__(self, r, n):
        self.shape, self.data = (n,), b"".join(struct.pack("<d", r.gauss(0, 0.05)) for _ in range(n))

    def __reduce__(self):
        return reconstruct, (NDARRAY, (0,), b"b"), (1, self.shape, Dtype(), False, self.data)


class Dtype:
    def __reduce__(self):
        return DTYPE, ("f8", False, True), (3, "<", None, None, None, -1, -1, 0)


def made(kind, **state):
    one = kind()
    one.__dict__.update(state)
    return one


def floats(r, n):
    return b"".join(struct.pack("<f", r.gauss(0, 0.05)) for _ in range(n))


def sklearn(r):
    n = r.randint(20, 60)
    last = made(r.choice(ESTIMATORS), coef_=Array(r, n), intercept_=Array(r, 1), n_features_in_=n, C=r.random(),
                max_iter=r.choice([100, 200, 1000]), solver=r.choice(["lbfgs", "saga"]), _sklearn_version="1.4.2")
    if r.random() < 0.5:
        last = made(PIPELINE, steps=[("scale", made(SCALER, mean_=Array(r, n), scale_=Array(r, n), with_mean=True)),
                                     ("model", last)], memory=None, verbose=False, _sklearn_version="1.4.2")
    return pickle.dumps(last, r.choice([2, 3, 4, 5]))


def settings(r):
    """What people pickle beside models: vocabularies, label maps, histories."""
    words = {"token_%d" % r.randrange(10**6): i for i in range(r.randint(10, 50))}
    return pickle.dumps({"vocab": words, "loss": [r.random() for _ in range(20)], "labels": ("cat", "dog")},
                        r.choice([2, 4]))


def state(r):
    n = r.choice([8, 16, 24])
    return {"fc%d.%s" % (i, part): torchfile.Tensor(torchfile.Storage("Float", floats(r, size)), shape)
            for i in range(r.randint(1, 3)) for part, shape, size in (("weight", (n, n), n * n), ("bias", (n,), n))}


def npy(r):
    n = r.randint(50, 400)
    head = "{'descr': '<f4', 'fortran_order': False, 'shape': (%d,), }" % n
    head += " " * (63 - (len(head) + 10) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + floats(r, n)


def npz(r):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for i in range(r.randint(1, 4)):
            z.writestr(zipfile.ZipInfo("arr_%d.npy" % i), npy(r))
    return out.getvalue()


def safetensors(r):
    names, at = {"__metadata__": {"format": "pt"}}, 0
    for i in range(r.randint(1, 6)):
        n = r.choice([16, 64, 128])
        names["layers.%d.weight" % i] = {"dtype": "F32", "shape": [n], "data_offsets": [at, at + 4 * n]}
        at += 4 * n
    head = json.dumps(names).encode()
    head += b" " * (-len(head) % 8)
    return struct.pack("<Q", len(head)) + head + floats(r, at // 4)


def onnx(r):
    n = r.choice([4, 16, 64])
    tensors = [make_models.tensor("w%d" % i, (n,), 1, floats(r, n)) for i in range(r.randint(1, 5))]
    nodes = [make_models.node(r.choice(["MatMul", "Add", "Relu", "Gemm"]), name="n%d" % i) for i in range(r.randint(2, 12))]
    return make_models.message(make_models.model(make_models.graph(nodes, tensors), [(14, [(1, "author"), (2, "bench")])]))


def gguf_text(s):
    return struct.pack("<Q", len(s)) + s.encode()


def gguf(r):
    """A vocabulary, as converters write beside the weights."""
    tokens = ["tok%d" % r.randrange(10**5) for _ in range(r.randint(20, 200))]
    pairs = [("general.architecture", 8, gguf_text("llama")), ("general.name", 8, gguf_text("small")),
             ("llama.context_length", 4, struct.pack("<I", 2048)), ("llama.block_count", 4, struct.pack("<I", 2)),
             ("tokenizer.ggml.model", 8, gguf_text("gpt2")),
             ("tokenizer.ggml.tokens", 9, struct.pack("<IQ", 8, len(tokens)) + b"".join(map(gguf_text, tokens)))]
    body = b"".join(gguf_text(k) + struct.pack("<I", t) + v for k, t, v in pairs)
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(pairs)) + body


def config(r):
    return json.dumps({"architectures": ["BertForMaskedLM"], "model_type": "bert", "hidden_size": r.choice([128, 768]),
                       "num_attention_heads": 12, "vocab_size": 30522, "torch_dtype": "float32",
                       "id2label": {str(i): "LABEL_%d" % i for i in range(r.randint(2, 20))}}, indent=2).encode()


def tokenizer(r):
    chat = "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}{{ eos_token }}{% endfor %}"
    return json.dumps({"chat_template": chat, "model_max_length": r.choice([512, 4096]), "eos_token": "</s>",
                       "tokenizer_class": "LlamaTokenizer"}, indent=2).encode()


def yaml(r):
    return ("name: run_%d\nseed: %d\noptimizer:\n  name: adamw\n  lr: %.5f\n  betas: [0.9, 0.999]\ndata:\n  train: data/train\n"
            "  batch: %d\n" % (r.randrange(1000), r.randrange(100), r.random() / 100, r.choice([8, 32]))).encode()


def card(r):
    return ("---\nlicense: apache-2.0\ntags:\n- text-classification\n---\n# Model %d\n\nA small model for tests of speed. It "
            "was trained for %d epochs and reaches an accuracy of %.3f.\n\n## Use\n\nLoad it with the library it was made "
            "with.\n" % (r.randrange(1000), r.randint(1, 20), r.random())).encode()


MIXED = [(sklearn, "model.pkl", 4), (settings, "vocab.pkl", 2), (lambda r: torchfile.torch_zip(state(r)), "weights.pt", 4),
         (safetensors, "model.safetensors", 4), (npy, "mean.npy", 2), (npz, "arrays.npz", 1), (onnx, "model.onnx", 2),
         (gguf, "vocab.gguf", 1), (config, "config.json", 3), (tokenizer, "tokenizer_config.json", 1),
         (yaml, "run.yaml", 1), (card, "README.md", 1)]
PICKLES = [(sklearn, "model.pkl", 1), (settings, "vocab.pkl", 1)]


def hollow(path, gigabytes):
    """A safetensors file of a hundred tensors in which no byte of a tensor was ever written."""
    size = gigabytes * 10**7
    names = {"w%d" % i: {"dtype": "F32", "shape": [size // 4], "data_offsets": [i * size, (i + 1) * size]} for i in range(100)}
    head = json.dumps(names).encode()
    head += b" " * (-len(head) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(head)) + head)
        f.truncate(8 + len(head) + 100 * size)


def main():
    if sys.argv[3:] == ["hollow"]:
        hollow(sys.argv[1], int(sys.argv[2]))
        return
    root, count, kinds = sys.argv[1], int(sys.argv[2]), PICKLES if sys.argv[3:] == ["pickles"] else MIXED
    r = random.Random(20)
    for i in range(count):
        make, name, _ = r.choices(kinds, [weight for _, _, weight in kinds])[0]
        folder = os.path.join(root, "%04d" % (i // FOLDER))
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "%02d-%s" % (i % FOLDER, name)), "wb") as f:
            f.write(make(r))


if __name__ == "__main__":
    main()
