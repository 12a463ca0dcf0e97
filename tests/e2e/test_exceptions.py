"""Exceptions count when they are declared, in date and signed by somebody who may; else they are named."""
import conftest


def give(room, expires="2099-01-01", reason="one site only until March"):
    """The forms lose their approval, and an exception covers it."""
    room.edit("data/digits.csv", "\n0,0,5,13,9,1,0,0,0,0,13,15,10,15,5,0,0,3,15,2", "\n0,0,5,13,9,1,0,0,0,0,13,15,10,15,5,0,0,3,15,3")
    with open(room / "palisade.yaml", "a") as f:
        f.write("policy:\n  exceptions:\n"
                f"    - {{control: COL-05, artifact: forms, reason: \"{reason}\", expires: {expires}}}\n")


def sign(room, who="dana", code=0):
    return room.p("approve", "exception:COL-05:forms", "--as", who, "--reason", "agreed with the ward", code=code)


def row(room, code):
    return room.row("COL-05", "forms", "--stage", "collect", code=code)


def test_unsigned_does_not_count_and_is_named(small):
    give(small)
    r = row(small, 1)
    assert r["verdict"] == "fail" and "exception" in r["reason"]


def test_signed_waives(small):
    give(small)
    sign(small)
    r = row(small, 0)
    assert r["verdict"] == "waived" and "one site only until March" in r["reason"]
    assert "waived" in small.p("check").stdout


def test_expired_does_not_count_and_is_named(small):
    give(small, expires="2020-01-01")
    sign(small, code=None)
    r = row(small, 1)
    assert r["verdict"] == "fail" and "expired" in r["reason"]


def test_somebody_without_the_role(small):
    give(small)
    sign(small, who="omar", code=None)
    assert row(small, 1)["verdict"] == "fail"


def test_a_changed_reason_needs_a_new_signature(small):
    give(small)
    sign(small)
    small.edit("palisade.yaml", "until March", "until further notice")
    assert row(small, 1)["verdict"] == "fail"
    small.edit("palisade.yaml", "until further notice", "until March")
    assert row(small, 0)["verdict"] == "waived"
    small.edit("palisade.yaml", "expires: 2099-01-01", "expires: 2099-01-02")
    assert row(small, 1)["verdict"] == "fail"


def test_it_covers_one_artifact_only(small):
    give(small)
    sign(small)
    small.append("data/biopsies.csv", "1,2\n")
    assert small.row("COL-05", "biopsies", "--stage", "collect", code=1)["verdict"] == "fail"


def test_it_does_not_waive_taint(small):
    give(small)
    sign(small)
    row(small, 0)
    small.p("quarantine", "forms", "--as", "dana", "--reason", "recalled")
    assert small.p("check", "--stage", "collect", code=1)


def test_the_report_lists_it(small):
    give(small)
    sign(small)
    [e] = small.report()["exceptions"]
    assert e["control"] == "COL-05" and e["artifact"] == "forms"


def test_an_exception_that_is_not_declared(small):
    done = small.p("approve", "exception:COL-05:forms", "--as", "dana", "--reason", "x", code=2)
    assert "COL-05" in done.stderr


def test_approvals_of_the_submitter_do_not_count(small):
    small.p("key", "new", "sam")
    small.edit("palisade.yaml", "people:\n", "people:\n  - {name: sam, roles: [data-steward], key: .palisade/keys/sam.pub}\n")
    small.append("data/digits.csv", ",".join(["1"] * 65) + "\n")
    small.p("approve", "forms", "--as", "sam", "--reason", "mine", code=None)
    assert row(small, 1)["verdict"] == "fail"
    conftest.approve(small, "forms")
    assert row(small, 0)["verdict"] == "pass"


def test_two_people_for_sensitive_data(small):
    text = (small / "palisade.yaml").read_text()
    (small / "palisade.yaml").write_text(text.replace("label: internal", "label: confidential"))
    r = row(small, 1)
    assert r["verdict"] == "fail" and "1 of 2" in r["reason"]
    small.p("approve", "forms", "--as", "dana", "--reason", "again", code=None)
    assert row(small, 1)["verdict"] == "fail"
    small.p("approve", "forms", "--as", "omar", "--reason", "second pair of eyes")
    assert row(small, 1)["verdict"] == "pass"  # biopsies still wait for the second


def test_a_key_that_is_not_declared(small):
    small.p("key", "new", "eve")
    small.append("data/digits.csv", ",".join(["1"] * 65) + "\n")
    small.p("approve", "forms", "--as", "eve", "--reason", "let me in", code=None)
    assert row(small, 1)["verdict"] == "fail"
