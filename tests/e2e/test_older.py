"""palisade scan on older and rarer formats: under any name, inside containers, and what each finding is worth."""
import io
import json
import os
import shutil
import subprocess
import tarfile
import zipfile

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PALISADE = os.environ.get("PALISADE", os.path.join(ROOT, "build", "release", "palisade"))
CORPUS = os.path.join(ROOT, "tests", "corpus")
ORDER = ["info", "low", "medium", "high", "critical"]


def scan(*args):
    done = subprocess.run([PALISADE, "scan", "--format", "json", *map(str, args)], capture_output=True, timeout=120)
    assert done.returncode in (0, 1), done.stderr.decode()
    return json.loads(done.stdout)["artifacts"]


def worst(*args):
    """Rule -> gravest severity."""
    found = {}
    for artifact in scan(*args):
        for f in artifact["findings"]:
            found[f["rule"]] = max(found.get(f["rule"], "info"), f["severity"], key=ORDER.index)
    return found


def in_zip(path, data):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("model/part", data)


def in_tar(path, data):
    with tarfile.open(path, "w:gz") as t:
        entry = tarfile.TarInfo("model/part")
        entry.size = len(data)
        t.addfile(entry, io.BytesIO(data))


# Sample, format, and the finding that it must have at this severity at least; "": no finding at all.
SAMPLES = [
    ("mxnet/good/two.params", "mxnet", "", ""),
    ("mxnet/bad/overflow.params", "mxnet", "MXNET-PARAMS", "high"),
    ("mxnet_symbol/good/net.json", "mxnet_symbol", "", ""),
    ("mxnet_symbol/bad/custom.json", "mxnet_symbol", "OP-CODE", "high"),
    ("mxnet_symbol/bad/native.json", "mxnet_symbol", "OP-CODE", "critical"),
    ("mxnet_symbol/bad/read.json", "mxnet_symbol", "REF-TRAVERSAL", "high"),
    ("ggml/good/three.ggjt", "ggml", "", ""),
    ("ggml/good/whisper.bin", "ggml", "", ""),
    ("ggml/bad/overflow.ggjt", "ggml", "GGML-TENSOR", "high"),
    ("ggml/bad/vocab.ggjt", "ggml", "GGML-HEADER", "high"),
    ("torch7/good/binary.t7", "torch7", "", ""),
    ("torch7/bad/method-binary.t7", "torch7", "TORCH7-EXEC", "critical"),
    ("torch7/bad/method-ascii.t7", "torch7", "TORCH7-EXEC", "critical"),
    ("torch7/bad/plain.t7", "torch7", "TORCH7-FUNCTION", "high"),
    ("torch7/bad/outside.t7", "torch7", "TORCH7-TENSOR", "high"),
    ("cntk/good/plus.model", "cntk", "", ""),
    ("cntk/bad/native.model", "cntk", "CNTK-NATIVE", "critical"),
    ("cntk/bad/python.model", "cntk", "LOAD-EXEC", "critical"),
    ("cntk/bad/short.model", "cntk", "CNTK-VIEW", "high"),
    ("zarr/good/zarr.json", "zarr", "", ""),
    ("zarr/bad/pickle.json", "zarr", "OP-CODE", "high"),
    ("zarr/bad/refs.json", "zarr", "REF-TRAVERSAL", "high"),
    ("zarr/bad/store.json", "zarr", "REF-ABSOLUTE", "high"),
    ("oci/good/index.json", "oci", "", ""),
    ("oci/bad/foreign.json", "oci", "OCI-FOREIGN", "medium"),
    ("tar/bad/image-changed.tar", "tar", "OCI-DIGEST", "high"),
    ("tar/bad/image-longer.tar", "tar", "OCI-SIZE", "high"),
    ("msgpack/bad/t5x.msgpack", "msgpack", "REF-TRAVERSAL", "high"),
    ("archive/good/five.rar", "archive", "ARCHIVE-UNREAD", "medium"),
    ("archive/good/lib.a", "archive", "ARCHIVE-UNREAD", "medium"),
    ("zip/good/deflate64.zip", "zip", "", ""),
    ("ocdbt/good/nodes", "ocdbt", "", ""),
    ("ocdbt/bad/outside.ocdbt", "ocdbt", "REF-TRAVERSAL", "high"),
    ("ocdbt/bad/pickle", "ocdbt", "OP-CODE", "high"),
]


@pytest.mark.parametrize("sample,form,rule,least", SAMPLES, ids=[s[0] for s in SAMPLES])
def test_by_content(tmp_path, sample, form, rule, least):
    shutil.copy(os.path.join(CORPUS, sample), tmp_path / "renamed")
    (artifact,) = scan(tmp_path)
    assert artifact["format"] == form
    found = worst(tmp_path)
    if rule:
        assert ORDER.index(found[rule]) >= ORDER.index(least)
    else:
        assert found == {} and artifact["verdict"] == "clean"


@pytest.mark.parametrize("pack", [in_zip, in_tar])
@pytest.mark.parametrize("sample,form,rule,least", [s for s in SAMPLES if s[2]], ids=[s[0] for s in SAMPLES if s[2]])
def test_in_containers(tmp_path, sample, form, rule, least, pack):
    with open(os.path.join(CORPUS, sample), "rb") as f:
        pack(tmp_path / "box", f.read())
    assert ORDER.index(worst(tmp_path)[rule]) >= ORDER.index(least)


def test_llamafile_is_program_archive_and_model(tmp_path):
    with open(tmp_path / "model.llamafile", "wb") as f:
        f.write(b"MZqFpD='\n" + b"A" * 5000)
    with zipfile.ZipFile(tmp_path / "model.llamafile", "a", zipfile.ZIP_STORED) as z:
        z.write(os.path.join(CORPUS, "gguf/bad/outside.gguf"), "model.gguf")
    (artifact,) = scan(tmp_path)
    assert artifact["format"] == "exec"
    members = {f["rule"]: f["location"].get("member") for f in artifact["findings"]}
    assert "EXEC-FILE" in members and "ZIP-POLYGLOT" in members
    assert members["GGUF-TENSOR"].endswith("model.gguf")
