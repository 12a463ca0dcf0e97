#!/usr/bin/python3
"""Writes the samples of columnar tables: tests/corpus/{parquet,arrow,avro,orc}.

A struct of Thrift's compact protocol is a dict of id to value: bool, int for an i32, Long for an i64, bytes or str, list,
dict for a struct inside. Compressed blocks are of literals alone, so that nothing but Python is needed and the samples are
the same everywhere.
"""

import os
import struct
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
BOOLEAN, INT32, INT64, INT96, FLOAT, DOUBLE, BYTES, FIXED = range(8)
PLAIN, PLAIN_DICTIONARY, RLE, BIT_PACKED, DELTA, DELTA_LENGTH, DELTA_BYTES, RLE_DICTIONARY, SPLIT = 0, 2, 3, 4, 5, 6, 7, 8, 9
NONE, SNAPPY, GZIP, LZO, BROTLI, LZ4, ZSTD, LZ4_RAW = range(8)
UTF8, LIST, DATE = 0, 3, 6
REQUIRED, OPTIONAL, REPEATED = range(3)


class Long(int):
    pass


class Raw(bytes):
    """Bytes that are a value already."""


def varint(n):
    n &= 2**64 - 1
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def zigzag(n):
    return varint(n << 1 ^ n >> 63)


def kind_of(v):
    if isinstance(v, bool):
        return 1 if v else 2
    if isinstance(v, Long):
        return 6
    if isinstance(v, int):
        return 5
    if isinstance(v, list):
        return 9
    return 12 if isinstance(v, dict) else 8


def value(v):
    if isinstance(v, bool):
        return b""
    if isinstance(v, int):
        return zigzag(v)
    if isinstance(v, list):
        kind = kind_of(v[0]) if v else 12
        head = bytes([len(v) << 4 | kind]) if len(v) < 15 else bytes([0xF0 | kind]) + varint(len(v))
        return head + b"".join(value(i) for i in v)
    if isinstance(v, dict):
        out, last = b"", 0
        for i, inner in sorted(v.items()):
            if inner is None:
                continue
            out += bytes([i - last << 4 | kind_of(inner)]) if 0 < i - last < 16 else bytes([kind_of(inner)]) + zigzag(i)
            out += value(inner)
            last = i
        return out + b"\0"
    v = v.encode() if isinstance(v, str) else v
    return varint(len(v)) + v


# --- encodings, as simple as they may be


def plain(values, fmt=None):
    if fmt is not None:
        return b"".join(struct.pack("<" + fmt, v) for v in values)
    return b"".join(struct.pack("<I", len(v)) + v for v in (x.encode() if isinstance(x, str) else x for x in values))


def runs(levels, bits, length=True):
    """Repeated runs, one a level."""
    body = b"".join(varint(1 << 1) + level.to_bytes((bits + 7) // 8, "little") for level in levels)
    return struct.pack("<I", len(body)) + body if length else body


def packed(values, bits):
    """One run of packed bits, padded to groups of eight."""
    n = sum(v << i * bits for i, v in enumerate(values))
    groups = (len(values) + 7) // 8
    return varint(groups << 1 | 1) + n.to_bytes(groups * bits, "little")


def delta(values):
    """Blocks of 128 in four miniblocks of 32, each of 64 bits."""
    out = varint(128) + varint(4) + varint(len(values)) + zigzag(values[0] if values else 0)
    steps = [b - a for a, b in zip(values, values[1:])]
    for at in range(0, len(steps), 128):
        block = steps[at : at + 128]
        least = min(block)
        widths = [max((max(block[k : k + 32], default=least) - least).bit_length(), 0) if block[k : k + 32] else 0 for k in range(0, 128, 32)]
        out += zigzag(least) + bytes(widths)
        for k, width in zip(range(0, len(block), 32), widths):
            n = sum((v - least) << i * width for i, v in enumerate(block[k : k + 32]))
            out += n.to_bytes(4 * width, "little")
    return out


def delta_length(values):
    return delta([len(v) for v in values]) + b"".join(values)


def delta_bytes(values):
    shared = [0] + [len(os.path.commonprefix([a, b])) for a, b in zip(values, values[1:])]
    return delta(shared) + delta_length([v[n:] for v, n in zip(values, shared)])


def split(raw, width):
    return b"".join(raw[k::width] for k in range(width))


# --- compression without any


def snappy(raw):
    return varint(len(raw)) + b"".join(bytes([(len(raw[i : i + 60]) - 1) << 2]) + raw[i : i + 60] for i in range(0, len(raw), 60))


def lz4(raw):
    n = len(raw)
    head = bytes([n << 4]) if n < 15 else b"\xf0" + b"\xff" * ((n - 15) // 255) + bytes([(n - 15) % 255])
    return head + raw


def hadoop(raw):
    block = lz4(raw)
    return struct.pack(">II", len(raw), len(block)) + block


def zstd(raw):
    assert len(raw) < 256
    return b"\x28\xb5\x2f\xfd\x20" + bytes([len(raw)]) + (len(raw) << 3 | 1).to_bytes(3, "little") + raw


def brotli(raw):
    """RFC 7932, section 9: WBITS 0 (16), ISLAST 0, MNIBBLES 00 (4), MLEN - 1, ISUNCOMPRESSED; then an empty last block."""
    return ((len(raw) - 1) << 4 | 1 << 20).to_bytes(3, "little") + raw + b"\x03"


def gzip(raw):
    c = zlib.compressobj(9, zlib.DEFLATED, 31)
    return c.compress(raw) + c.flush()


CODECS = {NONE: bytes, SNAPPY: snappy, GZIP: gzip, BROTLI: brotli, LZ4: hadoop, ZSTD: zstd, LZ4_RAW: lz4}

# --- files


def column(name, kind, repetition=REQUIRED, converted=None, width=None, more=None):
    return {1: kind, 2: width, 3: repetition, 4: name, 6: converted, **(more or {})}


def group(name, children, repetition=None, converted=None):
    return {3: repetition, 4: name, 5: children, 6: converted}


def page(body, count, encoding=PLAIN, codec=NONE, crc=True, levels=RLE, more=None, size=None):
    block = CODECS.get(codec, bytes)(body)
    header = {1: 0, 2: len(body) if size is None else size, 3: len(block), 5: {1: count, 2: encoding, 3: levels, 4: levels}}
    if crc:
        header[4] = struct.unpack("<i", struct.pack("<I", zlib.crc32(block)))[0]
    header.update(more or {})
    return value(header) + block


def page_2(body, count, rows, encoding=PLAIN, codec=NONE, reps=b"", defs=b"", nulls=0):
    block = CODECS[codec](body)
    levels = reps + defs
    header = {1: 3, 2: len(levels + body), 3: len(levels + block), 8: {1: count, 2: nulls, 3: rows, 4: encoding, 5: len(defs), 6: len(reps), 7: codec != NONE}}
    return value(header) + levels + block


def dictionary(body, count, codec=NONE):
    block = CODECS[codec](body)
    return value({1: 2, 2: len(body), 3: len(block), 7: {1: count, 2: PLAIN}}) + block


class Chunk:
    """A column's pages in one row group; with `first` the first of them is a dictionary."""

    def __init__(self, path, kind, pages, count, first=False, codec=NONE, statistics=None, more=None, chunk=None):
        self.pages, self.first = pages, first
        self.meta = {1: kind, 2: [PLAIN], 3: path.split("."), 4: codec, 5: Long(count), 12: statistics}
        self.more, self.chunk = more or {}, chunk or {}


def parquet(path, schema, groups, rows=None, pairs=None, footer=None, behind=b"", mark=b"PAR1", tail=None):
    """groups: lists of chunks, with their number of records."""
    out, metas, total = b"PAR1", [], 0
    for count, chunks in groups:
        columns = []
        for c in chunks:
            at = len(out)
            size = sum(len(p) for p in c.pages)
            meta = dict(c.meta)
            meta.update({6: Long(size), 7: Long(size), 9: Long(at + (len(c.pages[0]) if c.first else 0))})
            if c.first:
                meta[11] = Long(at)
            meta.update(c.more)
            columns.append({2: Long(at), 3: meta, **c.chunk})
            out += b"".join(c.pages)
        metas.append({1: columns, 2: Long(0), 3: Long(count)})
        total += count
    out += behind
    meta = {1: 1, 2: schema, 3: Long(total if rows is None else rows), 4: metas, 5: [{1: k, 2: v} for k, v in (pairs or {}).items()] or None, 6: "by hand"}
    meta.update(footer or {})
    body = value(meta)
    out += body + (struct.pack("<I", len(body)) if tail is None else tail) + mark
    write(path, out)


def write(path, data):
    path = os.path.join(HERE, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


def flat(path, kind, body, count, encoding=PLAIN, codec=NONE, converted=None, width=None, first=None, more=None, **rest):
    """A table of one required column and one page."""
    pages = [page(body, count, encoding, codec)]
    if first is not None:
        pages.insert(0, dictionary(first[0], first[1], codec))
    schema = [group("schema", 1), column("a", kind, REQUIRED, converted, width, more)]
    parquet(path, schema, [(count, [Chunk("a", kind, pages, count, first is not None, codec)])], **rest)


def parquet_good():
    words = [b"one", b"only", b"once", b""]
    flat("parquet/good/plain.parquet", BYTES, plain(words), 4, converted=UTF8, pairs={"pandas": '{"index": []}'})
    for name, codec in [("snappy", SNAPPY), ("gzip", GZIP), ("brotli", BROTLI), ("lz4", LZ4), ("zstd", ZSTD), ("lz4_raw", LZ4_RAW)]:
        flat("parquet/good/%s.parquet" % name, BYTES, plain(words), 4, codec=codec, converted=UTF8)
    flat("parquet/good/delta.parquet", INT64, delta([5, 7, -3, 2**62, -(2**62)]), 5, DELTA)
    flat("parquet/good/delta_length.parquet", BYTES, delta_length(words), 4, DELTA_LENGTH, converted=UTF8)
    flat("parquet/good/delta_bytes.parquet", BYTES, delta_bytes(words), 4, DELTA_BYTES, converted=UTF8)
    flat("parquet/good/split.parquet", DOUBLE, split(plain([1.5, -0.1, 1e300], "d"), 8), 3, SPLIT)
    flat("parquet/good/dictionary.parquet", BYTES, b"\x02" + packed([0, 1, 2, 1, 0], 2) + varint(3 << 1) + b"\2", 8, RLE_DICTIONARY, converted=UTF8, first=(plain([b"red", b"green", b"blue"]), 3))
    flat("parquet/good/numbers.parquet", INT32, b"\x01" + packed([0, 1], 1), 2, PLAIN_DICTIONARY, converted=DATE, first=(plain([0, 11016], "i"), 2))
    flat("parquet/good/booleans.parquet", BOOLEAN, b"\x05", 3)
    flat("parquet/good/runs.parquet", BOOLEAN, struct.pack("<I", 2) + varint(5 << 1) + b"\1", 5, RLE)
    flat("parquet/good/int96.parquet", INT96, struct.pack("<qi", 3723 * 10**9 + 5, 2440589), 1)
    flat("parquet/good/decimal.parquet", FIXED, b"\x00\x04\xd2\xff\xff\xfe", 2, converted=5, width=3, more={7: 2, 8: 7})
    flat("parquet/good/uuid.parquet", FIXED, bytes(range(16)), 1, width=16, more={10: {14: {}}})
    flat("parquet/good/half.parquet", FIXED, b"\x00\x3e", 1, width=2, more={10: {15: {}}})
    flat("parquet/good/stamp.parquet", INT64, plain([1500, -1], "q"), 2, more={10: {8: {1: True, 2: {1: {}}}}})
    flat("parquet/good/unsigned.parquet", INT32, plain([-1], "i"), 1, more={10: {10: {1: 32, 2: False}}})
    # people: list of {name}, of two records, the second of them empty; and a column of nulls.
    schema = [group("schema", 2), group("people", 1, OPTIONAL, LIST), group("list", 1, REPEATED), column("name", BYTES, OPTIONAL, UTF8), column("n", INT32, OPTIONAL)]
    names = page(runs([0, 1, 0], 1) + runs([3, 2, 1], 2) + plain(["Ann"]), 3)
    numbers = page_2(plain([7], "i"), 2, 2, codec=NONE, defs=runs([0, 1], 1, False), nulls=1)
    chunks = [Chunk("people.list.name", BYTES, [names], 3), Chunk("n", INT32, [numbers], 2, statistics={3: Long(1), 5: struct.pack("<i", 7), 6: struct.pack("<i", 7)})]
    parquet("parquet/good/nested.parquet", schema, [(2, chunks)])
    old = page(b"\x40" + plain([9], "i"), 2, levels=BIT_PACKED)
    parquet("parquet/good/bits.parquet", [group("s", 1), column("n", INT32, OPTIONAL)], [(2, [Chunk("n", INT32, [old], 2)])])
    two = [(1, [Chunk("a", INT32, [page(plain([i], "i"), 1)], 1)]) for i in (1, 2)]
    parquet("parquet/good/groups.parquet", [group("s", 1), column("a", INT32)], two)
    flat("parquet/good/blob.parquet", BYTES, plain([b"\x80\x04\x95\x15\0\0\0\0\0\0\0\x8c\x02os\x94\x8c\x06system\x94\x93\x94\x8c\x02id\x94\x85\x94R\x94.", b"\xff\0\1"]), 2)
    unused = dictionary(plain(["used", "spare"]), 2)
    parquet("parquet/good/unused.parquet", [group("s", 1), column("a", BYTES, REQUIRED, UTF8)], [(1, [Chunk("a", BYTES, [unused, page(b"\x01" + varint(1 << 1) + b"\0", 1, RLE_DICTIONARY)], 1, True)])])
    flat("parquet/good/empty.parquet", INT32, b"", 0)
    elsewhere = Chunk("a", INT32, [b""], 1, chunk={1: "part.0.parquet"})
    parquet("parquet/good/elsewhere.parquet", [group("s", 1), column("a", INT32)], [(1, [elsewhere])])


def one(path, pages, count=1, schema=None, kind=INT32, rows=1, codec=NONE, first=False, statistics=None, more=None, **rest):
    chunk = Chunk("a", kind, pages, count, first, codec, statistics, more)
    parquet("parquet/bad/%s.parquet" % path, schema or [group("s", 1), column("a", kind)], [(rows, [chunk])], **rest)


def zstd_long(start, n):
    """Some bytes and then n times 128 KiB of x: blocks of one repeated byte."""
    size = len(start) + n * 2**17
    block = lambda length, kind, last=0: (length << 3 | kind << 1 | last).to_bytes(3, "little")
    blocks = block(len(start), 0) + start + b"".join(block(2**17, 1, i == n - 1) + b"x" for i in range(n))
    return size, b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", size) + blocks


def parquet_bad():
    good = page(plain([1], "i"), 1)
    words = [group("s", 1), column("a", BYTES, REQUIRED, UTF8)]
    size, block = zstd_long(struct.pack("<I", 24 * 2**17), 24)
    said = value({1: 2, 2: size, 3: len(block), 7: {1: 1, 2: PLAIN}}) + block  # one text of 3 MB
    one("tail", [good], mark=b"PAR2")
    one("length", [good], tail=struct.pack("<I", 10**6))
    one("encrypted", [good], mark=b"PARE")
    write("parquet/bad/cut.parquet", b"PAR1")
    one("crc", [page(plain([1], "i"), 1, more={4: 5})])
    one("size", [page(plain([1], "i"), 1, size=5)])
    one("packed", [value({1: 0, 2: 4, 3: 10**6, 5: {1: 1, 2: PLAIN, 3: RLE, 4: RLE}}) + plain([1], "i")])
    one("header", [b"\xff" * 20])
    one("huge", [page(plain([1], "i"), 1, codec=GZIP, size=2**31 - 1)], codec=GZIP)
    one("snappy", [page(b"\x55" * 8, 1, size=2**20, codec=NONE)], codec=SNAPPY)
    one("lzo", [good], codec=LZO)
    one("encoding", [page(plain([1], "i"), 1, 10)])
    one("values", [good], count=2, rows=2)
    one("rows", [good], rows=3)
    one("more", [page(plain([1, 2], "i"), 2)])
    one("total", [good], footer={3: Long(9)})
    one("place", [good], more={9: Long(10**9)})
    one("statistics", [page(plain([5, 7], "i"), 2)], count=2, rows=2, statistics={5: struct.pack("<i", 6), 6: struct.pack("<i", 0), 3: Long(1)})
    one("words", [page(plain(["b", "z"]), 2)], 2, [group("s", 1), column("a", BYTES, REQUIRED, UTF8)], BYTES, 2, statistics={5: b"y", 6: b"c"})
    one("name", [good], schema=[group("s", 1), column("b", INT32)])
    one("type", [good], schema=[group("s", 1), column("a", FLOAT)])
    one("children", [good], schema=[group("s", 2), column("a", INT32)])
    one("width", [good], schema=[group("s", 1), column("a", FIXED, width=-1)], kind=FIXED)
    one("deep", [good], schema=[group("s", 1)] + [group("g", 1)] * 70 + [column("a", INT32)])
    one("columns", [good], schema=[group("s", 2), column("a", INT32), column("b", INT32)])
    one("twice", [good, good], count=1)
    one("behind", [good], behind=b"nobody looks here")
    one("index", [page(b"\x01" + varint(1 << 1) + b"\7", 1, RLE_DICTIONARY)], first=False)
    one("entry", [dictionary(plain([1], "i"), 1), page(b"\x03" + varint(1 << 1) + b"\7", 1, RLE_DICTIONARY)], first=True)
    one("entries", [dictionary(plain([1], "i"), 3), page(b"\x03" + varint(1 << 1) + b"\0", 1, RLE_DICTIONARY)], first=True)
    one("level", [page(runs([3], 2) + plain([1], "i"), 1)], schema=[group("s", 1), column("a", INT32, OPTIONAL)])
    one("levels", [page(struct.pack("<I", 99), 1)], schema=[group("s", 1), column("a", INT32, OPTIONAL)])
    one("short", [page(b"\1\2", 1)])
    one("string", [page(plain(["x"])[:-1] , 1)], schema=[group("s", 1), column("a", BYTES)], kind=BYTES)
    one("prefix", [page(delta([5]) + delta([1]) + b"x", 1, DELTA_BYTES)], schema=[group("s", 1), column("a", BYTES)], kind=BYTES)
    one("blocks", [page(varint(100) + varint(3) + varint(1) + zigzag(1), 1, DELTA)])
    one("bomb", [said, page(b"\x01" + varint(2**30 << 1) + b"\0", 2**30, RLE_DICTIONARY, ZSTD)], 2**30, words, BYTES, 2**30, ZSTD, True)
    both = [Chunk("a", INT32, [good], 1), Chunk("b", INT32, [b""], 1, more={9: Long(4), 7: Long(len(good))})]
    parquet("parquet/bad/overlap.parquet", [group("s", 2), column("a", INT32), column("b", INT32)], [(1, both)])
    locked = Chunk("a", INT32, [good], 1, chunk={8: {1: {}}})
    parquet("parquet/bad/locked.parquet", [group("s", 1), column("a", INT32)], [(1, [locked])], footer={8: {1: {}}})


# --- Arrow: FlatBuffers, every table behind the one that refers to it


class Table(list):
    """Of (id, kind, value): kind is a width in bytes, or None for what is referred to."""


def flatbuffer(root):
    out = bytearray(4)

    def pad(n, more=0):
        while (len(out) + more) % n:
            out.append(0)

    def put(v):
        if isinstance(v, Table):
            return put_table(v)
        if isinstance(v, str):
            pad(4)
            at = len(out)
            out.extend(struct.pack("<I", len(v)) + v.encode() + b"\0")
            return at
        if isinstance(v, bytes):  # a vector of structs of eight bytes and more, with its count before it
            pad(8, 4)
            at = len(out)
            out.extend(v)
            return at
        pad(4)
        at = len(out)
        out.extend(struct.pack("<I", len(v)) + b"\0\0\0\0" * len(v))
        for i, item in enumerate(v):
            place = at + 4 + 4 * i
            out[place : place + 4] = struct.pack("<I", put(item) - place)
        return at

    def put_table(fields):
        count = max([i for i, _, _ in fields], default=-1) + 1
        offsets, size = [0] * count, 4
        for i, width, _ in sorted(fields, key=lambda f: -(f[1] or 4)):
            width = width or 4
            size += -(size) % width
            offsets[i] = size
            size += width
        pad(8)
        vtable = len(out)
        out.extend(struct.pack("<HH", 4 + 2 * count, size) + b"".join(struct.pack("<H", o) for o in offsets))
        pad(8)
        at = len(out)
        out.extend(struct.pack("<i", at - vtable) + bytes(size - 4))
        for i, width, v in fields:
            place = at + offsets[i]
            if width is None:
                out[place : place + 4] = struct.pack("<I", put(v) - place)
            else:
                out[place : place + width] = (v & (1 << 8 * width) - 1).to_bytes(width, "little")
        return at

    out[0:4] = struct.pack("<I", put_table(root))
    pad(8)
    return bytes(out)


def structs(*numbers, each=2):
    return struct.pack("<I", len(numbers) // each) + b"".join(struct.pack("<q", n) for n in numbers)


def pairs_of(pairs):
    return [Table([(0, None, k), (1, None, v)]) for k, v in pairs.items()]


def field(name, kind, type_, children=(), dictionary=None, pairs=None):
    t = Table([(0, None, name), (1, 1, 1), (2, 1, kind), (3, None, Table(type_)), (5, None, list(children))])
    if dictionary is not None:
        t.append((4, None, Table([(0, 8, dictionary)])))
    if pairs:
        t.append((6, None, pairs_of(pairs)))
    return t


def message(kind, header, body=b""):
    meta = flatbuffer(Table([(0, 2, 4), (1, 1, kind), (2, None, header), (3, 8, len(body))]))
    return b"\xff\xff\xff\xff" + struct.pack("<I", len(meta)) + meta + body


def schema(fields, pairs=None, big=0):
    return message(1, Table([(0, 2, big), (1, None, fields)] + ([(2, None, pairs_of(pairs))] if pairs else [])))


def batch(length, nodes, buffers, codec=None):
    """buffers: bytes each; nodes: (length, nulls) each."""
    body, places = b"", []
    for b in buffers:
        places += [len(body), len(b)]
        body += b + bytes(-len(b) % 8)
    t = Table([(0, 8, length), (1, None, structs(*[n for node in nodes for n in node])), (2, None, structs(*places))])
    if codec is not None:
        t.append((3, None, Table([(0, 1, codec)])))
    return t, body


def records(*args, **more):
    return message(3, *batch(*args, **more))


def arrow_file(path, start, messages, footer=None):
    out, places, at = b"ARROW1\0\0" + start, [], 8 + len(start)
    for m in messages:
        meta = struct.unpack("<I", m[4:8])[0] + 8
        places += [at, meta, len(m) - meta]
        out += m
        at += len(m)
    index = flatbuffer(Table([(0, 2, 4), (3, None, structs(*(places if footer is None else footer), each=3))]))
    out += b"\xff\xff\xff\xff\0\0\0\0" + index + struct.pack("<I", len(index)) + b"ARROW1"
    write(path, out)


INT, FLOATS, TEXT, STRUCT_, LISTS, UNION, DATES = 2, 3, 5, 13, 12, 14, 8
I32 = [(0, 4, 32), (1, 1, 1)]
EOS = b"\xff\xff\xff\xff\0\0\0\0"


def ints(*values):
    return struct.pack("<%di" % len(values), *values)


def arrow_good():
    number, word = field("n", INT, I32), field("w", TEXT, [])
    data = [b"\x05", ints(7, 0, -9), b"", ints(0, 3, 3, 6), b"onetwo"]
    start, one = schema([number, word], {"pandas": "{}"}), records(3, [(3, 1), (3, 0)], data)
    write("arrow/good/stream.arrow", start + one + EOS)
    arrow_file("arrow/good/file.arrow", start, [one])
    long = struct.pack("<q", 12)
    packed = records(3, [(3, 0)], [b"", long + zstd(ints(1, 2, 3))], codec=1)
    write("arrow/good/zstd.arrow", schema([number]) + packed + records(1, [(1, 0)], [b"", struct.pack("<q", -1) + ints(4)], codec=1) + EOS)
    listed = field("l", LISTS, [], [field("item", TEXT, [])])
    pair = field("s", STRUCT_, [], [field("a", INT, I32), field("b", FLOATS, [(0, 2, 2)])])
    nested = records(2, [(2, 1), (2, 0), (2, 1), (2, 0), (2, 0)], [b"\x01", ints(0, 2, 2), b"", ints(0, 1, 3), b"xyz", b"\x02", b"", ints(5, 6), b"", struct.pack("<dd", 0.5, 2)])
    write("arrow/good/nested.arrow", schema([listed, pair]) + nested + EOS)
    coded = field("c", TEXT, [], dictionary=1)
    values, body = batch(2, [(2, 0)], [b"", ints(0, 3, 8), b"redgreen"])
    more, more_body = batch(1, [(1, 0)], [b"", ints(0, 4), b"blue"])
    stream = schema([coded]) + message(2, Table([(0, 8, 1), (1, None, values)]), body)
    stream += records(3, [(3, 0)], [b"", ints(1, 0, 1)]) + message(2, Table([(0, 8, 1), (1, None, more), (2, 1, 1)]), more_body)
    write("arrow/good/dictionary.arrow", stream + records(1, [(1, 0)], [b"", ints(2)]) + EOS)
    write("arrow/good/schema.arrow", schema([number]))


def arrow_bad():
    number = field("n", INT, I32)
    start, one = schema([number]), records(1, [(1, 0)], [b"", ints(7)])
    write("arrow/bad/feather1.feather", b"FEA1" + bytes(20) + b"FEA1")
    write("arrow/bad/cut.arrow", (start + one)[:-4])
    write("arrow/bad/behind.arrow", start + one + EOS + b"nobody looks here")
    write("arrow/bad/big.arrow", schema([number], big=1) + one + EOS)
    write("arrow/bad/first.arrow", one + start)
    write("arrow/bad/union.arrow", schema([number, field("u", UNION, [])]) + records(1, [(1, 0), (1, 0)], [b"", ints(7), b"\0"]) + EOS)
    write("arrow/bad/nodes.arrow", start + records(1, [], []) + EOS)
    write("arrow/bad/buffers.arrow", start + records(1, [(1, 0)], [b""]) + EOS)
    write("arrow/bad/short.arrow", start + records(9, [(9, 0)], [b"", ints(7)]) + EOS)
    write("arrow/bad/index.arrow", schema([field("c", TEXT, [], dictionary=1)]) + records(1, [(1, 0)], [b"", ints(0)]) + EOS)
    write("arrow/bad/text.arrow", schema([field("w", TEXT, [])]) + records(1, [(1, 0)], [b"", ints(0, 99), b"x"]) + EOS)
    lists = schema([field("l", LISTS, [], [field("item", INT, I32)])])
    write("arrow/bad/lists.arrow", lists + records(2, [(2, 0), (2, 0)], [b"", ints(0, 2, 1), b"", ints(1, 2)]) + EOS)
    write("arrow/bad/packed.arrow", start + records(1, [(1, 0)], [b"", struct.pack("<q", 4) + b"nothing"], codec=0) + EOS)
    arrow_file("arrow/bad/hidden.arrow", start, [one, one], footer=[8 + len(start), len(one) - 8, 8])
    evil = field("e", INT, I32, pairs={"ARROW:extension:name": "arrow.py_extension_type", "ARROW:extension:metadata": "cos\nsystem\n(S'id'\ntR."})
    write("arrow/bad/extension.arrow", schema([evil]) + EOS)
    arrow_file("arrow/bad/tail.arrow", start, [one])
    path = os.path.join(HERE, "arrow/bad/tail.arrow")
    with open(path, "rb") as f:
        data = f.read()
    write("arrow/bad/tail.arrow", data[:-3])


# --- Avro and ORC


def avro(path, schema_, records_, codec="null", count=1, sync=b"0123456789abcdef", end=None, more=b""):
    out = b"Obj\x01" + zigzag(2)
    for k, v in (("avro.schema", schema_), ("avro.codec", codec)):
        out += zigzag(len(k)) + k.encode() + zigzag(len(v)) + v.encode()
    out += b"\0" + sync
    packer = {"null": bytes, "deflate": lambda r: zlib.compress(r, 9)[2:-4], "snappy": lambda r: snappy(r) + struct.pack(">I", zlib.crc32(r)), "zstandard": zstd}
    block = packer.get(codec, bytes)(records_)
    write(path, out + zigzag(count) + zigzag(len(block)) + block + (sync if end is None else end) + more)


def avro_text(s):
    return zigzag(len(s)) + s.encode()


def avro_samples():
    person = '{"type":"record","name":"p","fields":[{"name":"name","type":"string"},{"name":"age","type":["null","int"]},{"name":"day","type":{"type":"int","logicalType":"date"}},{"name":"tags","type":{"type":"array","items":"string"}},{"name":"kind","type":{"type":"enum","name":"k","symbols":["a","b"]}},{"name":"in","type":{"type":"record","name":"i","fields":[{"name":"x","type":"double"}]}}]}'
    one = avro_text("Ann") + zigzag(1) + zigzag(40) + zigzag(1) + zigzag(2) + avro_text("t1") + avro_text("t2") + b"\0" + zigzag(1) + struct.pack("<d", 0.5)
    two = avro_text("Bob") + zigzag(0) + zigzag(0) + b"\0" + zigzag(0) + struct.pack("<d", 3)
    for codec in ("null", "deflate", "snappy", "zstandard"):
        avro("avro/good/%s.avro" % codec, person, one + two, codec, 2)
    chain = '{"type":"record","name":"n","fields":[{"name":"v","type":"bytes"},{"name":"next","type":["null","n"]}]}'
    avro("avro/good/chain.avro", chain, avro_text("a") + zigzag(1) + avro_text("b") + zigzag(0))
    avro("avro/good/map.avro", '{"type":"map","values":"long"}', zigzag(-1) + zigzag(9) + avro_text("k") + zigzag(12345678) + b"\0")
    long_ = '"string"'
    avro("avro/bad/deep.avro", chain, (avro_text("a") + zigzag(1)) * 100 + avro_text("a") + zigzag(0))
    avro("avro/bad/branch.avro", '["null","int"]', zigzag(7))
    avro("avro/bad/symbol.avro", '{"type":"enum","name":"e","symbols":["a"]}', zigzag(5))
    avro("avro/bad/schema.avro", '{"type":"nobody"}', b"")
    avro("avro/bad/json.avro", "{", b"")
    avro("avro/bad/codec.avro", long_, avro_text("x"), "lzo")
    avro("avro/bad/sync.avro", long_, avro_text("x"), end=b"another mark ...")
    avro("avro/bad/short.avro", long_, zigzag(99) + b"x")
    avro("avro/bad/behind.avro", long_, avro_text("x") + b"more")
    avro("avro/bad/cut.avro", long_, avro_text("x"), more=zigzag(1) + zigzag(1000))
    write("avro/bad/header.avro", b"Obj\x01" + zigzag(3) + avro_text("k"))
    write("orc/good/made.orc", b"ORC\x0b\0\1\2\3" + b"stripes" + b"\x08\x03ORC\x17")
    write("orc/bad/cut.orc", b"ORC\x0b\0\1\2\3" + b"stripes")


if __name__ == "__main__":
    arrow_good()
    arrow_bad()
    avro_samples()
    parquet_good()
    parquet_bad()
