"""What libraries write when nobody means harm: values, arrays, estimators, modules; in every protocol and container that
they use. A library that is not installed is left out."""
import collections
import datetime
import decimal
import fractions
import gzip
import io
import pathlib
import pickle
import uuid
import warnings

import pickles
import wire

SCARY = {"os.system": 1, "eval": "exec(__import__('os').system('id'))", "notes": ["subprocess.Popen", "cos\nsystem\n", "curl http://a.example"]}
VALUES = {
    "words": SCARY, "numbers": list(range(500)), "floats": [i / 7 for i in range(300)], "nested": {"a": [({"b": (1, {2, 3})},)] * 5},
    "dates": [datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc), datetime.timedelta(3), decimal.Decimal("1.5"),
              fractions.Fraction(1, 3), uuid.UUID(int=7), pathlib.PurePosixPath("a/b")],
    "collections": [collections.OrderedDict(a=1), collections.defaultdict(list, a=[1]), collections.deque([1, 2]), collections.Counter("abba")],
    "bytes": [bytes(range(256)), bytearray(b"abc"), b"\x1f\x8b\x08", b"PK\x03\x04"], "odd": [slice(1, 2), range(5), frozenset({1}), 1j, None, ...],
    "long": [1 << 300, -(1 << 70)], "shared": [["x"] * 3] * 20,
}


def arrays():
    import numpy
    r = numpy.random.default_rng(1)
    yield "float", r.normal(size=(8, 4))
    yield "types", {t: numpy.zeros(3, t) for t in ("i1", "u8", "f2", "c16", "S3", "U2", "M8[s]", "?")}
    yield "records", numpy.zeros(3, [("a", "i4"), ("b", "f8", (2,))])
    yield "masked", numpy.ma.masked_array([1, 2], [True, False])
    yield "objects", numpy.array([{"a": 1}, "b", None], object)
    yield "scalar", numpy.float32(2)
    yield "generator", r


def estimators():
    import numpy
    from sklearn import cluster, compose, datasets, decomposition, ensemble, linear_model, naive_bayes, neighbors, pipeline, preprocessing, svm, tree
    numpy.random.seed(1)
    x, y = datasets.load_iris(return_X_y=True)
    steps = compose.ColumnTransformer([("n", preprocessing.StandardScaler(), [0, 1]), ("k", preprocessing.KBinsDiscretizer(3), [2])])
    for e in (ensemble.RandomForestClassifier(5), ensemble.HistGradientBoostingClassifier(max_iter=3), linear_model.LogisticRegression(max_iter=500),
              linear_model.SGDClassifier(), svm.SVC(), naive_bayes.GaussianNB(), neighbors.KNeighborsClassifier(), tree.DecisionTreeClassifier(),
              cluster.KMeans(3, n_init=1), decomposition.PCA(2), pipeline.make_pipeline(steps, linear_model.Ridge()),
              ensemble.GradientBoostingRegressor(n_estimators=3), ensemble.IsolationForest(n_estimators=3)):
        yield type(e).__name__, e.fit(x, y)
    yield "grid", {"scores": numpy.array([0.1]), "params": {"C": 1.0}}


def frames():
    import pandas
    f = pandas.DataFrame({"a": [1, 2], "b": ["x", None], "c": pandas.Categorical(["u", "v"]), "d": pandas.date_range("2026", periods=2)})
    yield "frame", f
    yield "series", f["a"]
    yield "multi", f.set_index(["a", "b"])


def modules():
    import torch
    from torch import nn
    net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.BatchNorm1d(3), nn.LSTM(3, 2))
    adam = torch.optim.Adam(net.parameters())
    yield "state", net.state_dict()
    yield "net", net
    yield "checkpoint", {"epoch": 3, "model": net.state_dict(), "optimizer": adam.state_dict(), "args": {"lr": 0.1}}
    yield "tensors", [torch.ones(2, dtype=t) for t in (torch.float16, torch.bfloat16, torch.int8, torch.bool, torch.complex64)]
    yield "quantised", torch.quantize_per_tensor(torch.ones(4), 0.1, 0, torch.qint8)
    yield "sparse", torch.eye(3).to_sparse()


def packed(name, value, rng):
    """As it is, and in three of the containers that pickles are kept in."""
    protocol = rng.choice((0, 2, 3, 4, 5))
    p = pickle.dumps(value, protocol)
    yield "%s-%d.pkl" % (name, protocol), p
    for box in rng.sample(("joblib-zlib", "joblib-gzip", "joblib-bz2", "joblib-xz", "joblib-lzma", "zip-in-zip", "tar-gz", "npy"), 3):
        pack, ending, _ = pickles.CONTAINERS[box]
        yield "%s-%d-%s%s" % (name, protocol, box, ending), pack(pickle.dumps(value, protocol))


def by_joblib(name, value, rng):
    import joblib
    b = io.BytesIO()
    joblib.dump(value, b, compress=rng.choice((0, ("zlib", 3), ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3))))
    yield "%s-dump.joblib" % name, b.getvalue()


def by_numpy(name, value):
    import numpy
    b = io.BytesIO()
    numpy.save(b, value, allow_pickle=True)
    yield "%s.npy" % name, b.getvalue()
    b = io.BytesIO()
    numpy.savez_compressed(b, a=value, b=numpy.arange(3))
    yield "%s.npz" % name, b.getvalue()


def by_torch(name, value):
    import torch
    for legacy in (False, True):
        b = io.BytesIO()
        torch.save(value, b, _use_new_zipfile_serialization=not legacy)
        yield "%s-%s.pt" % (name, "old" if legacy else "zip"), b.getvalue()
    yield "%s.pt.gz" % name, gzip.compress(b.getvalue(), mtime=0)
    yield "%s-in.tar" % name, wire.tarred([("model.ckpt", b.getvalue())])


def library(make):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield from make()
        except ImportError as e:
            print("left out: %s (%s)" % (make.__name__, e))


def files(rng):
    for name, value in VALUES.items():
        yield from packed("value-" + name, value, rng)
    for make in (arrays, estimators, frames):
        for name, value in library(make):
            yield from packed("%s-%s" % (make.__name__, name), value, rng)
            yield from by_joblib("%s-%s" % (make.__name__, name), value, rng)
    for name, value in library(arrays):
        if name not in ("generator", "types"):
            yield from by_numpy("array-" + name, value)
    for name, value in library(modules):
        yield from by_torch("module-" + name, value)


def samples(rng):
    for name, content in files(rng):
        yield name, content, "benign", "", None
