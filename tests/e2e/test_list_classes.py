"""tools/list-classes.py: what it takes for a class whose objects are made without running it, and what not."""
import pathlib
import subprocess
import sys

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools" / "list-classes.py"

FILES = {
    "__init__.py": "from .base import *\n",
    "base.py": """
import abc, enum
import torch.nn as nn
from collections import OrderedDict, namedtuple
class Plain: pass
class Layer(nn.Module):
    def __init__(self): pass
class Setter:
    def __setstate__(self, state): open(state)
class Ender(Plain):
    def __del__(self): pass
class Table(OrderedDict): pass
class Writer(dict):
    def __setitem__(self, k, v): open(k, "w")
class Meta(Plain, metaclass=enum.EnumMeta): pass
class Abstract(Plain, metaclass=abc.ABCMeta): pass
class Pair(namedtuple("Pair", "a b")): pass
""",
    "sub/__init__.py": "",
    "sub/deep.py": """
import shop
from .. import base
from ..base import Setter as S, Plain
class Below(Plain): pass
class Renamed(S): pass
class Through(base.Layer): pass
class Star(shop.Table): pass
class Items(shop.Table):
    def update(self, other): pass
class Stranger(elsewhere.Thing): pass
""",
    "tests/test_it.py": "class Hidden: pass\n",
    "broken.py": "class Nobody(:\n",
}


def rows(tmp_path, *options):
    package = tmp_path / "shop"
    for name, text in FILES.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    r = subprocess.run([sys.executable, str(TOOL), *options, str(package)], capture_output=True, text=True, check=True)
    return [line.split("\t") for line in r.stdout.splitlines()]


def test_rows(tmp_path):
    got = {r[0]: r[1] for r in rows(tmp_path)}
    assert got == {"shop.base": "Abstract Layer Pair Plain Table", "shop.sub.deep": "Below Star Through"}
    assert all(r[2] == "make" and r[3] for r in rows(tmp_path))


def test_others(tmp_path):
    got = dict(rows(tmp_path, "--others"))
    assert set(got) == {"shop.base.Setter", "shop.base.Ender", "shop.base.Writer", "shop.base.Meta",
                        "shop.sub.deep.Renamed", "shop.sub.deep.Items", "shop.sub.deep.Stranger"}
    assert got["shop.sub.deep.Renamed"] == "shop.base.Setter has its own __setstate__"
    assert "__setitem__" in got["shop.base.Writer"] and "elsewhere.Thing" in got["shop.sub.deep.Stranger"]


def test_only(tmp_path):
    assert {r[0] for r in rows(tmp_path, "--only", "shop.sub")} == {"shop.sub.deep"}
