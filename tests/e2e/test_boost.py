"""palisade scan on boosted trees and R's objects: under any name, inside containers, compressed, and in pickles."""
import bz2
import gzip
import lzma
import os
import pickle
import shutil

import pytest

from test_older import CORPUS, ORDER, in_tar, in_zip, scan, worst

# Sample, format, and the finding that it must have at this severity at least; "": no finding at all.
SAMPLES = [
    ("xgboost/good/small.json", "xgboost", "", ""),
    ("xgboost/bad/circle.json", "xgboost", "BOOST-TREE", "high"),
    ("xgboost/bad/output.json", "xgboost", "BOOST-COUNT", "high"),
    ("xgboost/bad/program.json", "xgboost", "SOURCE-PROCESS", "high"),
    ("ubjson/good/small.ubj", "ubjson", "", ""),
    ("ubjson/bad/circle.ubj", "ubjson", "BOOST-TREE", "high"),
    ("ubjson/bad/count.ubj", "ubjson", "UBJSON-COUNT", "high"),
    ("ubjson/bad/pickle.ubj", "ubjson", "PICKLE-EXEC", "critical"),
    ("xgboost_binary/good/plain.model", "xgboost_binary", "", ""),
    ("xgboost_binary/good/binf.model", "xgboost_binary", "", ""),
    ("xgboost_binary/good/text.model", "xgboost_binary", "", ""),
    ("xgboost_binary/bad/outside.model", "xgboost_binary", "BOOST-TREE", "high"),
    ("xgboost_binary/bad/nodes.model", "xgboost_binary", "BOOST-COUNT", "high"),
    ("lightgbm/good/three.txt", "lightgbm", "", ""),
    ("lightgbm/bad/circle.txt", "lightgbm", "BOOST-TREE", "high"),
    ("lightgbm/bad/jump.txt", "lightgbm", "BOOST-COUNT", "high"),
    ("catboost/good/small.cbm", "catboost", "", ""),
    ("catboost/bad/step.cbm", "catboost", "BOOST-TREE", "high"),
    ("catboost/bad/condition.cbm", "catboost", "BOOST-COUNT", "high"),
    ("ncnn/good/small.param", "ncnn", "", ""),
    ("ncnn/bad/layers.param", "ncnn", "NCNN-COUNT", "high"),
    ("ncnn/bad/custom.param", "ncnn", "OP-CUSTOM", "low"),
    ("rdata/good/model_xdr.rds", "rdata", "", ""),
    ("rdata/good/model_ascii.rds", "rdata", "", ""),
    ("rdata/good/model_native.rds", "rdata", "", ""),
    ("rdata/good/workspace.rda", "rdata", "", ""),
    ("rdata/good/forced.rds", "rdata", "", ""),
    ("rdata/bad/promise.rds", "rdata", "R-PROMISE", "high"),
    ("rdata/bad/promise_ascii.rds", "rdata", "OP-CODE", "critical"),
    ("rdata/bad/delayed.rds", "rdata", "OP-CODE", "critical"),
    ("rdata/bad/active.rds", "rdata", "OP-CODE", "critical"),
    ("rdata/bad/first.rda", "rdata", "OP-CODE", "critical"),
    ("rdata/bad/closure.rds", "rdata", "OP-CODE", "high"),
    ("rdata/bad/docall.rds", "rdata", "OP-CODE", "high"),
    ("rdata/bad/package.rds", "rdata", "OP-CODE", "high"),
    ("rdata/bad/mmap.rds", "rdata", "OP-FILE-READ", "high"),
    ("rdata/bad/pickle.rds", "rdata", "PICKLE-EXEC", "critical"),
]
BAD = [s for s in SAMPLES if s[2]]


def read(sample):
    with open(os.path.join(CORPUS, sample), "rb") as f:
        return f.read()


def has(found, rule, least):
    return ORDER.index(found[rule]) >= ORDER.index(least)


@pytest.mark.parametrize("sample,form,rule,least", SAMPLES, ids=[s[0] for s in SAMPLES])
def test_by_content(tmp_path, sample, form, rule, least):
    shutil.copy(os.path.join(CORPUS, sample), tmp_path / "renamed")
    (artifact,) = scan(tmp_path)
    assert artifact["format"] == form
    found = worst(tmp_path)
    if rule:
        assert has(found, rule, least)
    else:
        assert found == {} and artifact["verdict"] == "clean"


@pytest.mark.parametrize("pack", [in_zip, in_tar])
@pytest.mark.parametrize("sample,form,rule,least", BAD, ids=[s[0] for s in BAD])
def test_in_containers(tmp_path, sample, form, rule, least, pack):
    pack(tmp_path / "box", read(sample))
    assert has(worst(tmp_path), rule, least)


@pytest.mark.parametrize("squeeze", [gzip.compress, bz2.compress, lzma.compress], ids=["gzip", "bzip2", "xz"])
@pytest.mark.parametrize("sample", ["rdata/bad/promise.rds", "rdata/bad/promise_in_workspace.rda"])
def test_as_r_compresses(tmp_path, sample, squeeze):
    (tmp_path / "model.rds").write_bytes(squeeze(read(sample)))
    found = worst(tmp_path)
    assert found["OP-CODE"] == "critical" and "SCAN-EXT-MISMATCH" not in found


@pytest.mark.parametrize("sample", ["ubjson/bad/circle.ubj", "xgboost_binary/bad/circle.model"])
def test_in_pickles(tmp_path, sample):
    (tmp_path / "booster.pkl").write_bytes(pickle.dumps({"handle": bytearray(read(sample)), "best": 3}))
    assert worst(tmp_path)["BOOST-TREE"] == "high"


@pytest.mark.parametrize("ending", [".ubj", ".cbm", ".rds", ".rda", ".RData"])
def test_names_that_promise_another_format(tmp_path, ending):
    (tmp_path / ("model" + ending)).write_bytes(pickle.dumps({"a": 1}))
    assert worst(tmp_path)["SCAN-EXT-MISMATCH"] == "high"
