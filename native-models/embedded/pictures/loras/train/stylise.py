"""
The two styles, as functions from a drawing to a picture: rgba [64,64,4] uint8 -> rgb [64,64,3] uint8.

Run     python stylise.py DRAWINGS.npz SHEET.png      a sheet to look at: drawing, pixel art, night neon
"""

import argparse

import numpy as np
from PIL import Image, ImageFilter

# ------------------------------------------------------------------------------------------------------ pixel art ----

# A cell is 4x4 pixels, and so is one value of the autoencoder's latents: only on this grid can it draw hard edges.
CELL = 4
COLOURS = 8
COVERED = 0.4  # the part of a cell that the drawing must cover for the cell to be filled
OUTLINE_SHADE = 0.3  # an outline cell is the colour of its neighbour times this


def pixel_art(rgba: np.ndarray) -> np.ndarray:
    """A coarse grid, few colours, hard edges, a dark outline, a white ground."""
    size = rgba.shape[0]
    cells = size // CELL

    # The drawing's own palette; the covered pixels alone choose it.
    opaque = rgba[..., 3] > 127
    if not opaque.any():
        return np.full((size, size, 3), 255, np.uint8)
    palette_of = Image.fromarray(rgba[..., :3][opaque][None]).quantize(COLOURS, Image.Quantize.MEDIANCUT)
    palette = np.asarray(palette_of.getpalette()[:3 * COLOURS], np.uint8).reshape(-1, 3)
    distance = ((rgba[:, :, None, :3].astype(np.int32) - palette.astype(np.int32)) ** 2).sum(-1)
    index = distance.argmin(-1)  # [64,64]

    # A cell takes the colour that most of its covered pixels have. A mean would blur, a majority keeps edges hard.
    votes = (np.eye(len(palette))[index] * opaque[..., None]).reshape(cells, CELL, cells, CELL, -1).sum((1, 3))
    colour = palette[votes.argmax(-1)].astype(np.float32)  # [16,16,3]
    filled = votes.sum(-1) > COVERED * CELL * CELL

    # Empty cells beside filled ones become the outline.
    picture = np.where(filled[..., None], colour, 255.0)
    total, count = np.zeros_like(colour), np.zeros(filled.shape)
    padded_colour, padded_filled = np.pad(colour, ((1, 1), (1, 1), (0, 0))), np.pad(filled, 1)
    for dy, dx in ((0, 1), (2, 1), (1, 0), (1, 2)):
        beside = padded_filled[dy:dy + cells, dx:dx + cells]
        total += padded_colour[dy:dy + cells, dx:dx + cells] * beside[..., None]
        count += beside
    outline = ~filled & (count > 0)
    picture[outline] = total[outline] / count[outline][:, None] * OUTLINE_SHADE
    return picture.round().astype(np.uint8).repeat(CELL, 0).repeat(CELL, 1)


# ----------------------------------------------------------------------------------------------------- night neon ----

GROUND = np.array([10, 12, 38], np.float32)  # dark navy
GLOW = np.array([60, 240, 255], np.float32)  # cyan
SATURATION, BRIGHTNESS = 1.6, 0.6
RIM_RADIUS, GLOW_RADIUS = 1.2, 4.0  # pixels, of the Gaussians


def blurred(alpha: np.ndarray, radius: float) -> np.ndarray:
    """[H,W] 0..1, blurred as if nothing lay outside the picture."""
    wide = np.pad(alpha, 16)
    image = Image.fromarray((wide * 255).round().astype(np.uint8)).filter(ImageFilter.GaussianBlur(radius))
    return np.asarray(image, np.float32)[16:-16, 16:-16] / 255


def night_neon(rgba: np.ndarray) -> np.ndarray:
    """A dark navy ground, the drawing dimmed and saturated, a bright cyan rim that glows into the night."""
    alpha = rgba[..., 3].astype(np.float32) / 255
    colour = rgba[..., :3].astype(np.float32)
    luminance = colour @ np.array([0.299, 0.587, 0.114], np.float32)
    dimmed = (luminance[..., None] + (colour - luminance[..., None]) * SATURATION).clip(0, 255) * BRIGHTNESS

    near = blurred(alpha, RIM_RADIUS)
    rim = (4 * near * (1 - near)) ** 1.5  # 1 on the drawing's edge, 0 inside and outside
    glow = 0.9 * blurred(alpha, GLOW_RADIUS) * (1 - alpha)

    picture = dimmed * alpha[..., None] + GROUND * (1 - alpha[..., None])
    picture = picture + (GLOW - picture) * glow[..., None]
    picture = picture + (GLOW - picture) * rim[..., None].clip(0, 1)
    return picture.round().clip(0, 255).astype(np.uint8)


def on_white(rgba: np.ndarray) -> np.ndarray:
    alpha = rgba[..., 3:].astype(np.float32) / 255
    return (rgba[..., :3] * alpha + 255 * (1 - alpha)).round().astype(np.uint8)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("drawings")
    parser.add_argument("sheet")
    arguments = parser.parse_args()
    rgba = np.load(arguments.drawings)["rgba"]
    columns = rgba[:: len(rgba) // 24][:24]
    rows = [np.concatenate([style(drawing) for drawing in columns], 1) for style in (on_white, pixel_art, night_neon)]
    sheet = Image.fromarray(np.concatenate(rows))
    sheet.resize((sheet.width * 2, sheet.height * 2), Image.Resampling.NEAREST).save(arguments.sheet)


if __name__ == "__main__":
    main()
