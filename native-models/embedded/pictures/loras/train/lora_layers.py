"""
Low-rank changes beside the frozen layers of a UNet2DConditionModel.

    y = W x + alpha / rank * up(down(x))        LoRA, https://arxiv.org/abs/2106.09685, section 4.1

`down` has the kernel, stride and padding of the layer it stands beside and `rank` outputs; `up` is 1x1 (for convolutions
this is what LyCORIS calls LoCon, without its Tucker core).
"""

import math

import torch
from diffusers import UNet2DConditionModel
from torch import nn

# The layers that kohya-ss/sd-scripts' networks/lora.py takes: every Linear and convolution inside these.
ATTENTION = ("Transformer2DModel",)
CONVOLUTIONS = ("ResnetBlock2D", "Downsample2D", "Upsample2D")


class LowRank(nn.Module):
    """Weights are float32 whatever the network's type is: steps of the optimizer are too small for halves."""

    def __init__(self, layer: nn.Linear | nn.Conv2d, rank: int, alpha: float):
        super().__init__()
        self.scale = alpha / rank
        self.place = None if isinstance(layer, nn.Linear) else dict(stride=layer.stride, padding=layer.padding)
        out, into, *kernel = layer.weight.shape
        self.down = nn.Parameter(torch.empty(rank, into, *kernel))
        self.up = nn.Parameter(torch.zeros(out, rank, *(1 for _ in kernel)))  # zero: training begins at the base
        nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        down, up = self.down.to(x.dtype), self.up.to(x.dtype)
        if self.place is None:
            return nn.functional.linear(nn.functional.linear(x, down), up) * self.scale
        return nn.functional.conv2d(nn.functional.conv2d(x, down, **self.place), up) * self.scale


def targets(unet: UNet2DConditionModel, convolutions: bool) -> dict[str, nn.Module]:
    """{dotted path: layer}, in the network's order."""
    kinds = ATTENTION + CONVOLUTIONS if convolutions else ATTENTION
    found = {}
    for path, block in unet.named_modules():
        if type(block).__name__ not in kinds:
            continue
        for name, layer in block.named_modules():
            if isinstance(layer, (nn.Linear, nn.Conv2d)):
                found[f"{path}.{name}"] = layer
    return found


def attach(unet: UNet2DConditionModel, rank: int, alpha: float, convolutions: bool) -> dict[str, LowRank]:
    """Puts a LowRank beside each target and freezes the network itself; from now on the network computes both."""
    unet.requires_grad_(False)
    beside = {}
    for path, layer in targets(unet, convolutions).items():
        low_rank = LowRank(layer, rank, alpha)
        layer.register_forward_hook(lambda _layer, given, result, low_rank=low_rank: result + low_rank(given[0]))
        beside[path] = low_rank
    return beside
