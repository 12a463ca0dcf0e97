"""A table gives the same findings whichever format it is kept in."""

import csv
import json
import os
import random
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "corpus"))
import make_tables as tables  # noqa: E402

PALISADE = os.environ.get("PALISADE", os.path.join(HERE, "..", "..", "build", "release", "palisade"))


def luhn(digits):
    total = sum(int(d) * (2 if i % 2 == 0 else 1) - (9 if i % 2 == 0 and int(d) > 4 else 0) for i, d in enumerate(reversed(digits)))
    return digits + str(-total % 10)


def people(n):
    dice = random.Random(7)
    for i in range(n):
        yield {
            "id": str(i + 1),
            "email": "person%d@example-%d.org" % (i, i % 7) if i % 3 else "",
            "card": luhn("4" + "".join(dice.choice("0123456789") for _ in range(14))),
            "ssn": "%03d-%02d-%04d" % (dice.randint(1, 665), dice.randint(1, 99), dice.randint(1, 9999)),
            "amount": "%d.%02d" % (dice.randint(0, 999), dice.randint(0, 99)),
            "note": dice.choice(["", "paid", "call +44 20 7946 %04d after five" % dice.randint(0, 9999), "refund to DE89370400440532013000 please"]),
        }


def findings(path):
    run = subprocess.run([PALISADE, "scan", "--format", "json", str(path)], capture_output=True, check=False)
    report = json.loads(run.stdout)
    (artifact,) = report["artifacts"]
    return artifact, sorted((f["rule"], f["location"]["field"], f["count"], f["location"]["row"], f["confidence"], f["severity"], f.get("message")) for f in artifact["findings"])


def write_parquet(path, rows, dictionary):
    """Two row groups; strings as they are or by dictionary, empty ones as nulls."""
    names = list(rows[0])
    schema = [tables.group("s", len(names))] + [tables.column(n, tables.BYTES, tables.OPTIONAL, tables.UTF8) for n in names]
    groups = []
    for part in (rows[: len(rows) // 2], rows[len(rows) // 2 :]):
        chunks = []
        for name in names:
            there = [r[name] for r in part if r[name]]
            levels = tables.runs([1 if r[name] else 0 for r in part], 1)
            if dictionary:
                words = sorted(set(there))
                index = {w: i for i, w in enumerate(words)}
                body = levels + b"\x10" + b"".join(tables.varint(2) + index[w].to_bytes(2, "little") for w in there)
                pages = [tables.dictionary(tables.plain(words), len(words), tables.SNAPPY), tables.page(body, len(part), tables.RLE_DICTIONARY, tables.SNAPPY)]
            else:
                pages = [tables.page(levels + tables.plain(there), len(part), codec=tables.SNAPPY)]
            chunks.append(tables.Chunk(name, tables.BYTES, pages, len(part), dictionary, tables.SNAPPY))
        groups.append((len(part), chunks))
    tables.parquet(str(path), schema, groups)


def write_arrow(path, rows):
    """A stream of two batches; empty strings as nulls."""
    names = list(rows[0])
    out = tables.schema([tables.field(n, tables.TEXT, []) for n in names])
    for part in (rows[: len(rows) // 2], rows[len(rows) // 2 :]):
        buffers = []
        for name in names:
            texts = [r[name].encode() for r in part]
            bits = sum(1 << i for i, t in enumerate(texts) if t)
            offsets = [sum(map(len, texts[:i])) for i in range(len(texts) + 1)]
            buffers += [bits.to_bytes((len(texts) + 7) // 8, "little"), tables.ints(*offsets), b"".join(texts)]
        nodes = [(len(part), sum(not r[n] for r in part)) for n in names]
        out += tables.records(len(part), nodes, buffers)
    tables.write(str(path), out + tables.EOS)


def said_of_csv(tmp_path, rows):
    with open(tmp_path / "t.csv", "w", newline="") as f:
        out = csv.DictWriter(f, list(rows[0]))
        out.writeheader()
        out.writerows(rows)
    artifact, wanted = findings(tmp_path / "t.csv")
    assert artifact["format"] == "csv" and len(wanted) >= 4
    return wanted


def test_arrow_says_what_csv_says(tmp_path):
    rows = list(people(300))
    wanted = said_of_csv(tmp_path, rows)
    write_arrow(tmp_path / "t.arrow", rows)
    artifact, got = findings(tmp_path / "t.arrow")
    assert artifact["format"] == "arrow"
    assert got == wanted


def test_parquet_says_what_csv_says(tmp_path):
    rows = list(people(300))
    wanted = said_of_csv(tmp_path, rows)
    for dictionary in (False, True):
        write_parquet(tmp_path / "t.parquet", rows, dictionary)
        artifact, got = findings(tmp_path / "t.parquet")
        assert artifact["format"] == "parquet"
        assert got == wanted
