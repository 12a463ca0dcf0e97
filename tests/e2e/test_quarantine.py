"""palisade quarantine and restore: taint runs down to models and deployments, and goes exactly as it came."""
import json

import pytest


def tainted(room, ref="biopsies"):
    graph = json.loads(room.p("lineage", ref, "--format", "json").stdout)
    return {n["name"] for n in graph["nodes"] if n["taint"]}


DOWN = {"biopsies", "biopsies-train", "biopsies-a", "biopsies-b", "risk", "risk-ward-a", "risk-ward-b"}


def quarantine(room, ref, code=0):
    return room.p("quarantine", ref, "--as", "omar", "--reason", f"recall of {ref}", code=code)


def restore(room, ref, code=0):
    return room.p("restore", ref, "--as", "omar", "--reason", f"{ref} was cleared", code=code)


def verdicts(report):
    return {(r["stage"], r["control"], r["artifact"]): r["verdict"] for r in report["rows"]}


def test_taint_reaches_model_and_deployment_with_the_path(clinic):
    clinic.p("check")
    before = verdicts(clinic.report(code=0))
    quarantine(clinic, "biopsies")
    assert tainted(clinic) == DOWN and tainted(clinic, "forms") == set()
    row = clinic.row("DEP-01", "ward-api", "deploy", "ward-api", verb="gate", code=1)
    assert "biopsies -> biopsies-train -> risk" in row["reason"] and "recall of biopsies" in row["reason"]
    report = clinic.report(code=1)
    closed = {g["stage"] for g in report["gates"] if not g["open"]}
    assert {"collect", "train", "release", "deploy"} <= closed, closed
    assert not [r for r in report["rows"] if r["verdict"] == "fail" and r["artifact"].startswith(("forms", "digits"))]
    restore(clinic, "biopsies")
    assert tainted(clinic) == set()
    assert verdicts(clinic.report(code=0)) == before
    clinic.whole()


def test_two_that_overlap(clinic):
    quarantine(clinic, "biopsies")
    quarantine(clinic, "biopsies-train")
    restore(clinic, "biopsies")
    assert tainted(clinic) == {"biopsies-train", "risk", "risk-ward-a", "risk-ward-b"} & tainted(clinic)
    assert "risk" in tainted(clinic) and "biopsies" not in tainted(clinic) and "biopsies-a" not in tainted(clinic)
    row = clinic.row("DEP-01", "ward-api", "deploy", "ward-api", verb="gate", code=1)
    assert "biopsies-train -> risk" in row["reason"]
    restore(clinic, "biopsies-train")
    assert tainted(clinic) == set()
    clinic.p("gate", "deploy", "ward-api")


def test_the_other_order(clinic):
    quarantine(clinic, "biopsies-train")
    quarantine(clinic, "biopsies")
    restore(clinic, "biopsies-train")
    assert tainted(clinic) == DOWN
    restore(clinic, "biopsies")
    assert tainted(clinic) == set()


def test_twice_on_the_same_one(clinic):
    quarantine(clinic, "forms")
    quarantine(clinic, "forms", code=None)
    restore(clinic, "forms")
    assert tainted(clinic, "forms") == set()


def test_tainted_from_above_cannot_be_restored(clinic):
    quarantine(clinic, "biopsies")
    done = restore(clinic, "risk", code=None)
    assert done.returncode != 0 and "biopsies" in done.stderr
    assert tainted(clinic) == DOWN


def test_not_in_quarantine(clinic):
    assert restore(clinic, "biopsies", code=None).returncode != 0


def test_taint_is_of_the_bytes_not_of_the_name(clinic):
    """The old bytes under another name stay tainted; new bytes under the old name are not."""
    old = (clinic / "data/digits.csv").read_bytes()
    quarantine(clinic, "forms")
    (clinic / "data/digits.csv").write_bytes(old.replace(b"\n0,0,5,13", b"\n0,0,5,12", 1))
    reasons = [r["reason"] for r in clinic.report("--stage", "collect")["rows"] if r["artifact"] == "forms"]
    assert not [r for r in reasons if "quarantine since" in r]
    (clinic / "data/biopsies.csv").write_bytes(old)
    reasons = [r["reason"] for r in clinic.report("--stage", "collect")["rows"] if r["artifact"] == "biopsies"]
    assert [r for r in reasons if "quarantine since" in r]


@pytest.mark.parametrize("verb", ["quarantine", "restore"])
def test_needs_a_reason_and_a_known_artifact(small, verb):
    assert "--reason" in small.p(verb, "forms", code=2).stderr
    size = small.size()
    assert "nonsense" in small.p(verb, "nonsense", "--reason", "x", code=2).stderr
    small.p(verb, "sha256:zz", "--reason", "x", code=2)
    assert small.size() == size


def test_names_cannot_paint_the_terminal(small):
    small.p("quarantine", "forms", "--as", "eve\x1b[31m", "--reason", "a\x1b]0;b\x07\n c")
    out = small.p("check", code=1).stdout
    assert "\x1b" not in out and "\x07" not in out
