"""The manual is compiled: each committed page equals what the program prints; links lead somewhere."""
import json
import os
import re
import subprocess

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PALISADE = os.environ.get("PALISADE", os.path.join(ROOT, "build", "release", "palisade"))
DOCS = os.path.join(ROOT, "docs")


@pytest.mark.parametrize("page, command", [
    ("cli.md", ["help", "--markdown"]),
    ("controls.md", ["controls", "--format", "markdown"]),
    ("formats.md", ["formats", "--format", "markdown"]),
])
def test_page_is_what_the_program_prints(page, command):
    done = subprocess.run([PALISADE, *command], capture_output=True, timeout=60)
    assert done.returncode == 0
    with open(os.path.join(DOCS, page), "rb") as f:
        assert f.read() == done.stdout, "run: palisade %s >docs/%s" % (" ".join(command), page)


def test_every_finding_is_listed_with_what_the_scanner_says():
    if "asan" in PALISADE:
        pytest.skip("the same words as without a sanitizer")
    done = subprocess.run([os.path.join(ROOT, "tools", "list-findings.py"), PALISADE], capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr.decode()
    with open(os.path.join(DOCS, "findings.md"), "rb") as f:
        assert f.read() == done.stdout, "run: tools/list-findings.py build/release/palisade >docs/findings.md"


def pages():
    found = [os.path.join(ROOT, name) for name in os.listdir(ROOT) if name.endswith(".md")]
    return sorted(found + [os.path.join(DOCS, name) for name in os.listdir(DOCS) if name.endswith(".md")])


@pytest.mark.parametrize("page", [os.path.relpath(p, ROOT) for p in pages()])
def test_links_lead_somewhere(page):
    with open(os.path.join(ROOT, page), encoding="utf-8") as f:
        text = re.sub(r"```.*?```", "", f.read(), flags=re.S)
    later = {os.path.join(DOCS, "performance.md")}  # written by `make bench`
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        path = os.path.normpath(os.path.join(ROOT, os.path.dirname(page), target))
        assert path in later or os.path.exists(path), target


def known():
    """Verbs and their options, out of the program's own manual."""
    verbs = {}
    done = subprocess.run([PALISADE, "help", "--markdown"], capture_output=True, text=True, timeout=60)
    for part in done.stdout.split("\n## ")[1:]:
        rows = re.findall(r"^\| (`-.*?) \|", part, flags=re.M)
        verbs[part.split("\n")[0]] = {o for row in rows for o in re.findall(r"`(--?[a-z-]+)`", row)} | {"--help", "-h"}
    assert len(verbs) > 15 and "--format" in verbs["check"]
    return verbs


@pytest.mark.parametrize("page", [os.path.relpath(p, ROOT) for p in pages()])
def test_commands_exist(page):
    verbs = known()
    with open(os.path.join(ROOT, page), encoding="utf-8") as f:
        text = f.read()
    code = re.findall(r"```.*?```|^    .*?$|`[^`\n]+`", text, flags=re.S | re.M)
    for line in "\n".join(code).split("\n"):
        for verb, rest in re.findall(r"(?:^|[\s`'(:$])palisade ([a-z]+)\b([^|`#&;<>]*)", line):
            if not re.search(r"(palisade|[.]/palisade) " + verb, line) or verb in ("installed", "conf"):
                continue
            assert verb in verbs, line
            for option in re.findall(r"(?<=\s)--?[a-z][a-z-]*", rest):
                assert option in verbs[verb], "%s: %s" % (option, line)


def fenced(page, language):
    with open(os.path.join(ROOT, page), encoding="utf-8") as f:
        return re.findall(r"```%s\n(.*?)```" % language, f.read(), flags=re.S)


def test_snippets_are_well_formed():
    yaml = pytest.importorskip("yaml")
    assert len(fenced("docs/ci.md", "yaml")) == 4
    for snippet in fenced("docs/ci.md", "yaml") + fenced("README.md", "yaml"):
        assert isinstance(yaml.safe_load(snippet), dict)
    assert len(fenced("docs/files.md", "json")) > 10
    for snippet in fenced("docs/files.md", "json"):
        json.loads(snippet)


def test_program_of_the_library_page(tmp_path):
    """It compiles against our headers without a warning; test_install.py runs one like it."""
    (program,) = fenced("docs/library.md", "c")
    (tmp_path / "scan.c").write_text(program)
    done = subprocess.run(["gcc", "-std=c17", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-I",
                           os.path.join(ROOT, "include"), tmp_path / "scan.c"], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0, done.stderr


def test_index_names_every_page():
    with open(os.path.join(DOCS, "README.md"), encoding="utf-8") as f:
        index = f.read()
    for page in pages():
        if os.path.dirname(page) == DOCS and os.path.basename(page) != "README.md":
            assert "(%s)" % os.path.basename(page) in index, page
