"""palisade sign and verify, and the conformance adapter, on the real binary with keys that OpenSSL made."""
import json
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PALISADE = os.environ.get("PALISADE", str(ROOT / "build/release/palisade"))
ADAPTER = str(ROOT / "tests/interop/oms-adapter")


def run(*args, env=None):
    clean = {k: v for k, v in os.environ.items() if k != "PALISADE_PASSPHRASE"}
    return subprocess.run([str(a) for a in args], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          env={**clean, "PALISADE": PALISADE, **(env or {})}, start_new_session=True, timeout=120)


def openssl(*args):
    subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True)


@pytest.fixture
def place(tmp_path):
    """A model, an encrypted key with its public half, a root and a certificate of another key."""
    (tmp_path / "m/sub").mkdir(parents=True)
    (tmp_path / "m/weights.bin").write_bytes(bytes(range(256)) * 100)
    (tmp_path / "m/sub/config.json").write_text("{}")
    (tmp_path / "pass").write_text("correct horse\n")
    t = tmp_path
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384", "-aes-256-cbc", "-pass", f"file:{t}/pass",
            "-out", t / "key.pem")
    openssl("pkey", "-in", t / "key.pem", "-passin", f"file:{t}/pass", "-pubout", "-out", t / "key.pub")
    ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl("req", "-x509", *ec, "-keyout", t / "root.key", "-subj", "/CN=root", "-days", "30", "-out", t / "root.pem")
    openssl("req", *ec, "-keyout", t / "leaf.key", "-subj", "/CN=release", "-out", t / "leaf.csr")
    (t / "ext").write_text("keyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning\n")
    openssl("x509", "-req", "-in", t / "leaf.csr", "-CA", t / "root.pem", "-CAkey", t / "root.key", "-CAcreateserial",
            "-days", "10", "-extfile", t / "ext", "-out", t / "leaf.pem")
    return tmp_path


def sign(place, *more, env=None):
    return run(PALISADE, "sign", place / "m", "--key", place / "key.pem", "-o", place / "m.sig", *more, env=env)


def verify(place, *more):
    return run(PALISADE, "verify", place / "m", "-s", place / "m.sig", *more)


def test_key(place):
    assert sign(place, "--passphrase-file", place / "pass").returncode == 0
    assert verify(place, "--key", place / "key.pub").returncode == 0
    (place / "m/extra").write_text("x")
    r = verify(place, "--key", place / "key.pub")
    assert r.returncode == 1 and '"extra"' in r.stderr
    assert verify(place, "--key", place / "key.pub", "--ignore-unsigned").returncode == 0
    (place / "m/weights.bin").write_bytes(b"other")
    r = verify(place, "--key", place / "key.pub", "--ignore-unsigned", "--format", "json")
    answer = json.loads(r.stdout)
    assert r.returncode == 1 and not answer["verified"] and answer["code"] == "EVERIFY"
    assert answer["changes"] == [{"change": "changed", "path": "weights.bin"}]


def test_passphrase(place):
    r = sign(place)
    assert r.returncode == 2 and "PALISADE_PASSPHRASE" in r.stderr
    r = sign(place, env={"PALISADE_PASSPHRASE": "wrong"})
    assert r.returncode == 2 and "passphrase is wrong" in r.stderr and not (place / "m.sig").exists()
    assert sign(place, env={"PALISADE_PASSPHRASE": "correct horse"}).returncode == 0


def test_shards_and_ignored_paths(place):
    assert sign(place, "--passphrase-file", place / "pass", "--shard-size", 1000, "--hash", "blake2b", "--ignore",
                "sub").returncode == 0
    r = verify(place, "--key", place / "key.pub", "--format", "json")
    answer = json.loads(r.stdout)
    assert r.returncode == 0 and answer["ignored"] == ["sub"] and answer["shardSize"] == 1000
    assert answer["hash"] == "blake2b" and answer["resources"] == 26


def test_certificate(place):
    assert run(PALISADE, "sign", place / "m", "--key", place / "leaf.key", "--cert", place / "leaf.pem", "--chain",
               place / "root.pem", "-o", place / "m.sig").returncode == 0
    r = verify(place, "--root", place / "root.pem")
    assert r.returncode == 0 and "CN=release" in r.stdout
    assert verify(place, "--key", place / "key.pub").returncode == 1
    assert verify(place, "--root", place / "leaf.csr").returncode == 2


def test_usage(place):
    assert run(PALISADE, "sign", place / "m").returncode == 2
    assert verify(place).returncode == 2
    assert verify(place, "--key", place / "key.pub").returncode == 2  # no signature there
    assert sign(place, "--passphrase-file", place / "pass", "--ignore", "../x").returncode == 2


def test_adapter(place):
    m, b = place / "m", place / "b.sig"
    common = ["--method", "certificate", "--model-path", m]
    assert run(ADAPTER, "sign-model", *common, "--output-bundle", b, "--private-key", place / "leaf.key", "--signing-cert",
               place / "leaf.pem", "--cert-chain", place / "root.pem", "--ignore-paths", m / "sub").returncode == 0
    check = [ADAPTER, "verify-model", *common, "--bundle", b, "--cert-chain", place / "root.pem"]
    assert run(*check).returncode == 0
    (m / "new").write_text("x")
    assert run(*check).returncode == 1
    assert run(*check, "--ignore-paths", m / "new").returncode == 0
    assert run(*check, "--ignore-unsigned-files").returncode == 0
    assert run(ADAPTER, "verify-model", "--method", "sigstore", "--model-path", m, "--bundle", b, "--identity", "i",
               "--identity-provider", "p").returncode == 2
