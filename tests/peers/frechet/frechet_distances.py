"""
The ways of Python's tools to a Frechet distance, as a peer of Evaluate: one JSON request a line on standard input, one JSON
reply a line on standard output.

{"sets": [path, path], "rows": [N1, N2], "columns": D}   keeps two files of float32 features; replies {"versions"}
{"way": "sqrtm" | "eigvals", "from": "features" | "statistics"}   replies {"seconds", "value"}

sqrtm is pytorch-fid 0.3's: the trace of scipy's square root of S1 S2. eigvals is torch-fidelity 0.4's and torchmetrics 1.9's:
the sum of the roots of the eigenvalues of S1 S2. From features, numpy's mean and covariance are in the time; from
statistics, they were made before. Runs in a Python of the person's own that has numpy and scipy.
"""

import importlib.metadata
import json
import sys
import time

import numpy as np
from scipy import linalg

features = []
statistics = []


def moments(x):
    return x.mean(axis=0), np.cov(x, rowvar=False)


def kept(paths, rows, columns):
    global features, statistics
    features = [np.fromfile(path, dtype="<f4").astype(np.float64).reshape(n, columns) for path, n in zip(paths, rows)]
    statistics = [moments(x) for x in features]
    return {"versions": {name: importlib.metadata.version(name) for name in ("numpy", "scipy")}}


def overlap_by_sqrtm(s1, s2):
    root = linalg.sqrtm(s1.dot(s2))
    if not np.isfinite(root).all():
        offset = np.eye(len(s1)) * 1e-6
        root = linalg.sqrtm((s1 + offset).dot(s2 + offset))
    return np.trace(root).real


def overlap_by_eigvals(s1, s2):
    return np.sqrt(np.linalg.eigvals(s1.dot(s2)).astype("complex128")).real.sum()


def measured(way, source):
    overlap = {"sqrtm": overlap_by_sqrtm, "eigvals": overlap_by_eigvals}[way]
    began = time.perf_counter()
    (mu1, s1), (mu2, s2) = [moments(x) for x in features] if source == "features" else statistics
    gap = mu1 - mu2
    value = gap.dot(gap) + np.trace(s1) + np.trace(s2) - 2 * overlap(s1, s2)
    return {"seconds": time.perf_counter() - began, "value": float(value)}


if __name__ == "__main__":
    for line in sys.stdin:
        request = json.loads(line)
        if "sets" in request:
            reply = kept(request["sets"], request["rows"], request["columns"])
        else:
            reply = measured(request["way"], request["from"])
        print(json.dumps(reply), flush=True)
