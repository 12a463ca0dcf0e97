"""A palisade.yaml that is wrong: file, line, column, what was expected, the nearest known key; always exit 2."""
import pytest

GOOD = """\
pipeline: p
datasets:
  - name: forms
    path: data/digits.csv
    label: internal
"""

# text, what the message must hold
BAD = {
    "unknown key": (GOOD.replace("label:", "lable:"), [":5:5", "lable", "label"]),
    "unknown key at the top": (GOOD.replace("datasets:", "dataset:"), [":2:1", "dataset", "datasets"]),
    "wrong type, text for a list": (GOOD.replace("datasets:\n", "datasets: none\nx:\n"), [":2:", "list"]),
    "wrong type, list for a text": (GOOD.replace("path: data/digits.csv", "path: [a, b]"), [":4:", "path"]),
    "not one of": (GOOD.replace("internal", "intrenal"), [":5:12", "internal"]),
    "missing key": (GOOD.replace("    path: data/digits.csv\n", ""), [":3:", "path"]),
    "missing file": (GOOD.replace("digits.csv", "digist.csv"), [":4:11", "data/digist.csv"]),
    "duplicate name": (GOOD + "  - {name: forms, path: data/biopsies.csv}\n", [":6:", "forms", "3"]),
    "duplicate key": (GOOD + "    label: public\n", [":6:", "label"]),
    "unknown name": (GOOD + "transforms:\n  - {name: t, command: [x], inputs: [fromage], outputs: [{name: o, path: o}]}\n",
                     [":7:", "fromage"]),
    "cycle": (GOOD + "transforms:\n"
              "  - {name: t, command: [x], inputs: [b], outputs: [{name: a, path: a}]}\n"
              "  - {name: u, command: [x], inputs: [a], outputs: [{name: b, path: b}]}\n", [":8:", "t -> u"]),
    "a step that reads itself": (GOOD + "transforms:\n"
                                 "  - {name: t, command: [x], inputs: [a], outputs: [{name: a, path: a}]}\n", [":7:"]),
    "tabs": (GOOD.replace("    path", "\tpath"), [":4:"]),
    "binary": ("\x00\x01\x02\x7f\x00ELF" * 20, ["palisade.yaml"]),
    "empty": ("", ["palisade.yaml", "pipeline"]),
    "a list": ("- a\n- b\n", [":1:1"]),
    "second document": (GOOD + "---\npipeline: q\n", [":6:"]),
    "anchor": (GOOD.replace("internal", "&x internal"), [":5:"]),
    "tag": (GOOD.replace("internal", "!!python/object internal"), [":5:"]),
    "unclosed": (GOOD + "policy: {profile: baseline\n", [":7:1"]),
    "control that is not there": (GOOD + "policy:\n  controls:\n    COL-50: warn\n", [":8:5", "COL-5"]),
    "mode that is not there": (GOOD + "policy:\n  controls:\n    COL-05: wran\n", [":8:13", "warn"]),
    "parameter that is not there": (GOOD + "policy:\n  controls:\n    COL-05: {aprovals: 2}\n", [":8:14", "approvals"]),
    "parameter out of range": (GOOD + "policy:\n  controls:\n    COL-05: {approvals: 0}\n", [":8:", "1"]),
    "date": (GOOD + "policy:\n  exceptions:\n    - {control: COL-05, artifact: forms, reason: r, expires: 2026-13-01}\n",
             [":8:", "2026-13-01"]),
    "path out of the folder": (GOOD.replace("data/digits.csv", "../digits.csv"), [":4:11", ".."]),
    "deep": ("pipeline: " + "[" * 5000, [":1:"]),
    "long key": ("pipeline: p\n" + "k" * 50000 + ": 1\n", [":2:1"]),
    "bad utf-8": (GOOD.replace("internal", "\udcff\udcfe"), [":5:"]),
}


@pytest.mark.parametrize("case", BAD)
def test_bad(small, case):
    text, expected = BAD[case]
    (small / "palisade.yaml").write_bytes(text.encode("utf-8", "surrogateescape"))
    size = small.size()
    done = small.p("check", code=2)
    assert "palisade.yaml" in done.stderr and done.stdout == ""
    for part in expected:
        assert part in done.stderr, f"{case}: {part!r} is not in:\n{done.stderr}"
    assert len(done.stderr) < 5000 and "\x1b" not in done.stderr
    assert small.size() == size


def test_all_faults_at_once(small):
    (small / "palisade.yaml").write_text(GOOD.replace("label:", "lable:").replace("datasets", "dataset"))
    small.p("check", code=2)
    (small / "palisade.yaml").write_text(GOOD.replace("label:", "lable:") + "    clases: [pii]\npolicy: {profil: x}\n")
    said = small.p("check", code=2).stderr
    lines = [line.split(":")[1] for line in said.splitlines() if line.startswith("./palisade.yaml:")]
    assert lines == ["5", "6", "7"] and "lable" in said and "clases" in said and "profil" in said
    assert "3 faults" in said.splitlines()[-1]


def test_what_is_quoted_cannot_paint_the_terminal(small):
    (small / "palisade.yaml").write_text(GOOD + '"la\\e[31mble": x\n')
    said = small.p("check", code=2).stderr
    assert ":6:1" in said and "\x1b" not in said


def test_the_other_verbs_say_the_same(small):
    (small / "palisade.yaml").write_text(GOOD.replace("label:", "lable:"))
    for verb in (["run"], ["gate", "collect", "forms"], ["report"], ["approve", "forms", "--as", "dana", "--reason", "x"]):
        assert ":5:5" in small.p(*verb, code=2).stderr, verb


def test_missing(small):
    (small / "palisade.yaml").unlink()
    assert "palisade.yaml" in small.p("check", code=2).stderr
    assert "nowhere.yaml" in small.p("check", "nowhere.yaml", code=2).stderr


@pytest.mark.parametrize("kind", ["folder", "huge", "fifo"])
def test_not_a_file(small, kind):
    import os
    path = small / "palisade.yaml"
    path.unlink()
    if kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path.write_text("#" * (2 << 20))
    assert "palisade.yaml" in small.p("check", code=2, timeout=20).stderr


def test_every_cut_of_the_clinics(clinic):
    """Cut anywhere, the file is refused or means less; it never crashes."""
    text = (clinic / "palisade.yaml").read_bytes()
    step = 397
    for n in range(1, len(text), step):
        (clinic / "cut.yaml").write_bytes(text[:n])
        clinic.p("check", "cut.yaml", "--stage", "monitor", code=None)
