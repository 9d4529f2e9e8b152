"""
Trains one of the LoRAs (styles.py) for the embedded picture model.

Reads   the model's folder (diffusers layout) and the drawings of render_drawings.py
Writes  OUT/<style>.safetensors, and prints its figures
Run     python train.py --style pixel-art --model .. --drawings DRAWINGS.npz --out FOLDER
        An interrupt (Ctrl-C) ends it early and writes what has been learnt so far.
        About 50 samples a second on two idle cores with bfloat16 units (AVX512-BF16 or AMX). Where a processor has none,
        bfloat16 is a hundred times slower than float32: add --dtype float32 there.

The network learns to make of a caption the stylised picture of its drawing, by its own loss: v-prediction
(https://arxiv.org/abs/2202.00512, section 4), every timestep weighted alike.
"""

import argparse
import math
import signal
import time
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTokenizer

from lora_files import WRITERS, Training
from lora_layers import attach
from styles import STYLES

BATCH = 16
LEARNING_RATE = 3e-3
WARM_UP = 30  # steps
AVERAGED = 0.99  # the file holds a moving average of the weights, which is less noisy than the last step's
KNOWN_SHARE = 0.92  # of the samples: subjects that the base draws well (subjects.txt)
EMPTY_SHARE = 0.08  # of the samples have no caption: the side that guidance subtracts must have the style too
SEED = 7
PROBES = 256

# How the base calls its three styles, and which of them a plain name means to it.
BASE_STYLE = {"noto": "noto style", "twemoji": "twemoji style", "fluent-emoji-flat": "fluent style"}
PLAIN = "fluent-emoji-flat"


def captions(name: str, set_name: str, trigger: str) -> list[tuple[str, float]]:
    """What a drawing may be called, with shares. Some captions lack the trigger, so that the file works without it."""
    styled = f"{name}, {BASE_STYLE[set_name]}"
    if set_name != PLAIN:
        return [(f"{styled}, {trigger}", 0.75), (styled, 0.25)]
    return [(f"{name}, {trigger}", 0.45), (f"{styled}, {trigger}", 0.3), (name, 0.15), (styled, 0.1)]


@torch.no_grad()
def encode(vae: AutoencoderKL, pictures: np.ndarray) -> torch.Tensor:
    """[N,64,64,3] uint8 -> latents [N,4,16,16] of unit variance."""
    latents = []
    for some in np.array_split(pictures, max(1, len(pictures) // 64)):
        pixels = torch.from_numpy(some).permute(0, 3, 1, 2).float() / 127.5 - 1
        latents.append(vae.encode(pixels).latent_dist.mean * vae.config.scaling_factor)
    return torch.cat(latents)


class Noising:
    """x_t = a x + s e and v = a e - s x of the model's own schedule (the paper's alpha and sigma)."""

    def __init__(self, scheduler: DDIMScheduler):
        self.a, self.s = scheduler.alphas_cumprod.sqrt(), (1 - scheduler.alphas_cumprod).sqrt()
        self.steps = len(self.a)

    def __call__(self, x: torch.Tensor, noise: torch.Tensor, t: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        a, s = self.a[t].view(-1, 1, 1, 1), self.s[t].view(-1, 1, 1, 1)
        return a * x + s * noise, a * noise - s * x

    def stratified(self, count: int, generator: torch.Generator) -> torch.Tensor:
        """One timestep out of each `count`th of the schedule: steadier than free draws."""
        place = (torch.arange(count) + torch.rand(count, generator=generator)) / count
        return (place * self.steps).long()


class Data:
    """Latents of the stylised drawings, and the captions that go with them."""

    def __init__(self, drawings: Path, style, vae: AutoencoderKL, random: torch.Generator):
        stored = np.load(drawings)
        self.latents = encode(vae, np.stack([style.picture(drawing) for drawing in stored["rgba"]]))
        self.captions = [captions(str(name), str(set_name), style.trigger)
                         for name, set_name in zip(stored["names"], stored["sets"])]
        known = torch.from_numpy(stored["known"])
        self.share = torch.where(known, KNOWN_SHARE / known.sum(), (1 - KNOWN_SHARE) / (~known).sum())
        self.known = known.nonzero().flatten()
        self.random = random

    def batch(self) -> tuple[torch.Tensor, list[str]]:
        chosen = torch.multinomial(self.share, BATCH, replacement=True, generator=self.random)
        texts = []
        for index in chosen.tolist():
            choices, shares = zip(*self.captions[index])
            pick = torch.multinomial(torch.tensor(shares), 1, generator=self.random).item()
            empty = torch.rand(1, generator=self.random).item() < EMPTY_SHARE
            texts.append("" if empty else choices[pick])
        return self.latents[chosen], texts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--style", choices=STYLES, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--drawings", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--dtype", choices=("bfloat16", "float32"), default="bfloat16")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()

    torch.set_num_threads(arguments.threads)
    torch.manual_seed(SEED)
    random = torch.Generator().manual_seed(SEED)
    style, dtype = STYLES[arguments.style], getattr(torch, arguments.dtype)

    def part(cls, name, **options):
        return cls.from_pretrained(arguments.model / name, **options)

    tokenizer = part(CLIPTokenizer, "tokenizer")
    text_encoder = part(CLIPTextModel, "text_encoder", dtype=torch.float32).eval()
    vae = part(AutoencoderKL, "vae", dtype=torch.float32).eval()
    unet = part(UNet2DConditionModel, "unet", dtype=dtype).to(memory_format=torch.channels_last).eval()
    scheduler = part(DDIMScheduler, "scheduler")
    assert scheduler.config.prediction_type == "v_prediction"
    noising = Noising(scheduler)

    def text_states(texts: list[str]) -> torch.Tensor:
        """[B] texts -> [B,32,192]"""
        ids = tokenizer(texts, padding="max_length", truncation=True, return_tensors="pt",
                        max_length=tokenizer.model_max_length).input_ids
        with torch.no_grad():
            return text_encoder(input_ids=ids).last_hidden_state.to(dtype)

    def losses(x: torch.Tensor, noise: torch.Tensor, t: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
        noised, v = noising(x, noise, t)
        given = noised.to(dtype).contiguous(memory_format=torch.channels_last)
        return ((unet(given, t, states, return_dict=False)[0].float() - v) ** 2).mean((1, 2, 3))

    data = Data(arguments.drawings, style, vae, random)
    layers = attach(unet, style.rank, style.alpha, style.convolutions)
    parameters = [parameter for layer in layers.values() for parameter in layer.parameters()]
    print(f"{len(data.latents)} drawings, {len(data.known)} of known subjects; {len(layers)} layers, "
          f"{sum(p.numel() for p in parameters)} weights", flush=True)

    # The same pictures, noise and timesteps before and after: the training loss itself is too noisy to compare.
    probed = data.known[torch.randperm(len(data.known), generator=random)[:PROBES]]
    probe = (data.latents[probed], torch.randn(len(probed), *data.latents.shape[1:], generator=random),
             noising.stratified(len(probed), random), text_states([data.captions[i][0][0] for i in probed]))

    @torch.no_grad()
    def probe_loss() -> float:
        return torch.cat([losses(*some) for some in zip(*(part.split(BATCH) for part in probe))]).mean().item()

    before = probe_loss()
    print(f"loss before {before:.4f}", flush=True)

    optimizer = torch.optim.AdamW(parameters, lr=LEARNING_RATE, betas=(0.9, 0.99), weight_decay=0.0)
    average = [parameter.detach().clone() for parameter in parameters]
    tag_counts: Counter[str] = Counter()
    interrupted: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _frame: interrupted.append(number))
    start, recent = time.monotonic(), []
    for step in range(1, arguments.steps + 1):
        x, texts = data.batch()
        tag_counts.update(tag for text in texts if text for tag in text.split(", "))
        loss = losses(x, torch.randn(x.shape, generator=random), noising.stratified(BATCH, random),
                      text_states(texts)).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        for group in optimizer.param_groups:
            cosine = 0.5 * (1 + math.cos(math.pi * step / arguments.steps))
            group["lr"] = LEARNING_RATE * min(1, step / WARM_UP) * max(0.02, cosine)
        optimizer.step()
        optimizer.zero_grad()
        torch._foreach_lerp_(average, [p.detach() for p in parameters], 1 - min(AVERAGED, (1 + step) / (10 + step)))
        recent.append(loss.item())
        if step % 50 == 0:
            print(f"step {step}, {time.monotonic() - start:.0f} s, loss {sum(recent[-50:]) / 50:.4f}", flush=True)
        if interrupted:
            break

    with torch.no_grad():
        for parameter, averaged in zip(parameters, average):
            parameter.copy_(averaged.half())  # as the file will hold it
    assert all(torch.isfinite(parameter).all() for parameter in parameters)
    after = probe_loss()

    arguments.out.mkdir(parents=True, exist_ok=True)
    path = arguments.out / f"{arguments.style}.safetensors"
    frequent = dict(tag_counts.most_common(100))  # a rare subject's count tells nobody anything
    WRITERS[style.dialect](path, layers, style, Training(
        drawings=len(data.latents), samples=step * BATCH, steps=step, batch=BATCH, learning_rate=LEARNING_RATE,
        seed=SEED, dtype=arguments.dtype, tag_counts=frequent))
    print(f"{path}: {path.stat().st_size} bytes, {step * BATCH} samples, "
          f"{(time.monotonic() - start) / 60:.1f} minutes, loss {before:.4f} -> {after:.4f}")


if __name__ == "__main__":
    main()
