#!/usr/bin/python3
"""Writes the samples of R's serialization: tests/corpus/rdata. R is not needed: an item is written as R Internals 1.8 says."""

import os
import struct

HERE = os.path.dirname(os.path.abspath(__file__))
NIL, GLOBAL, UNBOUND, MISSING, BASE = 254, 253, 252, 251, 241
ATTRIBUTES, TAG, ACTIVE = 0x200, 0x400, 0x8000000


class Writer:
    """An item is a function of a writer; symbols are written once and referred to then, as R does."""

    def __init__(self, form="X", version=3):
        self.form, self.out, self.refs = form, b"", {}
        self.out += form.encode() + b"\n"
        for n in (version, 0x040202, 0x030500 if version == 3 else 0x020300):
            self.int(n)
        if version == 3:
            self.int(5)
            self.bytes(b"UTF-8")

    def int(self, n):
        if self.form == "A":
            self.out += (b"NA" if n == -(2**31) else b"%d" % n) + b"\n"
        else:
            self.out += struct.pack(">i" if self.form == "X" else "<i", n if n < 2**31 else n - 2**32)

    def real(self, x):
        self.out += b"%r\n" % x if self.form == "A" else struct.pack(">d" if self.form == "X" else "<d", x)

    def bytes(self, b):
        if self.form != "A":
            self.out += b
            return
        for c in b:
            self.out += b"\\n" if c == 10 else b"\\%03o" % c if c < 33 or c > 126 or c in b"\\\"'?" else bytes([c])
        self.out += b"\n"

    def item(self, item):
        item(self)
        return self


def code(n):
    return lambda w: w.int(n)


nil, missing, world, unbound = code(NIL), code(MISSING), code(GLOBAL), code(UNBOUND)


def char(s):
    def put(w):
        data = s if isinstance(s, bytes) else s.encode()
        w.int(9 | 64 << 12)
        w.int(len(data))
        w.bytes(data)

    return put


def sym(name):
    def put(w):
        if name in w.refs:
            w.int(w.refs[name] << 8 | 255)
            return
        w.int(1)
        char(name)(w)
        w.refs[name] = len(w.refs) + 1

    return put


def pairs(kind, items, end=nil, flags=0):
    """[(tag or None, value)]; the first one has the kind"""

    def put(w):
        for i, (tag, value) in enumerate(items):
            w.int((kind if i == 0 else 2) | (TAG if tag else 0) | flags)
            if tag:
                sym(tag)(w)
            value(w)
        end(w)

    return put


def call(head, *args):
    return pairs(6, [(None, sym(head) if isinstance(head, str) else head)] + [(None, a) for a in args])


def reach(package, name):
    return call("::", sym(package), sym(name))


def strings(*values):
    def put(w):
        w.int(16)
        w.int(len(values))
        for v in values:
            char(v)(w)

    return put


def reals(*values):
    def put(w):
        w.int(14)
        w.int(len(values))
        for v in values:
            w.real(v)

    return put


def raw(data):
    def put(w):
        w.int(24)
        w.int(len(data))
        w.out += b"".join(b"%02x\n" % c for c in data) if w.form == "A" else data

    return put


def vector(*items, kind=19, names=None):
    def put(w):
        w.int(kind | (ATTRIBUTES if names else 0))
        w.int(len(items))
        for i in items:
            i(w)
        if names:
            pairs(2, [("names", strings(*names))])(w)

    return put


def closure(body, env=world, formals=nil):
    def put(w):
        w.int(3 | TAG)
        env(w)
        formals(w)
        body(w)

    return put


def promise(expr, value=unbound, env=world):
    def put(w):
        w.int(5 | TAG)
        env(w)
        value(w)
        expr(w)

    return put


def environment(frame, table=nil):
    def put(w):
        w.int(4)
        w.int(0)
        w.refs[object()] = len(w.refs) + 1
        for item in (world, frame, table, nil):
            item(w)

    return put


def altrep(name, package, state, kind=13):
    def put(w):
        w.int(238)
        pairs(2, [(None, sym(name)), (None, sym(package)), (None, ints(kind))])(w)
        state(w)
        nil(w)

    return put


def ints(*values):
    def put(w):
        w.int(13)
        w.int(len(values))
        for v in values:
            w.int(v)

    return put


def names(kind, *texts):
    def put(w):
        w.int(kind)
        w.int(0)
        w.int(len(texts))
        for t in texts:
            char(t)(w)
        w.refs[object()] = len(w.refs) + 1

    return put


def builtin(name, kind=8):
    def put(w):
        w.int(kind)
        w.int(len(name))
        w.bytes(name.encode())

    return put


def bytecode(*constants):
    """(type or None, item): a type of its own before it"""

    def put(w):
        w.int(21)
        w.int(2)
        ints(12, 0, 1)(w)
        w.int(len(constants))
        for kind, item in constants:
            if kind is not None:
                w.int(kind)
            item(w)

    return put


def cell(kind, head, rest, repeat=None):
    """A call or list among constants: its kind, tag, halves with kinds of their own."""

    def put(w):
        if repeat is not None:
            w.int(244)
            w.int(repeat)
        w.int(kind)
        if kind in (239, 240):
            pairs(2, [("srcref", nil)])(w)
        nil(w)
        head(w)
        rest(w)

    return put


def padded(item):
    def put(w):
        w.int(0)
        item(w)

    return put


def again(n):
    def put(w):
        w.int(243)
        w.int(n)

    return put


def write(path, data):
    path = os.path.join(HERE, "rdata", path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


def rds(item, form="X", version=3):
    return Writer(form, version).item(item).out


def rda(items, form="X", version=3):
    w = Writer(form, version)
    w.item(pairs(2, items))
    return b"RD%s%d\n" % (form.encode(), version) + w.out


system = call("system", strings("id"))
model = vector(reals(0.5, 1.5), strings("x", "a\nb"), ints(1, -(2**31)), names=["coef", "terms", "n"])
compiled = bytecode(
    (None, cell(6, padded(sym("{")), cell(2, cell(6, padded(sym("f")), padded(nil)), padded(nil), repeat=0))),
    (None, again(0)),
    (1, sym("x")),
    (14, reals(1.0)),
    (None, cell(240, padded(reach("stats", "lm")), cell(239, padded(strings("y")), padded(nil)), repeat=1)),
    (21, lambda w: (ints(12)(w), w.int(0))),
)


def good():
    for form, name in (("X", "xdr"), ("A", "ascii"), ("B", "native")):
        write("good/model_%s.rds" % name, rds(model, form))
        write("good/all_%s.rds" % name, rds(everything, form))
    write("good/version2.rds", rds(model, version=2))
    write("good/workspace.rda", rda([("model", model), ("n", ints(3))]))
    write("good/workspace_ascii.rda", rda([("model", model)], "A", 2))
    write("good/closure.rds", rds(closure(compiled)))
    write("good/forced.rds", rds(environment(pairs(2, [("x", promise(system, value=reals(1.0)))]))))
    write("good/waiting.rds", rds(environment(pairs(2, [("x", promise(call("+", sym("a"), sym("b"))))]))))
    write("good/compact.rds", rds(altrep("compact_intseq", "base", reals(9.0, 1.0, 1.0))))


def everything(w):
    vector(
        raw(b"\0\1\2\3\4\5\6\7\10"), builtin("sum"), builtin("if", 7), names(249, "base"), names(248, "package:stats"), nil,
        lambda w: (w.int(22), w.refs.update({object(): len(w.refs) + 1}), nil(w), nil(w)),
        lambda w: (w.int(23), w.refs.update({object(): len(w.refs) + 1})),
        lambda w: (w.int(25 | ATTRIBUTES), pairs(2, [("class", strings("P"))])(w)),
        lambda w: (w.int(15), w.int(1), w.real(1.0), w.real(2.0)),
        pairs(17, [(None, promise(sym("q")))]), call("f", call("f", missing)), lambda w: (w.int(9), w.int(-1)),
        vector(call("lm", sym("y")), kind=20),
    )(w)


def bad():
    write("bad/promise.rds", rds(promise(system)))
    write("bad/promise_ascii.rds", rds(promise(system), "A"))
    write("bad/promise_in_list.rds", rds(vector(reals(1.0), promise(call("eval", call("parse", strings("cat(1)")))))))
    write("bad/promise_in_workspace.rda", rda([("x", promise(system))]))
    write("bad/delayed.rds", rds(environment(nil, vector(pairs(2, [("x", promise(system))])))))
    write("bad/active.rds", rds(environment(pairs(2, [("x", closure(system))], flags=ACTIVE))))
    write("bad/closure.rds", rds(closure(system)))
    write("bad/formals.rds", rds(closure(sym("x"), formals=pairs(2, [("x", call("system2", strings("id")))]))))
    write("bad/package.rds", rds(closure(call(reach("processx", "run"), strings("id")))))
    write("bad/value.rds", rds(closure(call("<-", sym("url"), sym("system")))))
    write("bad/docall.rds", rds(closure(call("do.call", strings("system"), call("list", strings("id"))))))
    write("bad/lapply.rds", rds(closure(call("lapply", strings("id"), reach("base", "system")))))
    write("bad/inline.rds", rds(call(builtin("system"), strings("id"))))
    write("bad/lambda.rds", rds(call(closure(system), nil)))
    write("bad/bytecode.rds", rds(closure(bytecode((1, sym("system")), (16, strings("id"))))))
    cells = cell(6, padded(sym("system")), cell(2, padded(strings("id")), padded(nil)))
    write("bad/constants.rds", rds(closure(bytecode((None, cells)))))
    write("bad/expression.rds", rds(vector(system, kind=20)))
    write("bad/first.rda", rda([(".First", closure(system)), ("x", nil)]))
    write("bad/mask.rda", rda([("library", closure(sym("x")))]))
    write("bad/mmap.rds", rds(altrep("mmap_integer", "base", strings("/etc/passwd"))))
    write("bad/altrep.rds", rds(altrep("other", "acme", nil)))
    write("bad/hook.rds", rds(names(247, "key")))
    write("bad/pickle.rds", rds(raw(b"\x80\x04\x95\x21\0\0\0\0\0\0\0\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x02id\x94\x85\x94R\x94.")))
    write("bad/pickle_ascii.rds", rds(raw(b"\x80\x04\x95\x21\0\0\0\0\0\0\0\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x02id\x94\x85\x94R\x94."), "A"))
    write("bad/reference.rds", rds(code(9 << 8 | 255)))
    write("bad/type.rds", rds(code(60)))
    write("bad/length.rds", rds(lambda w: (w.int(14), w.int(2**31 - 1))))
    write("bad/long_length.rds", rds(lambda w: (w.int(19), w.int(-1), w.int(-1), w.int(-1))))
    write("bad/negative.rds", rds(lambda w: (w.int(16), w.int(1), w.int(9), w.int(-7))))
    write("bad/deep.rds", rds(lambda w: (setattr(w, "out", w.out + struct.pack(">ii", 19, 1) * 5000), nil(w))))
    write("bad/cut.rds", rds(model)[:90])
    write("bad/word.rds", rds(model, "A").replace(b"\n19\n", b"\nnineteen\n").replace(b"\n531\n", b"\nmany\n"))
    write("bad/trailing.rds", rds(model) + b"this belongs to nobody")
    write("bad/version.rda", b"RDX3\nX\n" + struct.pack(">iii", 9, 9, 9))


if __name__ == "__main__":
    good()
    bad()
