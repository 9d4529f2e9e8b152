"""The LoRAs that are trained here: name -> what makes one differ from another."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stylise import night_neon, pixel_art


@dataclass(frozen=True)
class Style:
    title: str
    trigger: str  # the words of a prompt that call the style
    picture: Callable[[np.ndarray], np.ndarray]  # drawing -> what the LoRA has to make of it (stylise.py)
    rank: int
    alpha: float  # a layer's change is alpha / rank * up @ down
    convolutions: bool  # change the residual blocks and samplers too, or the attention blocks alone
    dialect: str  # "kohya" or "peft" (lora_files.py)
    description: str


STYLES = {
    "pixel-art": Style(
        title="Pixel art",
        trigger="pixel art style",
        picture=pixel_art,
        rank=12,
        alpha=6.0,
        # Its grid is as fine as the latents (16x16); the attention blocks work on 8x8 and cannot draw it alone.
        convolutions=True,
        dialect="kohya",
        description="Coarse square cells, few colours, hard edges and a dark outline.",
    ),
    "night-neon": Style(
        title="Night neon",
        trigger="night neon style",
        picture=night_neon,
        rank=8,
        alpha=4.0,
        convolutions=True,  # likewise its rim
        dialect="peft",
        description="A dark navy ground, the subject dimmed and saturated inside a glowing cyan rim.",
    ),
}
