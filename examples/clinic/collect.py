#!/usr/bin/env python3
"""collect.py - takes the two feeds out of what Debian's python3-sklearn ships; changes no value.

data/biopsies.csv   569 records of the Breast Cancer Wisconsin (Diagnostic) table, with its column names
data/digits.csv     1,797 scanned digits of 8 x 8 grey pixels and what they show
"""
import csv
import os

from sklearn.datasets import load_breast_cancer, load_digits


def write(path, header, rows):
    with open(path, "w", newline="") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(header)
        out.writerows(rows)


def main():
    os.makedirs("data", exist_ok=True)
    cancer = load_breast_cancer()
    names = [str(n).replace(" ", "_") for n in cancer.feature_names]
    write("data/biopsies.csv", names + ["malignant"],
          [list(map(float, x)) + [1 - int(y)] for x, y in zip(cancer.data, cancer.target)])
    digits = load_digits()
    write("data/digits.csv", [f"p{i}" for i in range(64)] + ["digit"],
          [list(map(int, x)) + [int(y)] for x, y in zip(digits.data, digits.target)])


if __name__ == "__main__":
    main()
