"""palisade gate: a decision about exactly the bytes that are there, as a signed SLSA VSA in the ledger."""
import base64
import hashlib
import json

VSA = "https://slsa.dev/verification_summary/v1"


def vsas(room, since):
    out = []
    for entry in room.entries()[since:]:
        statement = json.loads(base64.b64decode(json.loads(entry)["payload"]))
        if statement["predicateType"] == VSA:
            out.append(statement)
    return out


def dir_hash(folder):
    """The in-toto dirHash: the SHA-256 of the lines "HEX  PATH", sorted by path."""
    names = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
    text = "".join(f"{hashlib.sha256((folder / n).read_bytes()).hexdigest()}  {n}\n" for n in names)
    return hashlib.sha256(text.encode()).hexdigest()


def test_open_gate_writes_a_vsa_of_the_bytes(clinic):
    report = clinic.report("release", "risk@1.0.0", verb="gate", code=0)
    ids = [hashlib.sha256(e).hexdigest() for e in clinic.entries()]
    entry = clinic.entries()[ids.index(report["gates"][0]["decision"])]
    statement = json.loads(base64.b64decode(json.loads(entry)["payload"]))
    assert statement["predicateType"] == VSA
    predicate = statement["predicate"]
    assert predicate["verificationResult"] == "PASSED"
    assert dir_hash(clinic / "models/risk") in statement["subject"][0]["digest"].values()
    for field in ("verifier", "timeVerified", "resourceUri", "policy", "verifiedLevels"):
        assert field in predicate, field
    clinic.whole()


def test_changed_model_is_refused_and_the_vsa_is_of_the_new_bytes(clinic):
    size = clinic.size()
    path = clinic / "models/risk/config.json"
    path.write_text(path.read_text() + " ")
    done = clinic.p("gate", "release", "risk", code=1)
    assert "REL-01" in done.stdout and "config.json" in done.stdout
    new = [s for s in vsas(clinic, size) if s["subject"][0]["name"].startswith("risk")]
    assert new and all(s["predicate"]["verificationResult"] == "FAILED" for s in new)
    assert dir_hash(clinic / "models/risk") in new[0]["subject"][0]["digest"].values()


def test_another_policy_is_another_decision(clinic):
    clinic.p("gate", "release", "risk")
    size = clinic.size()
    clinic.p("gate", "release", "risk")
    assert clinic.size() == size
    clinic.edit("palisade.yaml", "accuracy: 0.9}", "accuracy: 0.8}")
    clinic.p("gate", "release", "risk")
    assert vsas(clinic, size)


def test_deploy(clinic):
    clinic.p("gate", "deploy", "ward-api")
    (clinic / "models/risk/model.pkl").write_bytes(b"cposix\nsystem\n(S'true'\ntR.")
    clinic.p("gate", "deploy", "ward-api", code=1)


def test_a_vsa_of_other_bytes_opens_nothing(clinic):
    """The decision of a moment ago does not count for what is there now."""
    clinic.p("gate", "release", "risk")
    path = clinic / "models/risk/weights.npz"
    path.write_bytes(path.read_bytes()[:-1])
    done = clinic.p("gate", "deploy", "ward-api", code=1)
    assert "FAIL" in done.stdout


def test_unknown_names(clinic):
    assert "rsik" in clinic.p("gate", "release", "rsik", code=2).stderr
    assert "relaese" in clinic.p("gate", "relaese", "risk", code=2).stderr
    clinic.p("gate", "release", "risk@9.9.9", code=2)
    clinic.p("gate", "release", code=2)


def test_json(clinic):
    report = clinic.report("deploy", "ward-api", verb="gate", code=0)
    assert {g["stage"] for g in report["gates"]} == {"release", "deploy"} and report["decision"] == "open"
