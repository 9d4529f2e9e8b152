"""
Goldens of the resizers, and of what the three FID tools give their Inception: Pillow's, torch's and TensorFlow 1's.

Makes     goldens/resizers/pillow.json
          cases[]: from [w,h] to [w,h], sha256 of Pillow's bicubic result as 8-bit RGB, and as mode F (float32 of all three
          channels, [h,w,3])
          goldens/resizers/bilinear.json + .safetensors
          torch.I, tensorflow.I [h,w,3] float32: the whole result of case I
          goldens/resizers/inception.json + .safetensors
          MODE.I [3,23,23] float32: every 13th row and column of what MODE's Inception gets, [3,299,299]
Reference pillow 13.0.0, torch 2.13.0, torch-fidelity 0.4.0 (interpolate_compat_tensorflow.py, bit-exact to TensorFlow 1
          on a CPU); pytorch-fid 0.3.0 and clean-fid 0.1.35 as their lines quoted below call those
Run       python tests/parity/make_resizers.py

Pictures are made by `noise`, here and in resizers.test.ts: all levels, nothing smooth, so every weight counts.
"""

import hashlib
import importlib.util
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from golden_files import versions, write_golden

torch.set_num_threads(1)
torch.set_grad_enabled(False)


def load_alone(package: str, module: str):
    """One file of a package: torch_fidelity as a whole wants torchvision, which nothing here needs."""
    file = Path(importlib.util.find_spec(package).origin).with_name(f"{module}.py")
    spec = importlib.util.spec_from_file_location(module, file)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


like_tensorflow = load_alone("torch_fidelity", "interpolate_compat_tensorflow")


def noise(width: int, height: int) -> np.ndarray:
    """[h,w,3] uint8: value i is the highest byte of a hash of i."""
    place = np.arange(width * height * 3, dtype=np.uint32)
    mixed = (place + np.uint32(1)) * np.uint32(0x9E3779B1)
    mixed = (mixed ^ (mixed >> np.uint32(15))) * np.uint32(0x85EBCA77)
    return (mixed >> np.uint32(24)).astype(np.uint8).reshape(height, width, 3)


def pillow_8_bit(rgb: np.ndarray, size: tuple) -> np.ndarray:
    return np.asarray(Image.fromarray(rgb).resize(size, Image.BICUBIC))


def pillow_float(rgb: np.ndarray, size: tuple) -> np.ndarray:
    """clean-fid, resize.py: Image.fromarray(x_np.astype(np.float32), mode='F').resize(output_size, resample)."""
    channels = [Image.fromarray(rgb[..., c].astype(np.float32)) for c in range(3)]
    assert all(channel.mode == "F" for channel in channels)
    return np.dstack([np.asarray(channel.resize(size, Image.BICUBIC)) for channel in channels])


def torch_bilinear(rgb: np.ndarray, size: tuple) -> torch.Tensor:
    """pytorch-fid, fid_score.py TF.ToTensor(); inception.py F.interpolate(mode='bilinear', align_corners=False)."""
    x = torch.from_numpy(rgb).permute(2, 0, 1).contiguous().float().div(255)[None]
    return F.interpolate(x, size=size[::-1], mode="bilinear", align_corners=False)[0]


def tensorflow_bilinear(rgb: np.ndarray, size: tuple) -> torch.Tensor:
    x = torch.from_numpy(rgb).permute(2, 0, 1).float()[None]
    return like_tensorflow.interpolate_bilinear_2d_like_tensorflow1x(
        x, size=size[::-1], align_corners=False)[0]


MODES = {
    "pytorch-fid": lambda rgb: 2 * torch_bilinear(rgb, (299, 299)) - 1,
    "clean-fid": lambda rgb: (torch.from_numpy(pillow_float(rgb, (299, 299)).clip(0, 255)).permute(2, 0, 1) - 128) / 128,
    "torch-fidelity": lambda rgb: (tensorflow_bilinear(rgb, (299, 299)) - 128) / 128,
}

SQUARE = (299, 299)
PILLOW = [
    ((1, 1), SQUARE), ((1, 40), SQUARE), ((40, 1), SQUARE), ((2, 2), SQUARE), ((3, 1000), SQUARE), ((17, 31), SQUARE),
    ((64, 64), SQUARE), ((150, 149), SQUARE), ((298, 300), SQUARE), (SQUARE, SQUARE), ((299, 100), SQUARE),
    ((100, 299), SQUARE), ((512, 512), SQUARE), ((640, 427), SQUARE), ((1023, 768), SQUARE), ((20000, 2), SQUARE),
    ((2, 20000), SQUARE), ((97, 61), (1, 1)), ((97, 61), (13, 200)), ((61, 97), (7, 2)), ((500, 333), (336, 224)),
    ((7, 5), (896, 3)),
]
BILINEAR = [
    ((1, 1), (3, 2)), ((1, 9), (5, 4)), ((9, 1), (4, 5)), ((5, 5), (7, 7)), ((17, 31), (40, 13)), ((13, 9), (13, 9)),
    ((64, 48), (21, 19)), ((400, 3), (29, 31)), ((3, 20000), (11, 23)), ((20000, 2), (37, 5)), ((10, 10), (1, 1)),
]
INCEPTION = [(1, 1), (1, 7), (24, 24), (33, 47), (299, 299), (299, 20), (300, 298), (512, 512), (640, 427), (20000, 2)]


def sha256(array: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


if __name__ == "__main__":
    write_golden("resizers", "pillow", {
        "what": "Pillow's bicubic, sha256 of the pixels",
        "references": versions("pillow"),
        "cases": [{"from": before, "to": after, "levels": sha256(pillow_8_bit(noise(*before), after)),
                   "float": sha256(pillow_float(noise(*before), after))} for before, after in PILLOW],
    })
    write_golden("resizers", "bilinear", {
        "what": "bilinear without antialias: torch's on 0..1, TensorFlow 1's on 0..255",
        "references": versions("torch", "torch_fidelity"),
        "cases": [{"from": before, "to": after} for before, after in BILINEAR],
    }, {f"{name}.{i}": resize(noise(*before), after).permute(1, 2, 0)
        for i, (before, after) in enumerate(BILINEAR)
        for name, resize in (("torch", torch_bilinear), ("tensorflow", tensorflow_bilinear))}, list_tensors=False)
    write_golden("resizers", "inception", {
        "what": "every 13th row and column of what the Inception of each tool is given",
        "references": versions("torch", "torch_fidelity", "pillow"),
        "sizes": INCEPTION,
    }, {f"{mode}.{i}": prepare(noise(*size))[:, ::13, ::13].float()
        for i, size in enumerate(INCEPTION) for mode, prepare in MODES.items()}, list_tensors=False)
