"""The ledger, checked by a second implementation: RFC 6962 hashes, the C2SP note, tiles and proofs, in forty lines of
Python that share nothing with ours; then every kind of damage, which must be found and named."""
import base64
import hashlib
import json
import shutil

import pytest

import conftest

ed25519 = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ed25519")


def leaf(entry):
    return hashlib.sha256(b"\0" + entry).digest()


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def root(leaves):
    """RFC 6962, section 2.1."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return node(root(leaves[:k]), root(leaves[k:]))


def climb(index, size, hash_, path):
    """RFC 9162, section 2.1.3.2."""
    fn, sn = index, size - 1
    for p in path:
        assert sn > 0
        if fn & 1 or fn == sn:
            hash_ = node(p, hash_)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            hash_ = node(hash_, p)
        fn >>= 1
        sn >>= 1
    assert sn == 0
    return hash_


def consistent(old, old_root, size, new_root, path):
    """RFC 9162, section 2.1.4.2."""
    if old & (old - 1) == 0:
        path = [old_root, *path]
    fn, sn = old - 1, size - 1
    while fn & 1:
        fn >>= 1
        sn >>= 1
    fr = sr = path[0]
    for c in path[1:]:
        assert sn > 0
        if fn & 1 or fn == sn:
            fr, sr = node(c, fr), node(c, sr)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            sr = node(sr, c)
        fn >>= 1
        sn >>= 1
    assert sn == 0
    return fr == old_root and sr == new_root


def open_note(note, vkey):
    """C2SP signed-note with an Ed25519 key: the checkpoint's origin, size and root."""
    name, key_id, key = vkey.strip().split("+", 2)
    raw = base64.b64decode(key)
    assert raw[0] == 1
    assert hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4].hex() == key_id
    text, signatures = note.rsplit("\n\n", 1)
    for line in signatures.splitlines():
        dash, who, blob = line.split(" ")
        blob = base64.b64decode(blob)
        if dash == "\u2014" and who == name and blob[:4].hex() == key_id:
            ed25519.Ed25519PublicKey.from_public_bytes(raw[1:]).verify(blob[4:], (text + "\n").encode())
            origin, size, root_hash = (text + "\n").split("\n")[:3]
            return origin, int(size), base64.b64decode(root_hash)
    raise AssertionError("no signature by this key")


def state(room):
    return open_note((room / ".palisade/ledger/checkpoint").read_text(), (room / ".palisade/ledger.vkey").read_text())


def test_the_checkpoint_is_of_the_entries(clinic):
    origin, size, hash_ = state(clinic)
    entries = clinic.entries()
    assert size == len(entries) and root([leaf(e) for e in entries]) == hash_
    said = json.loads(clinic.whole().stdout)
    assert said["origin"] == origin and said["size"] == size and base64.b64decode(said["root"]) == hash_


def test_the_tiles_are_of_the_entries(clinic):
    size = clinic.size()
    leaves = [leaf(e) for e in clinic.entries()]
    tile = (clinic / f".palisade/ledger/tile/0/000.p/{size}").read_bytes()
    assert size < 256 and tile == b"".join(leaves)


def test_every_entry_is_a_signed_statement(clinic):
    """DSSE over in-toto, checked with the public key of the workspace."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    keys = {}
    for path in (clinic / ".palisade/keys").glob("*.pub"):
        key = serialization.load_pem_public_key(path.read_bytes())
        spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        keys[hashlib.sha256(spki).hexdigest()] = key
    for entry in clinic.entries():
        envelope = json.loads(entry)
        payload, kind = base64.b64decode(envelope["payload"]), envelope["payloadType"].encode()
        pae = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
        good = 0
        for s in envelope["signatures"]:
            key = keys[s["keyid"]]
            if isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(base64.b64decode(s["sig"]), pae, ec.ECDSA(hashes.SHA256()))
            else:
                key.verify(base64.b64decode(s["sig"]), pae)
            good += 1
        assert good
        statement = json.loads(payload)
        assert statement["_type"] == "https://in-toto.io/Statement/v1" and statement["subject"]


def proof_of(room, index):
    text = room.p("log", "prove", index).stdout
    head, note = text.split("\n\n", 1)
    lines = head.split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1"
    lines = [l for l in lines[1:] if not l.startswith("extra")]
    assert lines[0] == f"index {index}"
    return [base64.b64decode(l) for l in lines[1:]], note


def test_inclusion_proofs(clinic):
    entries, vkey = clinic.entries(), (clinic / ".palisade/ledger.vkey").read_text()
    for index in {0, 1, 2, len(entries) // 2, len(entries) - 2, len(entries) - 1}:
        path, note = proof_of(clinic, index)
        _, size, hash_ = open_note(note, vkey)
        assert climb(index, size, leaf(entries[index]), path) == hash_


def test_prove_by_id_and_check(clinic):
    entry = clinic.entries()[3]
    clinic.p("log", "prove", hashlib.sha256(entry).hexdigest()[:16], "-o", "p", "-e", "e")
    assert (clinic / "e").read_bytes() == entry
    clinic.p("log", "check", "p", "e", "--vkey", ".palisade/ledger.vkey")
    (clinic / "e").write_bytes(entry.replace(b"payload", b"paylaod", 1))
    clinic.p("log", "check", "p", "e", "--vkey", ".palisade/ledger.vkey", code=1)
    (clinic / "e").write_bytes(entry)
    for at in (30, 60, 120, 300):
        raw = bytearray((clinic / "p").read_bytes())
        raw[at] ^= 2
        (clinic / "q").write_bytes(raw)
        assert clinic.p("log", "check", "q", "e", "--vkey", ".palisade/ledger.vkey", code=None).returncode in (1, 2)
    clinic.p("log", "prove", 10 ** 6, code=2)
    clinic.p("log", "prove", "ffffffffff", code=2)


def test_consistency(clinic):
    entries, vkey = clinic.entries(), (clinic / ".palisade/ledger.vkey").read_text()
    leaves = [leaf(e) for e in entries]
    new = root(leaves)
    for old in (1, 2, 3, 8, 13, len(entries) - 1):
        text = clinic.p("log", "consistency", old).stdout
        head = text.split("\n\n", 1)[0].split("\n")
        assert head[0] == f"old {old}", text
        assert consistent(old, root(leaves[:old]), len(entries), new, [base64.b64decode(l) for l in head[1:]])
    assert open_note(text.split("\n\n", 1)[1], vkey)[1] == len(entries)


def test_the_ledger_only_grows(clinic):
    before = clinic.entries()
    clinic.p("quarantine", "forms", "--as", "omar", "--reason", "to add an entry")
    assert clinic.entries()[:len(before)] == before and clinic.size() > len(before)
    clinic.whole()


def test_tail_and_checkpoint(clinic):
    assert len(clinic.p("log", "tail", "-n", "5").stdout.strip().splitlines()) == 5
    assert clinic.p("log", "checkpoint").stdout == (clinic / ".palisade/ledger/checkpoint").read_text()
    clinic.p("log", "tail", "-n", "100000")


def test_a_copy_with_only_the_key(clinic, tmp_path):
    copy = tmp_path / "elsewhere"
    shutil.copytree(clinic / ".palisade/ledger", copy / "ledger")
    shutil.copy(clinic / ".palisade/ledger.vkey", copy / "key")
    alone = conftest.Room(copy)
    env = {"PALISADE_PASSPHRASE_FILE": None}
    args = ["log", "verify", "--ledger", "ledger", "--vkey", "key"]
    alone.p(*args, env=env)
    alone.p(*args[:4], "--vkey", (copy / "key").read_text().strip(), env=env)
    for path in copy.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    alone.p(*args, env=env)
    (copy / "key").chmod(0o644)
    name, key_id, key = (copy / "key").read_text().strip().split("+", 2)
    raw = b"\1" + bytes(32)
    other = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4].hex()
    (copy / "key").write_text(f"{name}+{other}+{base64.b64encode(raw).decode()}\n")
    assert alone.p(*args, env=env, code=None).returncode in (1, 2)


def bundle(room):
    size = room.size()
    return room / f".palisade/ledger/tile/entries/000.p/{size}"


def pack(entries):
    return b"".join(len(e).to_bytes(2, "big") + e for e in entries)


def damaged(room, *words):
    done = room.p("log", "verify", code=1)
    for word in words:
        assert str(word) in done.stdout + done.stderr, (word, done.stdout, done.stderr)
    report = json.loads(room.p("log", "verify", "--format", "json", code=1).stdout)
    assert report["whole"] is False and report["faults"]
    return done


def forget(room):
    """What a journal could put back is not there in a copy of the tiles."""
    (room / ".palisade/ledger/journal").write_bytes(b"")


def test_entry_changed(clinic):
    entries = clinic.entries()
    entries[7] = entries[7].replace(b'"sig":"', b'"sig":"A', 1)[:len(entries[7])]
    forget(clinic)
    bundle(clinic).write_bytes(pack(entries))
    damaged(clinic, 7, f"entries/000.p/{len(entries)}")


def test_every_entry_is_guarded(clinic):
    entries = clinic.entries()
    forget(clinic)
    for i in range(0, len(entries), 9):
        changed = list(entries)
        changed[i] = changed[i][:-1] + bytes([changed[i][-1] ^ 1])
        bundle(clinic).write_bytes(pack(changed))
        report = json.loads(clinic.p("log", "verify", "--format", "json", code=1).stdout)
        assert i in [f.get("entry") for f in report["faults"]], report
    bundle(clinic).write_bytes(pack(entries))
    clinic.whole()


def test_entry_removed(clinic):
    entries = clinic.entries()
    forget(clinic)
    bundle(clinic).write_bytes(pack(entries[:7] + entries[8:]))
    damaged(clinic, 7)


def test_last_entry_removed_with_the_tile(clinic):
    entries = clinic.entries()
    forget(clinic)
    bundle(clinic).write_bytes(pack(entries[:-1]))
    tile = clinic / f".palisade/ledger/tile/0/000.p/{len(entries)}"
    tile.write_bytes(tile.read_bytes()[:-32])
    damaged(clinic)


def test_entries_reordered(clinic):
    entries = clinic.entries()
    entries[4], entries[5] = entries[5], entries[4]
    forget(clinic)
    bundle(clinic).write_bytes(pack(entries))
    damaged(clinic, 4, 5)


def test_tile_truncated_and_changed(clinic):
    tile = clinic / f".palisade/ledger/tile/0/000.p/{clinic.size()}"
    raw = tile.read_bytes()
    forget(clinic)
    tile.write_bytes(raw[:-10])
    damaged(clinic, f"tile/0/000.p/{clinic.size()}")
    tile.write_bytes(raw[:64] + bytes(32) + raw[96:])
    damaged(clinic, f"tile/0/000.p/{clinic.size()}")
    tile.unlink()
    damaged(clinic, f"tile/0/000.p/{clinic.size()}")


def test_bundle_removed(clinic):
    forget(clinic)
    bundle(clinic).unlink()
    damaged(clinic, f"entries/000.p/{clinic.size()}")


def test_rewritten_history(clinic):
    """Entries, tile and root all made anew, as somebody with the disk but not the key could."""
    entries = clinic.entries()
    del entries[5]
    forget(clinic)
    ledger = clinic / ".palisade/ledger"
    size, leaves = len(entries), [leaf(e) for e in entries]
    (ledger / f"tile/entries/000.p/{size}").write_bytes(pack(entries))
    (ledger / f"tile/0/000.p/{size}").write_bytes(b"".join(leaves))
    text = (ledger / "checkpoint").read_text().split("\n")
    text[1:3] = [str(size), base64.b64encode(root(leaves)).decode()]
    (ledger / "checkpoint").write_text("\n".join(text))
    damaged(clinic, "checkpoint")


def test_old_checkpoint_put_back(clinic):
    """A whole ledger of an earlier day verifies; the workspace that has seen more says no."""
    ledger = clinic / ".palisade/ledger"
    old = (ledger / "checkpoint").read_bytes()
    shutil.copytree(ledger, clinic / "old")
    clinic.p("quarantine", "forms", "--as", "omar", "--reason", "recalled")
    shutil.rmtree(ledger)
    shutil.copytree(clinic / "old", ledger)
    assert (ledger / "checkpoint").read_bytes() == old
    done = clinic.p("check", code=None)
    assert done.returncode == 2 and "ledger" in done.stderr, done


def test_damage_is_seen_by_a_check(clinic):
    """A check reads what it decides by again; damage there never opens a gate."""
    entries = clinic.entries()
    forget(clinic)
    bundle(clinic).write_bytes(pack([e[:-1] + bytes([e[-1] ^ 1]) for e in entries]))
    for f in (clinic / ".palisade").glob("store.db*"):
        f.unlink()
    done = clinic.p("check", code=None)
    assert done.returncode in (1, 2), done.stdout


@pytest.mark.parametrize("what", ["", "garbage", "vm/palisade\n99999999999999999999\nAAAA\n\n\u2014 x AAAA\n"])
def test_checkpoint_that_is_none(clinic, what):
    (clinic / ".palisade/ledger/checkpoint").write_text(what)
    assert "checkpoint" in clinic.p("log", "verify", code=None).stderr + clinic.p("log", "verify", code=None).stdout
    assert clinic.p("log", "verify", code=None).returncode in (1, 2)
    assert clinic.p("check", code=None).returncode == 2
