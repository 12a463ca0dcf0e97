#!/usr/bin/env python3
"""train.py TRAIN.csv MODEL_DIR - fits a scikit-learn classifier on the last column and writes the model as people do:

model.pkl            the fitted pipeline, pickled
weights.npz          the same weights as plain arrays
weights.safetensors  and once more, without any code in the file
config.json          what it is
"""
import json
import os
import pickle
import struct
import sys

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def save_safetensors(path, arrays):
    header, offset = {"__metadata__": {"format": "np"}}, 0
    for name, a in arrays.items():
        header[name] = {"dtype": "F64", "shape": list(a.shape), "data_offsets": [offset, offset + a.nbytes]}
        offset += a.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for a in arrays.values():
            f.write(a.tobytes())


def main(table, folder):
    with open(table) as f:
        columns = f.readline().strip().split(",")
    data = np.loadtxt(table, delimiter=",", skiprows=1)
    x, y = data[:, :-1], data[:, -1].astype(int)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)).fit(x, y)
    scale, fit = model[0], model[1]
    arrays = {"mean": scale.mean_, "scale": scale.scale_, "coef": np.ascontiguousarray(fit.coef_),
              "intercept": fit.intercept_}
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "model.pkl"), "wb") as f:
        pickle.dump(model, f, protocol=4)
    np.savez(os.path.join(folder, "weights.npz"), **arrays)
    save_safetensors(os.path.join(folder, "weights.safetensors"), arrays)
    with open(os.path.join(folder, "config.json"), "w") as f:
        json.dump({"task": "classification", "inputs": columns[:-1], "target": columns[-1],
                   "classes": [int(c) for c in fit.classes_], "rows": len(y)}, f, indent=1)


if __name__ == "__main__":
    main(*sys.argv[1:])
