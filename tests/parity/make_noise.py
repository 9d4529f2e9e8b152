"""
Goldens of torch's CPU random numbers, bit for bit: what a seed means in every Stable Diffusion program.

Makes     goldens/noise/randn.json + .safetensors      one draw of each size from each seed
          goldens/noise/sequences.json + .safetensors  several draws from one generator
          goldens/noise/raw.json + .safetensors        the 32-bit words under them, and torch.rand
Reference torch 2.13.0; its vectorised path (AVX2 or wider) where the processor has it, as everywhere in practice
Run       python tests/parity/make_noise.py

THE ALGORITHM, restated in numpy below; every time this script runs it asserts that the restatement gives torch's bits:

  mt19937 seeded by the low 32 bits of the seed (Knuth's 1812433253 recurrence).
  word()    32 bits. long() = 64 bits: the FIRST word is the high half.
  uniform   float32: (word() mod 2^24) / 2^24;  float64: (long() mod 2^53) / 2^53.
  randn of fewer than 16 values, one after another ("scalar"):
      if the generator holds a cached normal: give it and forget it; else, in float64,
      u1 = uniform64, u2 = uniform64, r = sqrt(-2 log1p(-u2)), a = 2 pi u1; give r cos a, cache r sin a; round to float32.
      The cache belongs to the generator: it outlives the call, and vector draws in between leave it alone.
  randn of 16 values or more ("vector"):
      fill all with uniform float32; then every whole block of 16 in place, j = 0..7, in float32:
      u1 = 1 - block[j], u2 = block[j+8], r = sqrt(-2 log u1), a = 2 pi u2; block[j] = r cos a, block[j+8] = r sin a;
      when the count is no multiple of 16, the LAST 16 places are filled anew with 16 fresh uniforms and transformed.
      log, sin and cos are not the C library's but the float32 polynomials of the Cephes library, as the AVX2 build of
      torch evaluates them (vector_log and vector_sin_cos below; AVX-512 machines run the same code). fma(a, b, c) is
      a*b + c rounded once: in a language with doubles round32(a*b + c), because a*b is exact in float64.
      A torch without AVX2 (Apple's processors, or ATEN_CPU_CAPABILITY=default) takes the C library's functions there:
      "againstPlainPath" in the goldens says how little that changes.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
import torch

SEEDS = [0, 7, 42, 2**31, 2**32 + 5, 2**53 - 1]
SHAPES = [[1], [5], [15], [16], [17], [31], [33], [100], [1024], [1, 4, 16, 16], [3, 4, 9, 7]]
SEQUENCES = [
    (7, [[5], [5]]),
    (7, [[5], [16], [5]]),
    (7, [[1], [1], [1], [1]]),
    (42, [[3], [17], [4]]),
    (42, [[15], [33], [15]]),
    (0, [[1, 4, 3, 5], [1, 4, 3, 5], [1, 4, 3, 5]]),
    (2**32 + 5, [[16], [1], [16], [1]]),
    (123456789, [[700], [3], [1]]),
]


def name_of(shape) -> str:
    return "x".join(map(str, shape))


def draw() -> dict:
    values = {}
    for seed in SEEDS:
        for shape in SHAPES:
            generator = torch.Generator("cpu").manual_seed(seed)
            values[f"randn.{seed}.{name_of(shape)}"] = torch.randn(shape, generator=generator).numpy()
    for index, (seed, shapes) in enumerate(SEQUENCES):
        generator = torch.Generator("cpu").manual_seed(seed)
        for step, shape in enumerate(shapes):
            values[f"sequence.{index}.{step}"] = torch.randn(shape, generator=generator).numpy()
    for seed in SEEDS:
        # Over the whole range of int64 random_ gives the 64-bit longs as they are: each is two words, high one first.
        generator = torch.Generator("cpu").manual_seed(seed)
        longs = torch.empty(350, dtype=torch.int64).random_(-2**63, None, generator=generator).numpy().view(np.uint64)
        values[f"words.{seed}"] = np.stack([longs >> np.uint64(32), longs & np.uint64(0xFFFFFFFF)], 1).reshape(-1).astype(np.int64)
        generator = torch.Generator("cpu").manual_seed(seed)
        values[f"rand.{seed}"] = torch.rand(20, generator=generator).numpy()
    return values


F = np.float32


def fma(a, b, c) -> np.ndarray:
    return (np.asarray(a, np.float64) * np.asarray(b, np.float64) + np.asarray(c, np.float64)).astype(F)


def vector_log(x: np.ndarray) -> np.ndarray:
    """Natural logarithm of float32 in (0, 1]: x = 2^e m, then a polynomial in m - 1."""
    bits = np.maximum(x, F(2.0**-126)).view(np.int32)
    e = ((bits >> 23) - 127).astype(F) + F(1)
    m = ((bits & 0x007FFFFF) | 0x3F000000).astype(np.int32).view(F)
    small = m < F(0.707106781186547524)
    e = np.where(small, e - F(1), e)
    m = m - F(1) + np.where(small, m, F(0))
    z = m * m
    y = np.full_like(m, F(7.0376836292e-2))
    for p in (-1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
              -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1):
        y = fma(y, m, F(p))
    y = fma(y * m, z, e * F(-2.12194440e-4))
    y = fma(z, F(-0.5), y)
    return fma(e, F(0.693359375), m + y)


def vector_sin_cos(x: np.ndarray):
    """Sine and cosine of float32 >= 0: the octant j, the rest by pi/4 in three parts, then two polynomials."""
    j = ((x * F(1.27323954473516)).astype(np.int32) + 1) & ~1
    y = j.astype(F)
    for part in (-0.78515625, -2.4187564849853515625e-4, -3.77489497744594108e-8):
        x = fma(y, F(part), x)
    z = x * x
    c = np.full_like(x, F(2.443315711809948e-5))
    for p in (-1.388731625493765e-3, 4.166664568298827e-2):
        c = fma(c, z, F(p))
    c = fma(c * z, z, -(z * F(0.5))) + F(1)
    s = np.full_like(x, F(-1.9515295891e-4))
    for p in (8.3321608736e-3, -1.6666654611e-1):
        s = fma(s, z, F(p))
    s = fma(s * z, x, x)
    straight = (j & 2) == 0
    sin_sign = np.where((j & 4) != 0, F(-1), F(1))
    cos_sign = np.where((~(j - 2) & 4) != 0, F(-1), F(1))
    return np.where(straight, s, c) * sin_sign, np.where(straight, c, s) * cos_sign


class Restated:
    """The algorithm above, in numpy: words from an independent mt19937."""

    def __init__(self, seed: int):
        self.source = np.random.RandomState(seed & 0xFFFFFFFF)._bit_generator
        self.cached = None

    def word(self) -> int:
        return int(self.source.random_raw())

    def uniform32(self) -> np.float32:
        return np.float32((self.word() & 0xFFFFFF) / 2.0**24)

    def uniform64(self) -> float:
        high = self.word()
        return (((high << 32) | self.word()) & (2**53 - 1)) / 2.0**53

    def scalar(self) -> float:
        if self.cached is not None:
            value, self.cached = self.cached, None
            return value
        u1 = self.uniform64()
        u2 = self.uniform64()
        r = np.sqrt(-2.0 * np.log1p(-u2))
        self.cached = r * np.sin(2.0 * np.pi * u1)
        return r * np.cos(2.0 * np.pi * u1)

    @staticmethod
    def transform(block: np.ndarray):
        r = np.sqrt(F(-2) * vector_log(F(1) - block[:8]))
        sin, cos = vector_sin_cos(F(2 * np.pi) * block[8:])
        block[:8], block[8:] = r * cos, r * sin

    def randn(self, shape) -> np.ndarray:
        count = int(np.prod(shape))
        if count < 16:
            return np.array([self.scalar() for _ in range(count)], dtype=np.float32).reshape(shape)
        data = np.array([self.uniform32() for _ in range(count)], dtype=np.float32)
        for start in range(0, count - 15, 16):
            self.transform(data[start:start + 16])
        if count % 16:
            data[-16:] = [self.uniform32() for _ in range(16)]
            self.transform(data[-16:])
        return data.reshape(shape)


def restate() -> dict:
    values = {}
    for seed in SEEDS:
        for shape in SHAPES:
            values[f"randn.{seed}.{name_of(shape)}"] = Restated(seed).randn(shape)
    for index, (seed, shapes) in enumerate(SEQUENCES):
        generator = Restated(seed)
        for step, shape in enumerate(shapes):
            values[f"sequence.{index}.{step}"] = generator.randn(shape)
    for seed in SEEDS:
        generator = Restated(seed)
        values[f"words.{seed}"] = np.array([generator.word() for _ in range(700)], dtype=np.int64)
        generator = Restated(seed)
        values[f"rand.{seed}"] = np.array([generator.uniform32() for _ in range(20)], dtype=np.float32)
    return values


def difference(a: dict, b: dict) -> dict:
    """How far two sets of draws are apart, the worst over all of them."""
    absolute, units, unequal, total = 0.0, 0, 0, 0
    for key, x in a.items():
        y = b[key]
        if x.dtype != np.float32:
            assert (x == y).all(), key
            continue
        absolute = max(absolute, float(np.abs(x.astype(np.float64) - y).max()))
        ordered = [np.where(v.view(np.int32) < 0, np.int64(-2**31) - v.view(np.int32), v.view(np.int32)) for v in (x, y)]
        units = max(units, int(np.abs(ordered[0].astype(np.int64) - ordered[1]).max()))
        unequal += int((x != y).sum())
        total += x.size
    return {"maxAbsolute": absolute, "maxUnitsInLastPlace": units, "unequal": unequal, "of": total}


def bits(values: dict, prefix: str) -> dict:
    return {key: values[key].reshape(-1)[:4].view(np.uint32).tolist() for key in values
            if key.startswith(prefix) and values[key].dtype == np.float32}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--dump", help="only draw, into this .npz (used by this script for its own subprocess)")
    dump = arguments.parse_args().dump
    values = draw()
    if dump:
        np.savez(dump, capability=torch.backends.cpu.get_cpu_capability(), **values)
        return

    from golden_files import versions, write_golden

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "plain.npz")
        subprocess.run([sys.executable, __file__, "--dump", path], check=True,
                       env={**os.environ, "ATEN_CPU_CAPABILITY": "default"})
        plain = dict(np.load(path))
    assert str(plain.pop("capability")) == "DEFAULT"
    restated = restate()
    for key, x in values.items():
        assert (x.reshape(-1) == restated[key].reshape(-1)).all(), f"{key}: the restatement is not torch's"
        assert x.size >= 16 or key.startswith("words") or (x == plain[key]).all(), key
    shared = {
        "references": versions("torch"),
        "capability": torch.backends.cpu.get_cpu_capability(),
        "againstRestated": "bit-equal to the restatement in make_noise.py, all of them",
        "againstPlainPath": {
            "what": "draws of 16 and more by torch with ATEN_CPU_CAPABILITY=default (no vector instructions); "
                    "shorter draws are bit-equal",
            **difference({k: v for k, v in values.items() if v.size >= 16}, plain),
        },
    }
    print(json.dumps(shared, indent=1))
    pick = lambda prefix: {k: v for k, v in values.items() if k.startswith(prefix)}
    write_golden("noise", "randn", {
        "what": "torch.randn(shape, generator=torch.Generator('cpu').manual_seed(seed)); tensor randn.SEED.SHAPE",
        **shared, "seeds": SEEDS, "shapes": SHAPES, "firstBits": bits(values, "randn."),
    }, pick("randn."))
    write_golden("noise", "sequences", {
        "what": "successive torch.randn from one generator; tensor sequence.INDEX.STEP",
        **shared,
        "sequences": [{"index": i, "seed": seed, "shapes": shapes} for i, (seed, shapes) in enumerate(SEQUENCES)],
        "firstBits": bits(values, "sequence."),
    }, pick("sequence."))
    write_golden("noise", "raw", {
        "what": "words.SEED: the first 700 words of mt19937 (more than one state of 624), as int64; rand.SEED: "
                "torch.rand(20), that is (word mod 2^24) / 2^24",
        **shared, "seeds": SEEDS, "firstBits": bits(values, "rand."),
    }, {**pick("words."), **pick("rand.")})


if __name__ == "__main__":
    main()
