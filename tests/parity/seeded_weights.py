"""
Random weights that are never stored: TypeScript and Python make them by one formula.

Makes     goldens/seeded-weights/seeded-weights.json (example values, so that the formula has its own test)
Reference the formula below; numpy 2.4.6 only serves as the calculator
Run       python tests/parity/seeded_weights.py

THE FORMULA, for a tensor called `name` (its exact key in the file) of shape S:

    h0   = crc32(utf8(name))                          uint32; the CRC of zip and PNG (zlib.crc32)
    for every flat index i (row major) of S, all in uint32, that is modulo 2^32:
      x  = h0 + i * 0x9E3779B9
      x ^= x >> 16;  x *= 0x85EBCA6B                  the murmur3 finaliser
      x ^= x >> 13;  x *= 0xC2B2AE35
      x ^= x >> 16
      u  = (x >> 8) / 2^24 * 2 - 1                    in [-1, 1), exact even in float32
      value = float32(offset + u * gain)              computed in float64, rounded once

  offset and gain by the first rule that fits:

    one dimension, name ends with ".weight" (a norm)                    offset 1, gain 0.2
    one dimension, anything else (a bias)                               offset 0, gain 0.1
    name ends with "token_embedding.weight", "position_embedding.weight" offset 0, gain 0.5
    two dimensions or more                                              offset 0, gain sqrt(3 / fan_in)
                                                                        fan_in = product of all dimensions but the first

  When a golden says "dtype": "F16" every float32 value is then rounded to float16 (nearest, ties to even); the file
  holds the halves, the reference computes in float32 with exactly those values.

Signals keep their size with these gains: u has variance 1/3, so a sum over fan_in terms keeps variance 1.
"""

import math
import zlib

import numpy as np


def uniform(name: str, count: int) -> np.ndarray:
    """u of the formula for flat indices 0..count-1, float64."""
    i = np.arange(count, dtype=np.uint64).astype(np.uint32)
    x = np.uint32(zlib.crc32(name.encode("utf-8"))) + i * np.uint32(0x9E3779B9)
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x85EBCA6B)
    x ^= x >> np.uint32(13)
    x *= np.uint32(0xC2B2AE35)
    x ^= x >> np.uint32(16)
    return (x >> np.uint32(8)).astype(np.float64) / 2.0**24 * 2.0 - 1.0


def offset_and_gain(name: str, shape) -> tuple[float, float]:
    if len(shape) == 1:
        return (1.0, 0.2) if name.endswith(".weight") else (0.0, 0.1)
    if name.endswith(("token_embedding.weight", "position_embedding.weight")):
        return 0.0, 0.5
    return 0.0, math.sqrt(3.0 / math.prod(shape[1:]))


def seeded(name: str, shape, dtype: str = "F32") -> np.ndarray:
    """The tensor `name` as float32; with dtype "F16" its values are those of the rounded halves."""
    offset, gain = offset_and_gain(name, shape)
    value = (offset + uniform(name, math.prod(shape)) * gain).astype(np.float32).reshape(tuple(shape))
    return value.astype(np.float16).astype(np.float32) if dtype == "F16" else value


EXAMPLES = {
    "conv_in.weight": [32, 4, 3, 3],
    "conv_in.bias": [32],
    "down_blocks.0.resnets.0.norm1.weight": [32],
    "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.weight": [32, 32],
    "time_embedding.linear_1.weight": [128, 32],
    "text_model.embeddings.token_embedding.weight": [99, 32],
    "text_model.embeddings.position_embedding.weight": [16, 32],
    "text_model.final_layer_norm.bias": [32],
    "größe.weight": [3, 5, 7],
}


def main():
    from golden_files import versions, write_golden

    rows = []
    for name, shape in EXAMPLES.items():
        offset, gain = offset_and_gain(name, shape)
        values = seeded(name, shape).reshape(-1)
        halves = seeded(name, shape, "F16").reshape(-1)
        picks = sorted({0, 1, 2, 3, 4, values.size // 2, values.size - 1})
        rows.append({
            "name": name,
            "shape": shape,
            "crc32": zlib.crc32(name.encode("utf-8")),
            "offset": offset,
            "gain": gain,
            "index": picks,
            "u": [float(uniform(name, values.size)[k]) for k in picks],
            "f32": [float(values[k]) for k in picks],
            "f32Bits": [int(values.view(np.uint32)[k]) for k in picks],
            "f16Bits": [int(halves.astype(np.float16).view(np.uint16)[k]) for k in picks],
            "sum": float(values.astype(np.float64).sum()),
        })
    write_golden("seeded-weights", "seeded-weights", {
        "what": "Example values of the seeded-weights formula (tests/parity/seeded_weights.py tells it)",
        "references": versions("numpy"),
        "examples": rows,
    })


if __name__ == "__main__":
    main()
