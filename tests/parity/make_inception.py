"""
Goldens of the FID Inception: pytorch-fid's network with random weights that are never stored.

Makes     goldens/inception/random.json + .safetensors
          json: tensors, the shape of each weight by its name; statistics, [mean, variance] of what each convolution
          gives, by its path
          safetensors: pool3 [3,2048], logits [3,1008] without bias
Reference torch 2.13.0, pytorch-fid 0.3.0 (its network is torchvision 0.28.0's with other pools), float32 on the CPU
Run       python tests/parity/make_inception.py

Weights, from u of seeded_weights.py for the tensor's own name:

  conv.weight [out, in, kh, kw]   (u - mean of u over the filter) * sqrt(3 / (in * kh * kw))
  bn.weight                       1 + 0.2 u
  bn.bias                         0.1 u
  bn.running_mean                 mean + 0.1 u * sqrt(variance)      mean and variance of the convolution, below
  bn.running_var                  variance * (1 + 0.2 u)
  fc.weight                       u * sqrt(3 / 2048)
  fc.bias                         0.1 u

A filter whose mean is zero does not see what all activations have in common after a ReLU, and the statistics bring each
layer's signal back to the size of 1: so 94 convolutions neither lose it nor let it grow, and two pictures stay as
different as they were. The statistics are measured on the pictures below and on the embedded model's samples, and kept
to three digits; they only make the weights, so they need not be remade.

Pictures, [3, 299, 299] each, from u for the names "picture.I.coarse" [3, 13, 13] and "picture.I.fine" [3, 299, 299]:
0.7 * coarse, in squares of 23 x 23 pixels, + 0.3 * fine.
"""

import math
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from golden_files import versions, write_golden
from seeded_weights import uniform

torch.set_num_threads(2)
torch.set_grad_enabled(False)
SAMPLES = Path(__file__).resolve().parents[2] / "native-models/embedded/pictures/samples.png"


def network():
    """pytorch-fid's, without the weights that it would fetch."""
    from pytorch_fid import inception as reference

    load = torch.nn.Module.load_state_dict
    reference.load_state_dict_from_url = lambda *args, **kwargs: {}
    torch.nn.Module.load_state_dict = lambda *args, **kwargs: None
    try:
        return reference.fid_inception_v3().eval()
    finally:
        torch.nn.Module.load_state_dict = load


def picture(index: int) -> np.ndarray:
    coarse = uniform(f"picture.{index}.coarse", 3 * 13 * 13).reshape(3, 13, 13)
    fine = uniform(f"picture.{index}.fine", 3 * 299 * 299).reshape(3, 299, 299)
    return (0.7 * coarse.repeat(23, axis=1).repeat(23, axis=2) + 0.3 * fine).astype(np.float32)


def samples() -> np.ndarray:
    """Four drawings of the embedded model."""
    whole = Image.open(SAMPLES).convert("RGB")
    places = [(130, 140), (407, 271), (270, 410), (540, 280)]
    parts = [whole.crop((x, y, x + 90, y + 90)).resize((299, 299), Image.Resampling.BILINEAR) for x, y in places]
    return np.stack([np.array(part).transpose(2, 0, 1) / 127.5 - 1 for part in parts]).astype(np.float32)


def seeded(name: str, shape, statistics: dict) -> np.ndarray:
    u = uniform(name, math.prod(shape))
    path, _, kind = name.rpartition(".")
    if len(shape) == 4:
        filters = u.reshape(shape[0], -1)
        size = filters.shape[1]
        # Every u is a multiple of 2^-23, so these sums are exact in any order.
        value = (filters - filters.sum(axis=1, keepdims=True) / size) * math.sqrt(3 / size)
    elif kind == "running_mean":
        mean, variance = statistics[path.removesuffix(".bn")]
        value = mean + 0.1 * u * math.sqrt(variance)
    elif kind == "running_var":
        value = statistics[path.removesuffix(".bn")][1] * (1 + 0.2 * u)
    elif name == "fc.weight":
        value = u * math.sqrt(3 / shape[1])
    else:
        value = 1 + 0.2 * u if kind == "weight" else 0.1 * u
    return value.astype(np.float32).reshape(shape)


def measure(model, pixels: torch.Tensor) -> dict:
    """[mean, variance] of what each convolution gives when all before it are normalised."""
    statistics = {}

    def before(path):
        def hook(bn, inputs):
            mean, variance = (float(f"{x:.3g}") for x in (inputs[0].mean(), inputs[0].var()))
            statistics[path] = [mean, variance]
            for kind in ("running_mean", "running_var"):
                value = seeded(f"{path}.bn.{kind}", bn.running_mean.shape, statistics)
                getattr(bn, kind).copy_(torch.from_numpy(value))
        return hook

    hooks = [module.register_forward_pre_hook(before(name.removesuffix(".bn")))
             for name, module in model.named_modules() if name.endswith(".bn")]
    features(model, pixels)
    for hook in hooks:
        hook.remove()
    return statistics


def features(model, pixels: torch.Tensor) -> torch.Tensor:
    model.fc, fc = torch.nn.Identity(), model.fc
    model.dropout = torch.nn.Identity()
    pool3 = model(pixels)
    model.fc = fc
    return pool3


def main():
    model = network()
    shapes = {name: list(tensor.shape) for name, tensor in model.state_dict().items()
              if not name.endswith("num_batches_tracked")}
    assert len(shapes) == 472 and sum(math.prod(shape) for shape in shapes.values()) == 23_885_392
    load = lambda names, statistics: model.load_state_dict(
        {name: torch.from_numpy(seeded(name, shapes[name], statistics)) for name in names}, strict=False)

    load([name for name in shapes if "running" not in name], {})
    pixels = torch.from_numpy(np.stack([picture(index) for index in range(3)]))
    drawings = torch.from_numpy(samples())
    statistics = measure(model, torch.cat([pixels, drawings]))
    load(shapes, statistics)

    pool3 = features(model, pixels)
    logits = pool3 @ model.fc.weight.T
    for name, values in {"squares": pool3, "drawings": features(model, drawings)}.items():
        unit = values / values.norm(dim=1, keepdim=True)
        print(name, "mean", values.mean().item(), "largest", values.max().item(), "cosines", (unit @ unit.T).tolist(),
              file=sys.stderr)
    write_golden("inception", "random", {
        "what": "the FID Inception with random weights, which make_inception.py tells how to make",
        "references": versions("torch", "torchvision", "pytorch-fid"),
        "tensors": shapes,
        "statistics": statistics,
    }, {"pool3": pool3, "logits": logits})


if __name__ == "__main__":
    main()
