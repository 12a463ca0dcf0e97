"""trial.py KIND FILE - loads one file, in an empty folder and without a network, and says whether its payload was seen: the
interpreter told of an event that names the mark, or the mark lies there."""
import os
import resource
import sys
import warnings

MARK = "palisade-ran"
seen = []


def watch(event, arguments):
    if event != "compile" and not seen and MARK in repr(arguments)[:4000]:
        seen.append(event)


def load(kind, path):
    if kind == "pickle":
        import pickle
        with open(path, "rb") as f:
            pickle.load(f)
            pickle.load(f)
    elif kind == "torch":
        import torch
        torch.load(path)
    elif kind == "numpy":
        import numpy
        loaded = numpy.load(path, allow_pickle=True)
        [loaded[k] for k in getattr(loaded, "files", [])]
    elif kind == "joblib":
        import joblib
        joblib.load(path)
    elif kind == "jinja":
        import jinja2
        with open(path) as f:
            template = jinja2.Environment().from_string(f.read())
        template.render(messages=[{"role": "user", "content": "hello"}], bos_token="<s>", add_generation_prompt=True)
    elif kind == "onnx":
        import onnx
        onnx.load(path)


def main():
    kind, path = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    warnings.simplefilter("ignore")
    if kind in ("torch", "joblib", "onnx"):
        __import__(kind)
    sys.addaudithook(watch)
    try:
        load(kind, path)
    except BaseException as e:
        print("stopped by", type(e).__name__, str(e)[:100], file=sys.stderr)
    print("RAN" if seen or os.path.exists(MARK) else "not seen", flush=True)
    os._exit(0)


main()
