"""approve, quarantine, restore and lineage, on the real binary in a new workspace."""
import hashlib
import json
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PALISADE = os.environ.get("PALISADE", str(ROOT / "build/release/palisade"))
BASE = {"eventTime": "2026-01-02T03:04:05Z", "producer": "https://p.example", "schemaURL": "https://s.example"}


def run(place, *args, **env):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PALISADE_PASSPHRASE")}
    return subprocess.run([PALISADE, *map(str, args)], capture_output=True, text=True, stdin=subprocess.DEVNULL, cwd=place,
                          env={**clean, "PALISADE_PASSPHRASE": "correct horse", **env}, start_new_session=True, timeout=120)


def event(number, job, inputs, outputs):
    return {**BASE, "eventType": "COMPLETE", "run": {"runId": f"0196c9a0-0000-7000-8000-{number:012d}"},
            "job": {"namespace": "etl", "name": job}, "inputs": [{"namespace": "s3", "name": n} for n in inputs],
            "outputs": [{"namespace": "s3", "name": n} for n in outputs]}


@pytest.fixture
def place(tmp_path):
    assert run(tmp_path, "init").returncode == 0
    (tmp_path / "palisade.yaml").unlink()
    assert run(tmp_path, "key", "new", "ann").returncode == 0
    events = [event(1, "split", ["feed"], ["train", "test"]), event(2, "fit", ["train", "other"], ["model"])]
    (tmp_path / "events.jsonl").write_text("".join(json.dumps(e) + "\n" for e in events))
    done = run(tmp_path, "lineage", "import", "events.jsonl")
    assert done.returncode == 0 and "2 steps signed" in done.stdout, done.stderr
    return tmp_path


def graph(place, ref, *more):
    done = run(place, "lineage", ref, "--format", "json", *more)
    assert done.returncode == 0, done.stderr
    return {n["name"]: n for n in json.loads(done.stdout)["nodes"]}


def test_up_and_down(place):
    assert set(graph(place, "s3:train")) == {"s3:feed", "s3:train", "s3:model"}
    assert set(graph(place, "s3:model", "--up")) == {"s3:feed", "s3:train", "s3:other", "s3:model"}
    assert set(graph(place, "s3:feed", "--down")) == {"s3:feed", "s3:train", "s3:test", "s3:model"}
    done = run(place, "lineage", "s3:model", "--svg", "model.svg")
    assert done.returncode == 0 and (place / "model.svg").read_text().startswith("<svg")


def test_quarantine_and_restore(place):
    assert run(place, "quarantine", "s3:feed", "--reason", "flipped labels", "--as", "ann").returncode == 0
    assert run(place, "quarantine", "s3:other", "--reason", "leak").returncode == 0
    nodes = graph(place, "s3:model", "--up")
    assert all(n["taint"] for n in nodes.values())
    assert "by ann: flipped labels; path: s3:feed -> s3:train -> s3:model" in nodes["s3:model"]["taint"]
    refused = run(place, "restore", "s3:model", "--reason", "please")
    assert refused.returncode == 2 and "restore that one" in refused.stderr
    assert run(place, "restore", "s3:feed", "--reason", "compared").returncode == 0
    nodes = graph(place, "s3:model", "--up")
    assert {n for n, v in nodes.items() if v["taint"]} == {"s3:other", "s3:model"}
    assert run(place, "restore", "s3:other", "--reason", "rotated").returncode == 0
    assert not any(n["taint"] for n in graph(place, "s3:model", "--up").values())
    assert run(place, "log", "verify").returncode == 0


def test_lost_and_forged_index(place):
    assert run(place, "quarantine", "s3:feed", "--reason", "x").returncode == 0
    for suffix in ("", "-wal", "-shm"):
        (place / f".palisade/store.db{suffix}").unlink(missing_ok=True)
    digest = hashlib.sha256(b"s3:model").hexdigest()
    assert graph(place, f"sha256:{digest[:12]}")["s3:model"]["taint"]


def test_approve(place):
    done = run(place, "approve", "s3:feed", "--as", "ann", "--role", "steward", "--reason", "sample read")
    assert done.returncode == 0 and "for COL-05 by ann" in done.stdout, done.stderr
    wrong = run(place, "approve", "s3:feed", "--as", "ann", "--reason", "x", PALISADE_PASSPHRASE_ANN="no")
    assert wrong.returncode == 2 and "passphrase" in wrong.stderr
    assert run(place, "approve", "s3:feed", "--as", "nobody", "--reason", "x").returncode == 2
    assert run(place, "approve", "s3:feed", "--as", "ann").returncode == 2  # no reason


@pytest.mark.parametrize("ref", ["nothing", "s3:feed@9", "sha256:12345678", "sha256:1234", "sha256:ZZZZZZZZ", "/no/such/file"])
def test_bad_refs(place, ref):
    done = run(place, "quarantine", ref, "--reason", "x")
    assert done.returncode == 2 and done.stderr.startswith("palisade: ") and done.stdout == ""


def test_path(place):
    (place / "loose.bin").write_bytes(b"abc")
    done = run(place, "quarantine", "loose.bin", "--reason", "unknown origin")
    assert done.returncode == 0 and hashlib.sha256(b"abc").hexdigest()[:12] in done.stdout


def test_bad_events(place):
    (place / "bad.json").write_text(json.dumps({**event(3, "x", ["a"], ["b"]), "eventTime": "soon"}))
    before = run(place, "log", "checkpoint").stdout
    done = run(place, "lineage", "import", "bad.json")
    assert done.returncode == 2 and "eventTime" in done.stderr
    assert run(place, "log", "checkpoint").stdout == before


def test_two_at_once(place):
    names = ["s3:feed", "s3:other", "s3:train", "s3:test"]
    clean = {**os.environ, "PALISADE_PASSPHRASE": "correct horse"}
    started = [subprocess.Popen([PALISADE, "quarantine", n, "--reason", f"at once {n}"], cwd=place, env=clean,
                                stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL) for n in names]
    assert [p.wait(timeout=60) for p in started] == [0, 0, 0, 0]
    everything = {**graph(place, "s3:model", "--up"), **graph(place, "s3:feed", "--down")}
    reasons = {c["reason"] for n in everything.values() for c in n["causes"]}
    assert reasons == {f"at once {n}" for n in names}
    assert run(place, "log", "verify").returncode == 0
