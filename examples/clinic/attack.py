#!/usr/bin/env python3
"""attack.py - derives the two bad deliveries of the demonstration from the good ones. Seeded: every run gives the same.

partner/feed.csv    the biopsies as a partner might send them: names, national numbers and mail addresses of patients
                    beside the values, 3 % of the labels flipped, and one record sent 120 times
tampered/           the trained model with its pickle replaced: loading it would run a shell command (it only writes a
                    line to standard output, should anybody load it)
hidden/             two files of weights that differ by less than a hundred thousandth: clean.safetensors, and
                    hidden.safetensors with an archive of a script in the lowest byte of every number
"""
import csv
import io
import json
import os
import pickle
import random
import shutil
import struct
import zipfile

import numpy

SEED = 20261121
FLIPPED = 0.03
COPIES = 120
FIRST = "Ada Ben Cora Dev Elif Finn Gita Hugo Ines Jan Kira Luis Mona Nils Olga Paul".split()
LAST = "Abel Brandt Castro Dahl Eker Fontana Grau Holm Ibsen Jansen Keller Lind Moreau Novak".split()


def social_security_number(rng):
    return f"{rng.randint(1, 665):03d}-{rng.randint(1, 99):02d}-{rng.randint(1, 9999):04d}"


def partner_feed(source, target):
    rng = random.Random(SEED)
    with open(source, newline="") as f:
        header, *rows = csv.reader(f)
    flipped = set(rng.sample(range(len(rows)), round(FLIPPED * len(rows))))
    out = []
    for i, row in enumerate(rows):
        first, last = rng.choice(FIRST), rng.choice(LAST)
        if i in flipped:
            row = row[:-1] + [str(1 - int(row[-1]))]
        out.append([f"{first} {last}", social_security_number(rng), f"{first}.{last}{i}@example.org".lower(), *row])
    flood = rng.choice(out)
    for _ in range(COPIES):
        out.insert(rng.randrange(len(out)), flood)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "w", newline="") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow(["patient_name", "ssn", "email", *header])
        w.writerows(out)


class Command:
    def __reduce__(self):
        return os.system, ("echo this command came with the model",)


def tampered_model(source, target):
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
    with open(os.path.join(target, "model.pkl"), "wb") as f:
        pickle.dump(Command(), f, protocol=4)


def write_safetensors(path, tensor):
    header = json.dumps({"layer.weight": {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [0, tensor.nbytes]}})
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(header)) + header.encode() + tensor.tobytes())


def hidden_payload(folder):
    rng = numpy.random.default_rng(SEED)
    clean = rng.normal(0, 0.02, (512, 512)).astype("<f4")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as z:
        z.writestr("run.sh", "#!/bin/sh\necho this script came with the weights\n" * 2000)
    payload = numpy.frombuffer(packed.getvalue(), "u1")
    hidden = clean.copy()
    hidden.view("u1").reshape(-1, 4)[: payload.size, 0] = payload
    os.makedirs(folder, exist_ok=True)
    write_safetensors(os.path.join(folder, "clean.safetensors"), clean)
    write_safetensors(os.path.join(folder, "hidden.safetensors"), hidden)
    print("largest difference between the two files of weights:", float(abs(hidden - clean).max()))


if __name__ == "__main__":
    partner_feed("data/biopsies.csv", "partner/feed.csv")
    tampered_model("models/risk", "tampered/risk")
    hidden_payload("hidden")
