"""palisade check: cold, unchanged, changed; its formats, its options and its exit codes."""
import json
import os
import pathlib
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

import pytest

import conftest

UNIT = conftest.ROOT / "tests/unit"


def scans(room, since):
    """Names of the subjects of the scans that the ledger got since this size."""
    import base64
    out = []
    for entry in room.entries()[since:]:
        statement = json.loads(base64.b64decode(json.loads(entry)["payload"]))
        if "scan" in statement["predicateType"]:
            out += [s.get("name", "") for s in statement["subject"]]
    return out


def test_cold(clinic_done, tmp_path):
    room = conftest.copied(clinic_done, tmp_path / "cold")
    done = room.p("check", "--no-cache")
    assert "all 7 gates are open" in done.stdout and done.stderr == ""
    assert "FAIL" not in done.stdout


def test_unchanged_appends_nothing_and_is_quick(clinic):
    clinic.p("check")
    size, best = clinic.size(), 9.0
    before = (clinic / ".palisade/ledger/checkpoint").read_bytes()
    for _ in range(3):
        start = time.monotonic()
        clinic.p("check")
        best = min(best, time.monotonic() - start)
    assert clinic.size() == size and (clinic / ".palisade/ledger/checkpoint").read_bytes() == before
    if not conftest.SANITIZED and os.getloadavg()[0] < os.cpu_count():
        # The target, 0.3 s, is held by make bench; a shared machine's slow phase must not fail the suite.
        assert best < 0.9, best


def test_one_file_changed_is_the_one_examined(clinic):
    clinic.p("check")
    size = clinic.size()
    with open(clinic / "data/digits.csv", "a") as f:
        f.write(",".join(["1"] * 65) + "\n")
    done = clinic.p("check", "--stage", "collect", code=1)
    assert set(scans(clinic, size)) == {"forms"}
    assert "COL-05" in done.stdout and "biopsies" not in [l.split()[2] for l in done.stdout.splitlines() if "FAIL" in l]


def test_a_byte_flipped_after_approval_closes_col_05(clinic):
    path = clinic / "data/biopsies.csv"
    raw = bytearray(path.read_bytes())
    at = raw.index(b"\n17.99") + 1
    raw[at + 1] ^= 1
    times = path.stat()
    path.write_bytes(raw)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    row = clinic.row("COL-05", "biopsies", "--stage", "collect", code=1)
    assert row["verdict"] == "fail" and "approve" in row["reason"]
    raw[at + 1] ^= 1
    path.write_bytes(raw)
    assert clinic.row("COL-05", "biopsies", "--stage", "collect", code=0)["verdict"] == "pass"


def test_a_deleted_artifact_is_named(clinic):
    (clinic / "models/risk/config.json").unlink()
    done = clinic.p("check", code=1)
    assert "config.json" in done.stdout
    (clinic / "data/biopsies.csv").unlink()
    done = clinic.p("check", code=2)
    assert "palisade.yaml:15:11" in done.stderr and "data/biopsies.csv is not there" in done.stderr


def test_json_follows_the_schema(clinic):
    for name, args in (("open", []), ("bad", ["tampered.yaml", "--stage", "release"])):
        if name == "bad":
            subprocess.run([sys.executable, "attack.py"], cwd=clinic.path, check=True)
        clinic.p("check", *args, "--format", "json", "-o", f"{name}.json", code=None)
        done = subprocess.run([sys.executable, UNIT / "check_schema.py", conftest.ROOT / "docs/schema/report.schema.json",
                               clinic / f"{name}.json"], capture_output=True, text=True)
        if done.returncode == 3:
            pytest.skip("python3-jsonschema is not here")
        assert done.returncode == 0, done.stdout


def test_sarif(clinic):
    subprocess.run([sys.executable, "attack.py"], cwd=clinic.path, check=True)
    clinic.p("check", "tampered.yaml", "--stage", "release", "--format", "sarif", "-o", "r.sarif", code=1)
    done = subprocess.run([sys.executable, UNIT / "check_sarif.py", clinic / "r.sarif"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "PICKLE-EXEC" in (clinic / "r.sarif").read_text()


def test_junit(clinic):
    (clinic / "data/digits.csv").write_text("a,digit\n1,2\n")
    clinic.p("check", "--format", "junit", "-o", "r.xml", code=1)
    subprocess.run(["xmllint", "--noout", clinic / "r.xml"], check=True)
    tree = ElementTree.parse(clinic / "r.xml").getroot()
    assert sum(1 for _ in tree.iter("failure")) >= 1


def test_html(clinic):
    done = clinic.p("check", "--format", "html")
    subprocess.run(["xmllint", "--html", "--noout", "-"], input=done.stdout, text=True, capture_output=True, check=True)
    assert "<script" not in done.stdout and "<svg" in done.stdout and "http-equiv=\"refresh\"" not in done.stdout


def test_output_to_a_file_leaves_nothing_half_written(clinic):
    done = clinic.p("check", "--format", "json", "-o", "no/such/folder/r.json", code=2)
    assert "no/such/folder" in done.stderr
    clinic.p("check", "--format", "json", "-o", "r.json")
    assert json.loads((clinic / "r.json").read_text())["decision"] == "open"
    assert not [p for p in os.listdir(clinic.path) if "tmp" in p]


def test_output_to_a_full_device(small):
    with open("/dev/full", "w") as full:
        process = subprocess.run([conftest.PALISADE, "check"], cwd=small.path, env=small.env(), stdout=full,
                                 stderr=subprocess.PIPE, text=True, timeout=60)
    assert process.returncode == 2 and process.stderr


def test_stage(clinic):
    report = clinic.report("--stage", "release", code=0)
    assert [g["stage"] for g in report["gates"]] == ["release"]
    assert "stage" in clinic.p("check", "--stage", "relaese", code=2).stderr


def test_explain(clinic):
    said = clinic.p("check", "--explain", "COL-05").stdout
    assert "COL-05" in said and "approv" in said.lower()
    assert "COL-99" in clinic.p("check", "--explain", "COL-99", code=2).stderr


def test_no_cache_examines_again(clinic):
    clinic.p("check")
    size = clinic.size()
    report = clinic.report("--no-cache", code=0)
    assert report["work"]["sandbox"]
    assert {"biopsies", "forms"} <= set(scans(clinic, size))


def test_quiet_in_a_pipe(clinic):
    done = clinic.p("check", "--no-cache")
    assert done.stderr == "" and "\x1b" not in done.stdout and "\r" not in done.stdout


def test_unknown_option_and_verb(small):
    assert "--stage" in small.p("check", "--stagee", "x", code=2).stderr
    assert "check" in small.p("chekc", code=2).stderr
    assert small.p("check", "--format", "yaml", code=2).stderr


def test_from_a_folder_below(clinic):
    assert "all 7 gates are open" in clinic.p("check", cwd=clinic / "models/risk").stdout
    assert "all 7 gates are open" in clinic.p("check", "--project", clinic.path, cwd="/").stdout


def test_the_store_can_be_made_again(clinic):
    """store.db is an index; the ledger is the truth."""
    for f in (clinic / ".palisade").glob("store.db*"):
        f.unlink()
    assert "all 7 gates are open" in clinic.p("check").stdout
    clinic.whole()


def test_evidence_ids_are_in_the_ledger(clinic):
    import hashlib
    ids = {hashlib.sha256(e).hexdigest() for e in clinic.entries()}
    report = clinic.report()
    assert {r["evidence"] for r in report["rows"] if r["evidence"]} <= ids
    assert {g["decision"] for g in report["gates"] if g["decision"]} <= ids | {
        hashlib.sha256(e).hexdigest() for e in clinic.entries()}
    assert {e["id"] for e in report["evidence"]} <= {hashlib.sha256(e).hexdigest() for e in clinic.entries()}


def test_not_checked_never_passes(clinic):
    rows = clinic.report()["rows"]
    assert {r["verdict"] for r in rows} <= {"pass", "fail", "warn", "waived", "not checked"}
    assert all(r["verdict"] == "not checked" for r in rows if r["control"] in ("MON-01", "DEP-13", "TRN-02"))


def test_strict_profile_closes_on_what_was_not_checked(clinic):
    clinic.edit("palisade.yaml", "profile: baseline", "profile: strict")
    assert clinic.p("check", code=1).stdout


def test_report_page(clinic):
    size = clinic.size()
    clinic.p("report", "-o", "page.html", env={"PALISADE_PASSPHRASE_FILE": None})
    page = (clinic / "page.html").read_text()
    assert clinic.size() == size
    assert "<script" not in page and "<svg" in page and "biopsies" in page
    assert not [p for p in pathlib.Path(clinic.path).glob("page.html?*")]
