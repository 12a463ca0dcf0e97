"""The rooms that the tests work in: the clinic of the examples on scikit-learn's tables, prepared once a session by the
real command and copied for each test, and a small pipeline of shell commands for what needs many runs."""
import json
import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PALISADE = os.environ.get("PALISADE", str(ROOT / "build" / "release" / "palisade"))
SANITIZED = "asan" in PALISADE
CLINIC = ROOT / "examples" / "clinic"

SMALL = """\
pipeline: small
people:
  - {name: dana, roles: [data-steward, risk-owner, security-officer], key: .palisade/keys/dana.pub}
  - {name: omar, roles: [data-steward], key: .palisade/keys/omar.pub}
datasets:
  - name: biopsies
    path: data/biopsies.csv
    source: {kind: internal, who: Clinic registry, where: Debian python3-sklearn, submitted_by: sam}
    label: internal
  - name: forms
    path: data/digits.csv
    source: {kind: internal, who: Admissions office, where: Debian python3-sklearn, submitted_by: sam}
    label: internal
transforms:
  - name: head
    command: [/bin/sh, head.sh, data/biopsies.csv, work/head.csv]
    code: [head.sh]
    inputs: [biopsies]
    outputs: [{name: heads, path: work/head.csv}]
    deterministic: true
"""


class Room:
    """A folder with a workspace, and the command in it."""

    def __init__(self, path):
        self.path = pathlib.Path(path)

    def __truediv__(self, name):
        return self.path / name

    def env(self, **more):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("PALISADE_")}
        clean["PALISADE_PASSPHRASE_FILE"] = str(self.path / "passphrase")
        clean.update(more)
        return {k: v for k, v in clean.items() if v is not None}

    def start(self, *args, env=None, cwd=None):
        return subprocess.Popen([PALISADE, *map(str, args)], cwd=cwd or self.path, env=self.env(**(env or {})),
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                start_new_session=True)

    def p(self, *args, code=0, env=None, cwd=None, timeout=120):
        """Runs palisade; its exit code must be CODE (None: any but a crash)."""
        with self.start(*args, env=env, cwd=cwd) as process:
            try:
                out, err = process.communicate(timeout=timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        done = subprocess.CompletedProcess(args, process.returncode, out, err)
        said = f"palisade {' '.join(map(str, args))}: exit {done.returncode}\n{out[-4000:]}\n{err[-4000:]}"
        assert "Sanitizer" not in err and "runtime error" not in err, said
        assert done.returncode in (0, 1, 2) if code is None else done.returncode == code, said
        if done.returncode == 2:
            assert err.strip(), said
        return done

    def report(self, *args, verb="check", code=None):
        done = self.p(verb, *args, "--format", "json", code=code)
        assert done.returncode < 2, done.stderr
        return json.loads(done.stdout)

    def rows(self, control, *args, **more):
        return [r for r in self.report(*args, **more)["rows"] if r["control"] == control]

    def row(self, control, artifact, *args, **more):
        found = [r for r in self.rows(control, *args, **more) if r["artifact"] == artifact]
        assert len(found) == 1, found
        return found[0]

    def size(self):
        return int((self / ".palisade/ledger/checkpoint").read_text().split("\n")[1])

    def entries(self):
        """Every statement of the ledger, read out of its bundles with none of our code."""
        folder, size, out = self / ".palisade/ledger/tile/entries", self.size(), []
        for first in range(0, size, 256):
            n = min(256, size - first)
            name = f"{first // 256:03d}"
            raw = (folder / name if n == 256 else folder / f"{name}.p" / str(n)).read_bytes()
            at = 0
            while at < len(raw):
                length = int.from_bytes(raw[at:at + 2], "big")
                out.append(raw[at + 2:at + 2 + length])
                at += 2 + length
        assert len(out) == size
        return out

    def whole(self):
        done = self.p("log", "verify", "--format", "json")
        assert json.loads(done.stdout)["whole"] is True
        return done

    def edit(self, name, old, new):
        text = (self / name).read_text()
        assert text.count(old) == 1, f"{name} has {text.count(old)} times {old!r}"
        (self / name).write_text(text.replace(old, new))

    def append(self, name, text):
        with open(self / name, "a") as f:
            f.write(text)


def begin(path):
    path.mkdir(parents=True)
    (path / "passphrase").write_text("correct horse battery staple\n")
    for script in CLINIC.glob("*.py"):
        shutil.copy(script, path)
    return Room(path)


def tables(room):
    subprocess.run(["/usr/bin/python3", "collect.py"], cwd=room.path, check=True)


def approve(room, *names, **more):
    for name in names:
        room.p("approve", name, "--as", "dana", "--reason", "read and compared", **more)


@pytest.fixture(scope="session")
def clinic_done(tmp_path_factory):
    room = begin(tmp_path_factory.mktemp("clinic") / "room")
    for declared in CLINIC.glob("*.yaml"):
        shutil.copy(declared, room.path)
    room.p("init")
    for name in ("dana", "omar", "ml-release"):
        room.p("key", "new", name)
    tables(room)
    approve(room, "biopsies", "forms")
    room.p("run", timeout=300)
    for model in ("risk", "digits"):
        room.p("sign", f"models/{model}", "--as", "ml-release", "-o", f"models/{model}.sig")
    room.p("check")
    return room


@pytest.fixture(scope="session")
def small_done(tmp_path_factory):
    room = begin(tmp_path_factory.mktemp("small") / "room")
    (room / "palisade.yaml").write_text(SMALL)
    (room / "head.sh").write_text('mkdir -p work && head -n 100 "$1" >"$2"\n')
    room.p("init")
    for name in ("dana", "omar"):
        room.p("key", "new", name)
    tables(room)
    approve(room, "biopsies", "forms")
    room.p("run")
    room.p("check")
    return room


def copied(source, target):
    shutil.copytree(source.path, target, symlinks=True)
    return Room(target)


@pytest.fixture
def clinic(clinic_done, tmp_path):
    """The clinic with every gate open."""
    return copied(clinic_done, tmp_path / "room")


@pytest.fixture
def small(small_done, tmp_path):
    """Two tables and one step, every gate open."""
    return copied(small_done, tmp_path / "room")
