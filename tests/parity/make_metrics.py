"""
Metrics on fixed features: what the field's own tools give on the same numbers.

Reference pytorch-fid 0.3.0 (fid_score.calculate_frechet_distance, scipy 1.17.1's sqrtm), torch-fidelity 0.4.0
(fid_statistics_to_metric, kid_features_to_metric, prc_features_to_metric), torchmetrics 1.9.0 (_compute_fid, poly_mmd,
clip_score), prdc 0.2 (compute_prdc). Features are float32 and made by the same formula on both sides (`features` here and in metrics.test.ts), so a
golden is only numbers. KID over all pairs is the formula of Binkowski and others in float64; torch-fidelity's own function
has to agree with it on sets of one size, or nothing is written. FID-infinity has no package: it is pytorch-fid's distance on
the subsets that RandomState(1) draws, and dgm-eval's compute_FD_infinity gave the same on those subsets.

    python make_metrics.py
"""

import base64
import contextlib
import importlib.abc
import importlib.machinery
import io
import sys
import types
import zipfile

import numpy as np
import torch
from scipy import linalg

from golden_files import versions, write_golden

torch.set_num_threads(2)


class Anything(type):
    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything(name, (), {})


class StandIn(types.ModuleType):
    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything(name, (), {})


class StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """torch-fidelity and torchmetrics import torchvision for networks that are not used here."""

    def find_spec(self, name, path, target=None):
        if name.split(".")[0] == "torchvision":
            return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        return StandIn(spec.name)

    def exec_module(self, module):
        pass


sys.meta_path.insert(0, StandIns())
from prdc import compute_prdc  # noqa: E402
from pytorch_fid.fid_score import calculate_frechet_distance  # noqa: E402
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric  # noqa: E402
from torch_fidelity.metric_kid import kernel_mmd, kid_features_to_metric  # noqa: E402
from torch_fidelity.metric_prc import prc_features_to_metric  # noqa: E402
from torchmetrics.functional.multimodal.clip_score import clip_score  # noqa: E402
from torchmetrics.image.fid import _compute_fid  # noqa: E402
from torchmetrics.image.kid import poly_mmd  # noqa: E402


def features(seed: int, rows: int, columns: int, shift: float) -> np.ndarray:
    """max(0, randn * scale_j + shift) in float32, scale_j = 2 / (1 + j/8): skewed and of falling variance, as pool3 is."""
    noise = torch.randn(rows * columns, generator=torch.Generator().manual_seed(seed)).numpy().reshape(rows, columns)
    scale = np.array([2 / (1 + j / 8) for j in range(columns)], dtype=np.float32)
    return np.maximum(noise * scale + np.float32(shift), np.float32(0))


def statistics(x: np.ndarray):
    return x.astype(np.float64).mean(axis=0), np.cov(x.astype(np.float64), rowvar=False)


def kid_over_all_pairs(x: np.ndarray, y: np.ndarray) -> float:
    x, y = x.astype(np.float64), y.astype(np.float64)
    (n, d), m = x.shape, len(y)
    k = lambda a, b: (a @ b.T / d + 1) ** 3  # noqa: E731
    kxx, kyy = k(x, x), k(y, y)
    within = (kxx.sum() - np.trace(kxx)) / (n * (n - 1)) + (kyy.sum() - np.trace(kyy)) / (m * (m - 1))
    return float(within - 2 * k(x, y).mean())


FIDELITY = {"kid_kernel": "poly", "kid_kernel_poly_degree": 3, "kid_kernel_poly_gamma": None, "kid_kernel_poly_coef0": 1}

CASES = {
    # name: (rows, columns, shift) of the generated and of the reference set
    "more-pictures-than-dimensions": ((300, 48, 0.6), (260, 48, 0.5)),
    "fewer-pictures-than-dimensions": ((60, 256, 0.55), (90, 256, 0.5)),
    "more-and-fewer": ((40, 128, 0.7), (500, 128, 0.5)),
    "same-number": ((400, 64, 0.52), (400, 64, 0.5)),
    "subsets": ((1100, 24, 0.55), (1050, 24, 0.5)),
}


def sets(name: str):
    (n, d, shift), (m, _, other) = CASES[name]
    return features(100, n, d, shift), features(200, m, d, other)


def frechet(x: np.ndarray, y: np.ndarray) -> dict:
    (mu1, s1), (mu2, s2) = statistics(x), statistics(y)
    fidelity = fid_statistics_to_metric(
        *(fid_features_to_statistics(torch.from_numpy(v.astype(np.float64))) for v in (x, y)), False
    )["frechet_inception_distance"]
    tensors = [torch.from_numpy(v) for v in (mu1, s1, mu2, s2)]
    return {
        "pytorch-fid": float(calculate_frechet_distance(mu1, s1, mu2, s2)),
        "torch-fidelity": fidelity,
        "torchmetrics": float(_compute_fid(*tensors)),
    }


def fid_infinity(x: np.ndarray, y: np.ndarray) -> dict:
    """Chong and Forsyth's extrapolation: pytorch-fid's distance on random subsets of x, numpy's least squares on 1/N."""
    random = np.random.RandomState(1)
    sizes = np.linspace(min(5000, max(len(x) // 10, 2)), len(x), 15).astype(int)
    reference = statistics(y)
    drawn = [x[random.choice(len(x), size, replace=False)] for size in sizes]
    values = [float(calculate_frechet_distance(*statistics(subset), *reference)) for subset in drawn]
    design = np.stack([np.ones(len(sizes)), 1 / sizes], axis=1)
    (intercept, slope), *_ = np.linalg.lstsq(design, np.array(values), rcond=None)
    return {"sizes": sizes.tolist(), "values": values, "intercept": float(intercept), "slope": float(slope)}


def kid(name: str, x: np.ndarray, y: np.ndarray) -> dict:
    told = {"formula": kid_over_all_pairs(x, y)}
    if len(x) == len(y):
        told["torch-fidelity"] = float(kernel_mmd(x.astype(np.float64), y.astype(np.float64), **FIDELITY))
        told["torchmetrics"] = float(poly_mmd(torch.from_numpy(y).double(), torch.from_numpy(x).double()))
        for tool in ("torch-fidelity", "torchmetrics"):
            assert abs(told[tool] - told["formula"]) < 1e-12, (name, told)
    if min(len(x), len(y)) >= 1000:
        subsets = kid_features_to_metric(
            torch.from_numpy(x).double(), torch.from_numpy(y).double(),
            kid_subsets=100, kid_subset_size=1000, rng_seed=2020, verbose=False, **FIDELITY,
        )
        told["subsetsMean"] = subsets["kernel_inception_distance_mean"]
        told["subsetsDeviation"] = subsets["kernel_inception_distance_std"]
    return told


def precision_recall(x: np.ndarray, y: np.ndarray) -> dict:
    told = prc_features_to_metric(
        torch.from_numpy(x).double(), torch.from_numpy(y).double(),
        prc_neighborhood=3, prc_batch_size=10000, save_cpu_ram=False, verbose=False,
    )
    return {"precision": told["precision"], "recall": told["recall"]}


def density_coverage(x: np.ndarray, y: np.ndarray) -> dict:
    with contextlib.redirect_stdout(io.StringIO()):
        told = compute_prdc(y.astype(np.float64), x.astype(np.float64), nearest_k=5)
    return {"density": float(told["density"]), "coverage": float(told["coverage"])}


class GivenClip:
    """torchmetrics' clip_score with vectors in place of a network."""

    class config:
        pass

    def __init__(self, pictures, texts):
        self.pictures, self.texts = pictures, texts

    def to(self, device):
        return self

    def __call__(self, **data):
        kind = "pixel_values" if "images" in data else "input_ids"
        return {kind: torch.zeros(1), "attention_mask": torch.zeros(1)}

    def get_image_features(self, pixels):
        return self.pictures

    def get_text_features(self, ids, mask):
        return self.texts


def captions() -> dict:
    pictures = torch.from_numpy(features(300, 30, 32, 0.3) - np.float32(0.3))
    texts = torch.from_numpy(features(301, 30, 32, 0.6) - np.float32(0.2))
    given = GivenClip(pictures, texts)
    told = clip_score(
        [torch.zeros(3, 4, 4, dtype=torch.uint8)] * 30, ["a"] * 30, model_name_or_path=lambda: (given, given)
    )
    a, b = (v.double() / v.double().norm(dim=-1, keepdim=True) for v in (pictures, texts))
    cosines = (a * b).sum(dim=-1)
    return {
        "torchmetrics": float(told),
        "cosines": cosines.tolist(),
        # clipscore's clipscore.py: 2.5 * np.clip(np.sum(images * candidates, axis=1), 0, None), in float64
        "paper": float((2.5 * cosines.clip(min=0)).mean()),
    }


def gaussians() -> list:
    """Between Gaussians whose distance has a closed form, and pytorch-fid's own on ones that have none."""
    random = np.random.RandomState(5)
    told = []
    for size, rank in ((12, 12), (12, 5)):
        basis = random.standard_normal((size, rank))
        other = random.standard_normal((size, rank))
        s1, s2 = basis @ basis.T / size, other @ other.T / size
        mu1, mu2 = random.standard_normal(size), random.standard_normal(size)
        # T = nuclear norm of basis^T other: exact for any rank
        overlap = linalg.svdvals(basis.T @ other).sum() / size
        exact = ((mu1 - mu2) ** 2).sum() + np.trace(s1) + np.trace(s2) - 2 * overlap
        told.append({"mu": [mu1.tolist(), mu2.tolist()], "sigma": [s1.ravel().tolist(), s2.ravel().tolist()],
                     "rank": rank, "exact": float(exact),
                     "pytorch-fid": float(calculate_frechet_distance(mu1, s1, mu2, s2))})
    return told


def npz_files() -> dict:
    """Statistics as numpy writes them in all its ways, base64."""
    mu = np.array([0.5, -1.25, 3])
    sigma = np.array([[2, 0.5, 0.25], [0.5, 3, 0], [0.25, 0, 1]])
    told = {}

    def keep(name, save, **arrays):
        held = io.BytesIO()
        save(held, **arrays)
        told[name] = base64.b64encode(held.getvalue()).decode()

    def version_2(held, **arrays):
        with zipfile.ZipFile(held, "w") as archive:
            for key, value in arrays.items():
                with archive.open(f"{key}.npy", "w", force_zip64=True) as entry:
                    np.lib.format.write_array(entry, value, version=(2, 0))

    keep("stored", np.savez, mu=mu, sigma=sigma)
    keep("deflated", np.savez_compressed, mu=mu, sigma=sigma)
    for name, dtype in (("float32", "<f4"), ("float16", "<f2"), ("big-endian", ">f8")):
        keep(name, np.savez, mu=mu.astype(dtype), sigma=sigma.astype(dtype))
    keep("fortran", np.savez, mu=mu, sigma=sigma, other=np.asfortranarray(np.arange(24.0).reshape(2, 3, 4)))
    keep("version-2", version_2, mu=mu, sigma=sigma)
    keep("objects", np.savez, mu=np.array([{"a": 1}], dtype=object), sigma=sigma)
    return told


def main():
    used = versions("torch", "numpy", "scipy", "pytorch-fid", "torch-fidelity", "torchmetrics", "prdc")
    for name in CASES:
        x, y = sets(name)
        (n, d, shift), (m, _, other) = CASES[name]
        write_golden("metrics", name, {
            "versions": used,
            "generated": {"seed": 100, "rows": n, "columns": d, "shift": shift},
            "reference": {"seed": 200, "rows": m, "columns": d, "shift": other},
            "sum": [float(x.astype(np.float64).sum()), float(y.astype(np.float64).sum())],
            "fid": frechet(x, y),
            "fid-infinity": fid_infinity(x, y),
            "kid": kid(name, x, y),
            "prc": precision_recall(x, y),
            "density-coverage": density_coverage(x, y),
        })
    write_golden("metrics", "captions", {"versions": used, **captions()})
    write_golden("metrics", "gaussians", {"versions": used, "pairs": gaussians()})
    write_golden("metrics", "npz", {"versions": used, "files": npz_files()})
    random = np.random.RandomState(2020)
    drawn = [random.choice(n, 7, replace=False).tolist() for n in (1, 7, 100, 1000, 5000) if n >= 7]
    write_golden("metrics", "random-state", {"versions": used, "counts": [7, 100, 1000, 5000], "choices": drawn})


if __name__ == "__main__":
    main()
