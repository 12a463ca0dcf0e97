"""palisade lineage: up, down, as JSON and as a drawing, and lineage that comes from outside."""
import json
import xml.etree.ElementTree as ElementTree


def names(room, *args):
    graph = json.loads(room.p("lineage", *args, "--format", "json").stdout)
    known = {n["digest"] for n in graph["nodes"]}
    assert all(e["from"] in known and e["to"] in known for e in graph["edges"])
    return {n["name"] for n in graph["nodes"]}


def event(job, inputs, outputs, namespace="airflow", **more):
    def dataset(d):
        name, digest = d
        facets = {"version": {"_producer": "https://example.org", "_schemaURL": "https://example.org/v",
                              "datasetVersion": digest}} if digest else {}
        return {"namespace": namespace, "name": name, "facets": facets}

    return {"eventTime": "2026-11-20T10:00:00Z", "producer": "https://example.org/producer",
            "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent", "eventType": "COMPLETE",
            "run": {"runId": "0196c9a0-0000-7000-8000-00000000000a"}, "job": {"namespace": namespace, "name": job},
            "inputs": [dataset(d) for d in inputs], "outputs": [dataset(d) for d in outputs], **more}


def test_up_and_down(clinic):
    assert names(clinic, "risk", "--up") == {"biopsies", "biopsies-train", "risk", "prepare.py", "train.py"}
    assert names(clinic, "biopsies-train", "--down") == {"biopsies-train", "risk", "risk-ward-a", "risk-ward-b"}
    assert {"biopsies", "risk"} <= names(clinic, "biopsies-train")
    assert "forms" not in names(clinic, "risk")


def test_table(clinic):
    out = clinic.p("lineage", "risk").stdout
    assert "biopsies-train" in out and "sha256:" in out


def test_by_digest_and_by_path(clinic):
    graph = json.loads(clinic.p("lineage", "risk", "--format", "json").stdout)
    assert names(clinic, f"sha256:{graph['artifact'][:12]}", "--up") == names(clinic, "risk", "--up")
    assert names(clinic, "models/risk", "--up") == names(clinic, "risk", "--up")
    assert names(clinic, "risk@1.0.0", "--up") == names(clinic, "risk", "--up")


def test_svg(clinic):
    clinic.p("lineage", "risk", "--svg", "out.svg")
    root = ElementTree.parse(clinic / "out.svg").getroot()
    assert root.tag.endswith("svg")
    text = " ".join(t for e in root.iter() for t in (e.text or "",))
    assert "biopsies" in text and not list(root.iter("{http://www.w3.org/2000/svg}script"))
    done = clinic.p("lineage", "risk", "--svg", "no/such/out.svg", code=2)
    assert "no/such/out.svg" in done.stderr


def test_no_passphrase_is_needed_to_look(clinic):
    clinic.p("lineage", "risk", env={"PALISADE_PASSPHRASE_FILE": None})


def test_unknown(clinic):
    assert "rsik" in clinic.p("lineage", "rsik", code=2).stderr


def test_import(clinic):
    graph = json.loads(clinic.p("lineage", "biopsies", "--format", "json").stdout)
    events = [event("extract", [("ward-db", "2026-11")], [("export", f"sha256:{graph['artifact']}")]),
              event("archive", [("export", f"sha256:{graph['artifact']}")], [("cold-store", "1")])]
    (clinic / "events.jsonl").write_text("".join(json.dumps(e) + "\n" for e in events))
    size = clinic.size()
    clinic.p("lineage", "import", "events.jsonl")
    assert clinic.size() > size
    up = names(clinic, "risk", "--up")
    assert any("ward-db" in n for n in up) and "biopsies" in {n for n in up} | {"biopsies"}
    clinic.whole()
    taint_from_outside(clinic)


def taint_from_outside(clinic):
    graph = json.loads(clinic.p("lineage", "risk", "--up", "--format", "json").stdout)
    [outside] = [n for n in graph["nodes"] if n["name"] and "ward-db" in n["name"]]
    clinic.p("quarantine", f"sha256:{outside['digest'][:16]}", "--as", "omar", "--reason", "the database was breached")
    row = clinic.row("DEP-01", "ward-api", "deploy", "ward-api", verb="gate", code=1)
    assert "ward-db" in row["reason"] and "risk" in row["reason"]


def test_import_of_one_and_of_an_array(clinic):
    one = event("a", [("x", "1")], [("y", "1")])
    (clinic / "one.json").write_text(json.dumps(one, indent=1))
    clinic.p("lineage", "import", "one.json")
    (clinic / "array.json").write_text(json.dumps([one, event("b", [("y", "1")], [("z", "1")])]))
    clinic.p("lineage", "import", "array.json")


def test_import_of_what_is_not_lineage(clinic):
    size = clinic.size()
    good = json.dumps(event("a", [("x", "1")], [("y", "1")]))
    for i, bad in enumerate(['{"eventTime": 1}', "", "not json", good + "\n{", "[" * 100000, good.replace("COMPLETE", "MAYBE"),
                             '{"a": "\\ud800"}', good[:-20]]):
        (clinic / "bad.jsonl").write_text(bad)
        done = clinic.p("lineage", "import", "bad.jsonl", code=None)
        assert done.returncode == 2 and "bad.jsonl" in done.stderr, (i, done)
    clinic.p("lineage", "import", "nowhere.json", code=2)
    assert clinic.size() == size  # all or nothing


def test_a_cycle_from_outside_ends(clinic):
    events = [event("there", [("a", "1")], [("b", "1")]), event("back", [("b", "1")], [("a", "1")])]
    (clinic / "cycle.json").write_text(json.dumps(events))
    clinic.p("lineage", "import", "cycle.json", code=None)
    clinic.p("check", code=None)
    clinic.whole()
