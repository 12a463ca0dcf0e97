#!/usr/bin/env python3
"""predict.py MODEL_DIR TABLE.csv OUT.csv - what the model says of each record, beside the truth and a subgroup.

The weights are read from the safetensors file, so that judging a model needs no unpickling of it.
"""
import json
import os
import struct
import sys

import numpy as np


def load_safetensors(path):
    with open(path, "rb") as f:
        (n,) = struct.unpack("<Q", f.read(8))
        header = json.loads(f.read(n))
        body = f.read()
    header.pop("__metadata__", None)
    return {k: np.frombuffer(body[v["data_offsets"][0]:v["data_offsets"][1]]).reshape(v["shape"])
            for k, v in header.items()}


def main(folder, table, out):
    w = load_safetensors(os.path.join(folder, "weights.safetensors"))
    with open(os.path.join(folder, "config.json")) as f:
        classes = json.load(f)["classes"]
    data = np.loadtxt(table, delimiter=",", skiprows=1)
    x, y = data[:, :-1], data[:, -1].astype(int)
    z = (x - w["mean"]) / w["scale"] @ w["coef"].T + w["intercept"]
    best = (z[:, 0] > 0).astype(int) if z.shape[1] == 1 else z.argmax(axis=1)
    group = np.where(x[:, 0] > np.median(x[:, 0]), "large", "small") if z.shape[1] == 1 else np.array(
        ["dark" if s > np.median(x.sum(axis=1)) else "light" for s in x.sum(axis=1)])
    with open(out, "w") as f:
        f.write("truth,prediction,group\n")
        for t, b, g in zip(y, best, group):
            f.write(f"{t},{classes[b]},{g}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
