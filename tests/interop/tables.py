#!/usr/bin/env python3
"""tables.py CELLS [PART...] - tables that pyarrow, fastparquet, DuckDB and fastavro write are read cell by cell as they read them.

CELLS is the program tests/interop/cells.c. Every combination of type, encoding, compression, page version and nesting
that the writers have is tried. Closes with "N passed, N failed, N skipped".
"""
import datetime
import decimal
import os
import random
import subprocess
import sys
import tempfile
import uuid

import numpy
import pyarrow as pa
import pyarrow.parquet as pq

cells_program = sys.argv[1]
only = sys.argv[2:]
passed = failed = skipped = 0


def escape(raw):
    return "".join(chr(b) if 0x20 <= b < 0x7F and b != 0x5C else "\\x%02x" % b for b in raw)


class Narrow(float):
    """A number of 32 bits."""


def float_text(x, narrow):
    if x != x:
        return "nan"
    if x in (float("inf"), float("-inf")):
        return "inf" if x > 0 else "-inf"
    return Narrow(x) if narrow else x


def text_of(value, kind):
    """What the cell should say; floats as floats, to be compared as numbers."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return float_text(value, pa.types.is_float32(kind))
    if isinstance(value, bytes):
        return str(uuid.UUID(bytes=value)) if isinstance(kind, pa.UuidType) else escape(value)
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, str):
        return escape(value.encode())
    if isinstance(value, decimal.Decimal):
        return "{:f}".format(value)
    if isinstance(value, datetime.datetime):
        return value
    if isinstance(value, datetime.date):
        return value.isoformat()
    return str(value)


def leaves(path, kind, value):
    """All values of one record, as (dotted path, type, value)."""
    if value is None:
        return
    if isinstance(kind, pa.ExtensionType) and not isinstance(kind, pa.UuidType):
        kind = kind.storage_type
    if pa.types.is_struct(kind):
        for field in kind:
            yield from leaves(path + "." + field.name, field.type, value[field.name])
    elif pa.types.is_map(kind):
        for k, v in value:
            yield from leaves(path + ".key_value.key", kind.key_type, k)
            yield from leaves(path + ".key_value.value", kind.item_type, v)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        for item in value:
            if not pa.types.is_floating(kind.value_type):
                yield from leaves(path + ".list.element", kind.value_type, item)
    elif pa.types.is_dictionary(kind):
        yield from leaves(path, kind.value_type, value)
    else:
        yield path, kind, value


def expected_of(table):
    wanted = {}
    for name in table.column_names:
        column = table[name]
        for row, value in enumerate(column.to_pylist(), 1):
            for path, kind, leaf in leaves(name, column.type, value):
                wanted.setdefault((path, row), []).append(text_of(leaf, kind))
    return wanted


def got_of(path):
    run = subprocess.run([cells_program, path], capture_output=True, check=False)
    got, said = {}, []
    for line in run.stdout.decode("latin-1").split("\n")[:-1]:
        if line.startswith("!"):
            said.append(line[1:])
            continue
        column, row, text = line.split("\t", 2)
        got.setdefault((column, int(row)), []).append(text)
    if run.returncode != 0:
        said.append("exit %d" % run.returncode)
    return got, said


def same(want, have):
    if isinstance(want, Narrow):
        return numpy.float32(have) == numpy.float32(want)
    if isinstance(want, float):
        return float(have) == want
    if isinstance(want, datetime.datetime):
        have = have if "." in have else have + ".0"
        day, fraction = have.split(".")
        micro = int((fraction + "000000")[:6])
        return want.replace(tzinfo=None) == datetime.datetime.fromisoformat(day).replace(microsecond=micro)
    if isinstance(want, str) and ":" in want and "." in want:
        return want.rstrip("0").rstrip(".") == have.rstrip("0").rstrip(".")
    return want == have


def compare(what, wanted, path, allowed=("format", "member")):
    global passed, failed
    got, said = got_of(path)
    bad = [s for s in said if s.split("\t")[0] not in allowed]
    for key, texts in wanted.items():
        have = got.pop(key, [])
        if texts == [""] and have == []:
            continue
        if len(have) != len(texts) or not all(same(w, h) for w, h in zip(texts, have)):
            bad.append("%s row %d: %r, expected %r" % (key[0], key[1], have[:3], texts[:3]))
    bad += ["%s row %d was made up: %r" % (k[0], k[1], v[:3]) for k, v in got.items() if v != [""]]
    if bad:
        failed += 1
        print("FAILED   %s: %d differences, %s" % (what, len(bad), "; ".join(bad[:3])))
    else:
        passed += 1
    os.unlink(path)


def skip(what):
    global skipped
    skipped += 1
    print("skipped: " + what)


dice = random.Random(1)


def some(n, make, nulls=0.2):
    return [None if dice.random() < nulls else make() for _ in range(n)]


def flat_table(n):
    day = datetime.date(1970, 1, 1)
    moment = datetime.datetime(2001, 2, 3, 4, 5, 6, 789012)
    words = ["alpha", "beta", "gamma", "\u00e9t\u00e9", ""]
    return pa.table(
        {
            "boolean": pa.array(some(n, lambda: dice.random() < 0.5), pa.bool_()),
            "int8": pa.array(some(n, lambda: dice.randint(-128, 127)), pa.int8()),
            "uint16": pa.array(some(n, lambda: dice.randint(0, 65535)), pa.uint16()),
            "int32": pa.array(some(n, lambda: dice.randint(-(2**31), 2**31 - 1)), pa.int32()),
            "uint32": pa.array(some(n, lambda: dice.randint(0, 2**32 - 1)), pa.uint32()),
            "int64": pa.array(some(n, lambda: dice.randint(-(2**63), 2**63 - 1)), pa.int64()),
            "uint64": pa.array(some(n, lambda: dice.randint(0, 2**64 - 1)), pa.uint64()),
            "sorted": pa.array(range(10**12, 10**12 + n), pa.int64()),
            "float": pa.array(some(n, lambda: dice.gauss(0, 1)), pa.float32()),
            "double": pa.array(some(n, lambda: dice.gauss(0, 10 ** dice.randint(-20, 20))), pa.float64()),
            "price": pa.array(some(n, lambda: dice.randint(0, 99999) / 100), pa.float64()),
            "odd": pa.array(some(n, lambda: dice.choice([float("nan"), float("inf"), -0.0, 5e-324, 1e300])), pa.float64()),
            "text": pa.array(some(n, lambda: "".join(dice.choice("abc \t\\\u20ac") for _ in range(dice.randint(0, 40)))), pa.string()),
            "words": pa.array(some(n, lambda: dice.choice(words)), pa.string()),
            "required": pa.array([str(i) for i in range(n)], pa.large_string()),
            "binary": pa.array(some(n, lambda: dice.randbytes(dice.randint(0, 9))), pa.binary()),
            "fixed": pa.array(some(n, lambda: dice.randbytes(7)), pa.binary(7)),
            "date": pa.array(some(n, lambda: day + datetime.timedelta(dice.randint(-300000, 300000))), pa.date32()),
            "stamp": pa.array(some(n, lambda: moment + datetime.timedelta(microseconds=dice.randint(-(10**16), 10**16))), pa.timestamp("us")),
            "stamp_ms": pa.array(some(n, lambda: moment.replace(microsecond=7000)), pa.timestamp("ms", tz="UTC")),
            "dec5": pa.array(some(n, lambda: decimal.Decimal(dice.randint(-99999, 99999)).scaleb(-2)), pa.decimal128(5, 2)),
            "dec38": pa.array(some(n, lambda: decimal.Decimal(dice.randint(-(10**30), 10**30)).scaleb(-10)), pa.decimal128(38, 10)),
            "nothing": pa.nulls(n),
        }
    )


def nested_table(n):
    person = pa.struct([("name", pa.string()), ("phones", pa.list_(pa.string())), ("age", pa.int32())])
    make = lambda: {"name": dice.choice(["Ann", None, ""]), "phones": some(dice.randint(0, 3), lambda: str(dice.randint(0, 10**9))), "age": dice.choice([None, 3, 40])}
    return pa.table(
        {
            "people": pa.array(some(n, lambda: some(dice.randint(0, 4), make)), pa.list_(person)),
            "lists": pa.array(some(n, lambda: some(dice.randint(0, 3), lambda: some(dice.randint(0, 3), lambda: dice.randint(0, 99)))), pa.list_(pa.list_(pa.int64()))),
            "map": pa.array(some(n, lambda: [(str(i), dice.choice([None, "v"])) for i in range(dice.randint(0, 3))]), pa.map_(pa.string(), pa.string())),
            "deep": pa.array(some(n, lambda: {"a": dice.choice([None, {"b": dice.choice([None, {"c": 7}])}])}), pa.struct([("a", pa.struct([("b", pa.struct([("c", pa.int16())]))]))])),
            "vector": pa.array(some(n, lambda: [dice.random()] * 4), pa.list_(pa.float32())),
        }
    )


def parquet(room):
    flat, nested = flat_table(3000), nested_table(2500)
    wanted, wanted_nested = expected_of(flat), expected_of(nested)
    for codec in ["NONE", "SNAPPY", "GZIP", "BROTLI", "ZSTD", "LZ4"]:
        for version in ["1.0", "2.0"]:
            for dictionary in [True, False]:
                for page in [500, 1 << 20]:
                    for table, want, kind in [(flat, wanted, "flat"), (nested, wanted_nested, "nested")]:
                        path = os.path.join(room, "t.parquet")
                        pq.write_table(table, path, compression=codec, data_page_version=version, use_dictionary=dictionary, data_page_size=page,
                                       row_group_size=1000, write_page_checksum=True, write_page_index=page == 500)
                        compare("parquet %s %s pages v%s dictionary %s page %d" % (kind, codec, version, dictionary, page), want, path)
    encodings = {
        "DELTA_BINARY_PACKED": ["int32", "int64", "sorted", "uint16"],
        "DELTA_LENGTH_BYTE_ARRAY": ["text", "words", "binary"],
        "DELTA_BYTE_ARRAY": ["text", "words", "binary", "required", "fixed"],
        "BYTE_STREAM_SPLIT": ["float", "double", "price", "int32", "int64", "fixed"],
        "RLE": ["boolean"],
        "PLAIN": ["boolean", "int32", "text"],
    }
    for encoding, names in encodings.items():
        for version in ["1.0", "2.0"]:
            for page in [300, 1 << 20]:
                path = os.path.join(room, "t.parquet")
                table = flat.select(names)
                pq.write_table(table, path, use_dictionary=False, column_encoding={n: encoding for n in names}, data_page_version=version, data_page_size=page, compression="ZSTD")
                compare("parquet %s v%s page %d" % (encoding, version, page), {k: v for k, v in wanted.items() if k[0] in names}, path)
    path = os.path.join(room, "t.parquet")
    stamps = flat.select(["stamp"])
    pq.write_table(stamps, path, use_deprecated_int96_timestamps=True)
    compare("parquet INT96", expected_of(stamps), path)
    for n in [0, 1, 7, 8, 9, 1023, 1024, 1025]:
        pq.write_table(flat.slice(0, n), path)
        compare("parquet of %d rows" % n, expected_of(flat.slice(0, n)), path)
    pq.write_table(flat, path, store_schema=False)
    compare("parquet without Arrow's schema", wanted, path)


def arrow(room):
    import pyarrow.feather as feather

    flat, nested = flat_table(3000), nested_table(2500)
    words = flat.select(["words", "int64"])
    coded = pa.table({"words": words["words"].dictionary_encode(), "n": words["int64"]})
    path = os.path.join(room, "t.arrow")
    for table, kind in [(flat, "flat"), (nested, "nested"), (coded, "dictionary"), (flat.slice(5, 77), "slice"), (flat.slice(0, 0), "empty")]:
        wanted = expected_of(table)
        wanted = {(column.replace(".list.element", ".item").replace(".key_value.", ".entries."), row): texts for (column, row), texts in wanted.items()}
        for codec in [None, "lz4", "zstd"]:
            for opened in [pa.ipc.new_file, pa.ipc.new_stream]:
                with opened(path, table.schema, options=pa.ipc.IpcWriteOptions(compression=codec)) as out:
                    out.write_table(table, max_chunksize=1000)
                compare("arrow %s %s %s" % (kind, codec, opened.__name__), wanted, path)
        if kind != "empty":
            feather.write_feather(table, path)
            compare("feather 2 " + kind, wanted, path)


def avro(room):
    try:
        import fastavro
    except ImportError:
        return skip("fastavro cannot be had here")
    inner = {"type": "record", "name": "inner", "fields": [{"name": "a", "type": ["null", "long"]}, {"name": "b", "type": "double"}]}
    schema = {"type": "record", "name": "r", "namespace": "x.y", "fields": [
        {"name": "text", "type": "string"}, {"name": "maybe", "type": ["null", "string"]}, {"name": "n", "type": "long"}, {"name": "flag", "type": "boolean"},
        {"name": "in", "type": inner}, {"name": "again", "type": ["null", "x.y.inner"]}, {"name": "tags", "type": {"type": "array", "items": "string"}},
        {"name": "map", "type": {"type": "map", "values": "string"}}, {"name": "day", "type": {"type": "int", "logicalType": "date"}},
        {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}},
        {"name": "sign", "type": {"type": "enum", "name": "sign", "symbols": ["plus", "minus"]}}, {"name": "four", "type": {"type": "fixed", "name": "four", "size": 4}}]}
    make = lambda: {"a": dice.choice([None, dice.randint(-(2**63), 2**63 - 1)]), "b": dice.random()}
    rows, wanted = [], {}
    for row in range(1, 2001):
        r = {"text": "t%d\u00e9" % row, "maybe": dice.choice([None, "m"]), "n": dice.randint(-(10**12), 10**12), "flag": row % 2 == 0, "in": make(), "again": dice.choice([None, make()]),
             "tags": ["tag%d" % i for i in range(dice.randint(0, 3))], "map": {"k%d" % i: "v" for i in range(dice.randint(0, 2))},
             "day": datetime.date(2000, 1, 1) + datetime.timedelta(row), "price": decimal.Decimal(dice.randint(-99999, 99999)).scaleb(-2), "sign": dice.choice(["plus", "minus"]), "four": b"\x41\x42%02d" % (row % 100)}
        rows.append(r)
        for name, v in r.items():
            if isinstance(v, dict) and name != "map":
                for k, inside in v.items():
                    if inside is not None:
                        wanted[("%s.%s" % (name, k), row)] = [text_of(inside, pa.float64())]
            elif name == "map":
                for k in v:
                    wanted[("map.%s" % k, row)] = ["v"]
            elif name == "tags":
                if v:
                    wanted[("tags[]", row)] = v
            elif v is not None:
                wanted[(name, row)] = [text_of(v, pa.string())]
    path = os.path.join(room, "t.avro")
    for codec in ["null", "deflate", "snappy", "bzip2", "xz"]:
        with open(path, "wb") as f:
            try:
                fastavro.writer(f, schema, rows, codec=codec, sync_interval=5000)
            except (ValueError, ImportError) as e:
                skip("fastavro cannot write %s here: %s" % (codec, str(e)[:60]))
                continue
        compare("avro " + codec, wanted, path)


def fastparquet_(room):
    try:
        import fastparquet
        import pandas
    except ImportError:
        return skip("fastparquet cannot be had here")
    frame = pandas.DataFrame({"n": [1, 2, 3] * 400, "s": ["a", "b\u00e9", "ccc"] * 400, "f": [0.5, 1.25, -3.0] * 400, "b": [True, False, True] * 400})
    path = os.path.join(room, "t.parquet")
    for codec in ["UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD", "LZ4", "BROTLI"]:
        fastparquet.write(path, frame, compression=codec)
        compare("fastparquet " + codec, expected_of(pa.Table.from_pandas(frame, preserve_index=False)), path)


def duckdb_(room):
    try:
        import duckdb
    except ImportError:
        return skip("duckdb cannot be had here")
    path = os.path.join(room, "t.parquet")
    query = "select i, i % 7 as small, 'text ' || i as t, (i % 3)::varchar as d, i::double / 4 as x, [i, i + 1] as l, {'a': i, 'b': 'z' || i} as s, uuid() as u, (i::hugeint * 1000000007)::decimal(30, 3) as big, date '2020-01-01' + (i::integer) as day from range(5000) t(i)"
    for codec in ["uncompressed", "snappy", "gzip", "zstd", "lz4_raw", "brotli"]:
        for version in ["V1", "V2"]:
            duckdb.sql("copy (%s) to '%s' (format parquet, compression %s, parquet_version %s)" % (query, path, codec, version))
            compare("duckdb %s %s" % (codec, version), expected_of(pq.read_table(path)), path)


def main():
    with tempfile.TemporaryDirectory() as room:
        for part in (parquet, arrow, avro, fastparquet_, duckdb_):
            if not only or part.__name__.strip("_") in only:
                part(room)
    print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    return 1 if failed else 0


sys.exit(main())
