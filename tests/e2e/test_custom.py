"""Controls of one's own: one SELECT over the views, which can neither write nor run for long."""
import json
import time

import pytest

WRITES = [
    "DELETE FROM v_artifacts",
    "INSERT INTO evidence VALUES (1)",
    "UPDATE v_labels SET sensitivity = 'public'",
    "DROP VIEW v_artifacts",
    "PRAGMA writable_schema = 1",
    "ATTACH 'other.db' AS other",
    "CREATE TABLE x (y)",
    "SELECT 1; DROP VIEW v_artifacts",
    "SELECT load_extension('x.so')",
    "SELECT writefile('stolen', 'x')",
    "SELECT readfile('passphrase')",
    "SELECT name FROM sqlite_schema",
    "VACUUM INTO 'copy.db'",
    "BEGIN EXCLUSIVE",
]

LOOPS = [
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
    "SELECT length(zeroblob(2000000000)) || hex(zeroblob(1000000000))",
    "SELECT length(replace(hex(zeroblob(90000000)), '0', 'aaaaaaaaaaaaaaaaaaaaaaaa'))",
]


def control(room, sql, mode="enforce"):
    room.append("palisade.yaml", "policy:\n  custom:\n    - {id: ORG-01, stage: collect, title: Ours, "
                                 f"sql: {json.dumps(sql)}, mode: {mode}}}\n")


def row(room, code):
    [r] = room.rows("ORG-01", "--stage", "collect", code=code)
    return r


def test_no_row_passes(small):
    control(small, "SELECT name FROM v_artifacts WHERE name = 'nobody'")
    assert row(small, 0)["verdict"] == "pass"


def test_rows_fail_and_are_named(small):
    control(small, "SELECT DISTINCT name FROM v_artifacts WHERE kind = 'dataset'")
    r = row(small, 1)
    assert r["verdict"] == "fail" and "biopsies" in r["reason"]


def test_warn(small):
    control(small, "SELECT DISTINCT name FROM v_artifacts", mode="warn")
    assert row(small, 0)["verdict"] == "warn"


@pytest.mark.parametrize("view", ["v_artifacts", "v_evidence", "v_lineage", "v_upstream", "v_quarantines", "v_labels",
                                  "v_findings"])
def test_every_documented_view(small, view):
    control(small, f"SELECT * FROM {view} WHERE 0")
    assert row(small, 0)["verdict"] == "pass"


def test_the_views_hold_what_happened(small):
    small.p("quarantine", "forms", "--as", "dana", "--reason", "recalled")
    control(small, "SELECT q.reason, q.by FROM v_quarantines q JOIN v_artifacts a ON a.digest = q.digest "
                   "WHERE q.holds = 1 AND a.name = 'forms'")
    r = row(small, 1)
    assert r["verdict"] == "fail" and "recalled" in r["reason"]


def test_what_writes_is_refused(small):
    for i, sql in enumerate(WRITES):
        text = (small / "palisade.yaml").read_text()
        control(small, sql)
        report = small.p("check", "--stage", "collect", "--format", "json", code=None)
        if report.returncode != 2:
            [r] = [r for r in json.loads(report.stdout)["rows"] if r["control"] == "ORG-01"]
            assert r["verdict"] == "fail", sql
        (small / "palisade.yaml").write_text(text)
    assert not (small / "stolen").exists() and not (small / "copy.db").exists() and not (small / "other.db").exists()
    small.p("check", "--stage", "collect")


@pytest.mark.parametrize("sql", LOOPS)
def test_what_does_not_end_is_stopped(small, sql):
    control(small, sql)
    start = time.monotonic()
    r = row(small, 1)
    assert r["verdict"] == "fail"
    assert time.monotonic() - start < 20
    assert "ORG-01" in small.p("check", "--stage", "collect", code=1).stdout


def test_not_sql(small):
    control(small, "SELEKT 1")
    done = small.p("check", "--stage", "collect", code=None)
    assert done.returncode in (1, 2) and "SELEKT" in done.stdout + done.stderr
