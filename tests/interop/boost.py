"""boost.py PALISADE - models that XGBoost, LightGBM, CatBoost and skops themselves write: no finding at medium or above, and the
trees of each are followed, for a link that is bent afterwards is found."""
import json
import os
import pickle
import subprocess
import sys
import tempfile

import catboost
import lightgbm
import numpy
import pandas
import skops.io
import xgboost
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

X, Y = make_classification(300, 8, n_classes=3, n_informative=5, random_state=1)
V, W = make_regression(300, 6, random_state=2)
RNG = numpy.random.default_rng(3)
MIXED = pandas.DataFrame({"c": pandas.Categorical(RNG.integers(0, 9, 300)), "n": V[:, 0]})


def xgb():
    models = {
        "classes": ({"objective": "multi:softprob", "num_class": 3}, xgboost.DMatrix(X, Y)),
        "names": ({}, xgboost.DMatrix(V, W, feature_names=list("abcdef"))),
        "dart": ({"booster": "dart", "rate_drop": 0.2}, xgboost.DMatrix(V, W)),
        "linear": ({"booster": "gblinear"}, xgboost.DMatrix(V, W)),
        "categories": ({"tree_method": "hist", "max_cat_to_onehot": 2}, xgboost.DMatrix(MIXED, W, enable_categorical=True)),
        "ranking": ({"objective": "rank:ndcg"}, xgboost.DMatrix(X, Y, group=[100, 200])),
        "vectors": ({"tree_method": "hist", "multi_strategy": "multi_output_tree"}, xgboost.DMatrix(V, numpy.c_[W, -W])),
        "forest": ({"num_parallel_tree": 4, "subsample": 0.5}, xgboost.DMatrix(V, W)),
    }
    for name, (parameters, data) in models.items():
        booster = xgboost.train(parameters, data, 8)
        booster.set_attr(note="trained for a test")
        booster.save_model("xgb-%s.json" % name)
        booster.save_model("xgb-%s.ubj" % name)
    with open("xgb.pkl", "wb") as f:
        pickle.dump(xgboost.XGBClassifier(n_estimators=5).fit(X, Y), f)


def lgb():
    models = {
        "binary": ({"objective": "binary"}, lightgbm.Dataset(X, Y > 0)),
        "classes": ({"objective": "multiclass", "num_class": 3}, lightgbm.Dataset(X, Y)),
        "categories": ({"min_data_per_group": 1, "cat_smooth": 0, "min_data_in_leaf": 3}, lightgbm.Dataset(MIXED, W)),
        "linear": ({"linear_tree": True}, lightgbm.Dataset(V, W)),
        "forest": ({"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5}, lightgbm.Dataset(V, W)),
    }
    for name, (parameters, data) in models.items():
        lightgbm.train({**parameters, "verbose": -1}, data, 8).save_model("lgb-%s.txt" % name)


def cat():
    quiet = {"iterations": 5, "verbose": 0, "allow_writing_files": False}
    words = pandas.DataFrame({"c": RNG.integers(0, 30, 300).astype(str), "n": V[:, 0]})
    catboost.CatBoostClassifier(**quiet).fit(X, Y > 0).save_model("cat-binary.cbm")
    catboost.CatBoostClassifier(**quiet).fit(X, Y).save_model("cat-classes.cbm")
    catboost.CatBoostRegressor(**quiet, grow_policy="Lossguide").fit(V, W).save_model("cat-lossguide.cbm")
    catboost.CatBoostRegressor(**quiet).fit(catboost.Pool(words, W, cat_features=["c"])).save_model("cat-categories.cbm")


def scikit():
    models = [LogisticRegression(), SGDClassifier(), RandomForestClassifier(5), GradientBoostingClassifier(n_estimators=3),
              make_pipeline(StandardScaler(), LogisticRegression())]
    for i, model in enumerate(models):
        skops.io.dump(model.fit(X, Y), "skops-%d.skops" % i)
    skops.io.dump(FunctionTransformer(Ridge().fit(V, W).predict), "skops-method.skops")
    skops.io.dump({"generator": numpy.random.default_rng(1)}, "skops-generator.skops")


def scan(program, *paths):
    done = subprocess.run([program, "scan", "--format", "json", *paths], capture_output=True)
    return json.loads(done.stdout)["artifacts"]


def bent(program):
    """The second tree's root of XGBoost's and LightGBM's models leads to itself."""
    with open("xgb-names.json") as f:
        model = json.load(f)
    model["learner"]["gradient_booster"]["model"]["trees"][1]["left_children"][0] = 0
    with open("bent.json", "w") as f:
        json.dump(model, f)
    with open("lgb-binary.txt") as f:
        head, tree, rest = f.read().partition("left_child=")
    with open("bent.txt", "w") as f:
        f.write(head + tree + "0" + rest[len(rest.split()[0]):])
    wrong = 0
    for path in ("bent.json", "bent.txt"):
        rules = {f["rule"] for a in scan(program, path) for f in a["findings"]}
        if "BOOST-TREE" not in rules:
            print("%s: a circle was not found, but %s" % (path, sorted(rules)))
            wrong += 1
    return wrong


def main():
    program, wrong = os.path.abspath(sys.argv[1]), 0
    formats = {"xgb-": ("xgboost", "ubjson"), "lgb-": ("lightgbm",), "cat-": ("catboost",)}
    with tempfile.TemporaryDirectory() as room:
        os.chdir(room)
        for write in (xgb, lgb, cat, scikit):
            write()
        artifacts = scan(program, ".")
        for a in artifacts:
            loud = [f for f in a["findings"] if f["severity"] in ("medium", "high", "critical")]
            named = formats.get(os.path.basename(a["path"])[:4], (a["format"],))
            if loud or a["format"] not in named:
                wrong += 1
                print(a["path"], a["format"], [(f["rule"], f["message"]) for f in loud])
        wrong += bent(program)
        os.chdir("/")
    print("%d models of XGBoost %s, LightGBM %s, CatBoost %s, skops %s; %d wrong" % (
        len(artifacts), xgboost.__version__, lightgbm.__version__, catboost.__version__, skops.__version__, wrong))
    return wrong > 0 or len(artifacts) < 30


sys.exit(main())
