"""Completion: bash is driven word by word; zsh and fish read their scripts where they are installed."""
import os
import shutil
import subprocess

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PALISADE = os.environ.get("PALISADE", os.path.join(ROOT, "build", "release", "palisade"))


def script(shell):
    done = subprocess.run([PALISADE, "completion", shell], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    return done.stdout


def complete(*words):
    """What bash offers when the last word is completed."""
    driver = script("bash") + '''
complete -p palisade | grep -q _palisade || exit 9
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _palisade 2>/dev/null; printf '%s\\n' "${COMPREPLY[@]}"
'''
    done = subprocess.run(["bash", "-c", driver, "bash", *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done
    return done.stdout.split()


@pytest.mark.parametrize("words, some", [
    (["palisade", ""], ["check", "scan", "verify", "controls"]),
    (["palisade", "qu"], ["quarantine"]),
    (["palisade", "check", "--f"], ["--format"]),
    (["palisade", "check", "--format", ""], ["table", "json", "sarif", "junit", "html"]),
    (["palisade", "scan", "--fail-on", "h"], ["high"]),
    (["palisade", "log", "ver"], ["verify"]),
    (["palisade", "key", ""], ["new", "show", "list"]),
    (["palisade", "completion", "z"], ["zsh"]),
])
def test_bash_offers(words, some):
    assert set(some) <= set(complete(*words))


def test_bash_offers_nothing_wrong():
    assert complete("palisade", "qu") == ["quarantine"]
    assert complete("palisade", "zzz") == []
    assert complete("palisade", "check", "--format", "sa") == ["sarif"]


def test_bash_reads_it_strictly():
    done = subprocess.run(["bash", "-eu", "-c", script("bash")], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stderr == ""


@pytest.mark.parametrize("shell, option", [("zsh", "-n"), ("fish", "--no-execute")])
def test_other_shells_read_it(shell, option, tmp_path):
    if shutil.which(shell) is None:
        pytest.skip(shell + " is not here")
    path = tmp_path / "completion"
    path.write_text(script(shell))
    done = subprocess.run([shell, option, path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stderr == "", done.stderr


def test_fish_offers():
    if shutil.which("fish") is None:
        pytest.skip("fish is not here")
    done = subprocess.run(["fish", "--no-config", "-c", script("fish") + "\ncomplete -C 'palisade check --format '"],
                          capture_output=True, text=True, timeout=60)
    assert {"table", "json", "sarif", "junit", "html"} <= {line.split("\t")[0] for line in done.stdout.split("\n")}


def test_every_verb_is_in_every_script():
    done = subprocess.run([PALISADE, "help"], capture_output=True, text=True, timeout=60)
    verbs = [line.split()[0] for line in done.stdout.split("\n") if line.startswith("  ")]
    assert len(verbs) > 15
    for shell in ("bash", "zsh", "fish"):
        text = script(shell)
        assert all(verb in text for verb in verbs)


def test_unknown_shell_is_refused():
    done = subprocess.run([PALISADE, "completion", "tcsh"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "bash, zsh or fish" in done.stderr
