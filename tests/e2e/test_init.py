"""palisade init and key: what is made, what is kept, what is refused, and what is said."""
import os
import stat

import pytest

import conftest


@pytest.fixture
def bare(tmp_path):
    return conftest.begin(tmp_path / "room")


def test_makes_everything(bare):
    said = bare.p("init").stdout
    assert "palisade.yaml" in said and "palisade check" in said
    for part in ("ledger/checkpoint", "store.db", "spool", "keys", "ledger.vkey", ".gitignore"):
        assert (bare / ".palisade" / part).exists(), part
    for key in (bare / ".palisade/keys").glob("*.pem"):
        assert b"ENCRYPTED" in key.read_bytes() and stat.S_IMODE(key.stat().st_mode) == 0o600
    assert list((bare / ".palisade/keys").glob("*.pem"))
    assert "#" in (bare / "palisade.yaml").read_text()
    bare.whole()


def test_the_starter_can_be_checked(bare):
    bare.p("init")
    assert bare.p("check", code=None).returncode in (0, 1)


def test_refuses_to_overwrite(bare):
    bare.p("init")
    before = {p: p.read_bytes() for p in bare.path.rglob("*") if p.is_file()}
    assert "already" in bare.p("init", code=2).stderr
    assert before == {p: p.read_bytes() for p in bare.path.rglob("*") if p.is_file()}


def test_keeps_a_palisade_yaml(bare):
    (bare / "palisade.yaml").write_text("pipeline: mine\n")
    assert "kept" in bare.p("init").stdout
    assert (bare / "palisade.yaml").read_text() == "pipeline: mine\n"


def test_no_passphrase(bare):
    done = bare.p("init", code=2, env={"PALISADE_PASSPHRASE_FILE": None})
    assert "--passphrase-file" in done.stderr or "PALISADE_PASSPHRASE" in done.stderr
    assert not (bare / ".palisade").exists() and not (bare / "palisade.yaml").exists()


@pytest.mark.parametrize("text", ["", "\n"])
def test_empty_passphrase(bare, text):
    (bare / "passphrase").write_text(text)
    bare.p("init", code=2)
    assert not (bare / ".palisade").exists()


def test_missing_passphrase_file(bare):
    done = bare.p("init", "--passphrase-file", "nowhere", code=2)
    assert "nowhere" in done.stderr and not (bare / ".palisade").exists()


def test_passphrase_from_the_environment(bare):
    bare.p("init", env={"PALISADE_PASSPHRASE_FILE": None, "PALISADE_PASSPHRASE": "of the environment"})
    assert bare.p("key", "new", "x", code=None, env={"PALISADE_PASSPHRASE_FILE": None,
                                                    "PALISADE_PASSPHRASE": "of the environment"}).returncode == 0


def test_no_passphrase_says_what_to_do(small):
    for verb in (["check"], ["approve", "forms", "--as", "dana", "--reason", "x"], ["run"],
                 ["quarantine", "forms", "--reason", "x"]):
        done = small.p(*verb, code=2, env={"PALISADE_PASSPHRASE_FILE": None})
        assert "PALISADE_PASSPHRASE" in done.stderr or "--passphrase-file" in done.stderr, verb


def test_wrong_passphrase(small):
    size = small.size()
    (small / "passphrase").write_text("something else\n")
    for verb in (["check"], ["approve", "forms", "--as", "dana", "--reason", "x"]):
        assert "passphrase" in small.p(*verb, code=2).stderr
    assert small.size() == size
    small.whole()


def test_no_workspace(bare):
    (bare / "palisade.yaml").write_text("pipeline: x\n")
    for verb in (["check"], ["run"], ["gate", "collect", "x"], ["log", "verify"], ["key", "list"]):
        assert "palisade init" in bare.p(*verb, code=2).stderr, verb


def test_folder_that_is_not_there(bare):
    assert "nowhere" in bare.p("init", "nowhere/deep", code=2).stderr


@pytest.mark.skipif(os.geteuid() == 0 and not os.path.exists("/usr/bin/setpriv"), reason="root may write anywhere")
def test_unwritable_folder(bare):
    target = bare / "locked"
    target.mkdir()
    done = as_nobody(bare, target, "init", ".")
    assert done.returncode == 2 and ".palisade" in done.stderr and "ermission" in done.stderr
    assert not list(target.iterdir())


def as_nobody(room, folder, *args):
    """Runs palisade as somebody with no rights, root or not; FOLDER is then 0555 and another's."""
    import subprocess
    os.chmod(folder, 0o555)
    if os.geteuid() == 0:
        for parent in [folder, *folder.parents][:6]:
            if not parent.stat().st_mode & 0o005 == 0o005:
                os.chmod(parent, parent.stat().st_mode | 0o055)
        prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    else:
        prefix = []
    return subprocess.run([*prefix, conftest.PALISADE, *args], cwd=folder, text=True, capture_output=True,
                          stdin=subprocess.DEVNULL, timeout=60, start_new_session=True,
                          env=room.env(PALISADE_PASSPHRASE_FILE=None, PALISADE_PASSPHRASE="word of nobody"))
