"""
Goldens of whole pictures: the embedded model through diffusers' StableDiffusionPipeline, with given noise.

Makes     goldens/pictures/<name>.json
          goldens/pictures/<name>.latents.safetensors  `latents` [K,4,h,w] of unit variance and, where steps draw noise,
                                                       `step_noise.I` [K,4,h,w]: what `generate --latents` reads
          goldens/pictures/<name>.safetensors          image_u8 [K,H,W,3], image [K,H,W,3] float32 in 0..1,
                                                       final_latents, sample.I (latents after step I), input_ids,
                                                       negative_input_ids, prompt_embeds, negative_prompt_embeds
          goldens/pictures/<name>-K.png                to look at
Reference torch 2.13.0, diffusers 0.42.1, transformers 5.23.0; the weights' halves, computed in float32 on the CPU
Run       python tests/parity/make_pictures.py [--model FOLDER] [SAMPLER ...]
          default: native-models/embedded/pictures, every sampler of make_schedulers.py

Latents and step noise of picture K come from one CPU generator with seed 7 + K, latents first: the same picture as
`generate --seed 7`, and every run here is made both ways and compared.
"""

import argparse
import hashlib
import sys
from pathlib import Path

import diffusers
import numpy as np
import torch
from diffusers import StableDiffusionPipeline
from PIL import Image
from safetensors.torch import load_file, save_file

from golden_files import GOLDENS, versions, write_golden
from make_schedulers import SAMPLERS, build, chosen, config_of, without_nulls_of_infinity

ROOT = Path(__file__).resolve().parents[2]
torch.set_num_threads(2)
torch.set_grad_enabled(False)
diffusers.logging.set_verbosity_error()


def load(folder: Path) -> StableDiffusionPipeline:
    pipeline = StableDiffusionPipeline.from_pretrained(
        str(folder), dtype=torch.float32, safety_checker=None, feature_extractor=None, requires_safety_checker=False)
    pipeline.set_progress_bar_config(disable=True)
    # transformers 5 calls the text encoder's tensors by other names than the file: none may be lost on the way.
    stored = load_file(str(folder / "text_encoder/model.safetensors"))
    loaded = pipeline.text_encoder.state_dict()
    for key, value in stored.items():
        if not key.endswith("position_ids"):
            ours = loaded[key] if key in loaded else loaded[key.removeprefix("text_model.")]
            assert torch.equal(ours, value.float()), key
    assert pipeline.text_encoder.dtype == pipeline.unet.dtype == pipeline.vae.dtype == torch.float32
    return pipeline


class Recorder:
    """Keeps what a scheduler draws while a picture is made; all of them draw by the randn_tensor of their module."""

    def __init__(self, scheduler):
        self.module = sys.modules[type(scheduler).__module__]

    def __enter__(self):
        self.drawn = []
        self.real = getattr(self.module, "randn_tensor", None)

        def recording(*args, **kwargs):
            self.drawn.append(self.real(*args, **kwargs))
            return self.drawn[-1]

        if self.real is not None:
            self.module.randn_tensor = recording
        return self

    def __exit__(self, *_):
        if self.real is not None:
            self.module.randn_tensor = self.real


def picture(pipeline, hashes, name, *, sampler, schedule="normal", steps=8, cfg=2.5, width=64, height=64, count=1,
            prompt="a red heart", negative="", seed=7):
    own = dict(pipeline.scheduler.config)
    assert schedule == "normal" or SAMPLERS[sampler].karras is None, f"{sampler}: its class has no {schedule}"
    more = {"use_karras_sigmas": True} if schedule == "karras" else {}
    original = pipeline.scheduler
    pipeline.scheduler = build(sampler, own, **more)
    factor = pipeline.vae_scale_factor
    shape = (1, pipeline.unet.config.in_channels, height // factor, width // factor)
    generators = lambda: [torch.Generator("cpu").manual_seed(seed + k) for k in range(count)]
    samples = []

    def keep(_pipe, _i, _t, kwargs):
        samples.append(kwargs["latents"].clone())
        return {}

    call = dict(prompt=[prompt] * count, negative_prompt=[negative] * count, width=width, height=height,
                num_inference_steps=steps, guidance_scale=cfg, output_type="pt")
    drawn_by = generators()
    latents = torch.cat([torch.randn(shape, generator=g) for g in drawn_by])
    with Recorder(pipeline.scheduler) as recorder:
        image = pipeline(**call, latents=latents.clone(), generator=drawn_by, callback_on_step_end=keep).images
    again = pipeline(**call, generator=generators()).images
    assert torch.equal(image, again), f"{name}: given latents and the pipeline's own differ"
    timesteps = pipeline.scheduler.timesteps
    drawing = sum(bool(SAMPLERS[sampler].draws(i, timesteps)) for i in range(len(timesteps)))
    assert len(recorder.drawn) == drawing, f"{name}: {drawing} steps draw noise, {len(recorder.drawn)} were seen"
    final = samples[-1]

    image = image.permute(0, 2, 3, 1).contiguous().float()
    u8 = (image.numpy() * 255).round().astype(np.uint8)
    positive_embeds, negative_embeds = pipeline.encode_prompt(prompt, "cpu", 1, True, negative)
    ids = lambda text: torch.tensor([pipeline.tokenizer(
        text, padding="max_length", max_length=pipeline.tokenizer.model_max_length, truncation=True).input_ids])
    tensors = {
        "image_u8": u8, "image": image, "final_latents": final,
        "input_ids": ids(prompt), "negative_input_ids": ids(negative),
        "prompt_embeds": positive_embeds, "negative_prompt_embeds": negative_embeds,
        **{f"sample.{i}": s for i, s in enumerate(samples)},
    }
    given = {"latents": latents, **{f"step_noise.{i}": n for i, n in enumerate(recorder.drawn)}}
    write_golden("pictures", name, {
        "what": "a whole picture of the embedded model by diffusers' StableDiffusionPipeline",
        "references": versions("torch", "diffusers", "transformers"),
        "model": hashes,
        "settings": {"prompt": prompt, "negative": negative, "sampler": sampler, "schedule": schedule, "steps": steps,
                     "cfg": cfg, "width": width, "height": height, "seed": seed, "count": count},
        "latentsFile": f"{name}.latents.safetensors",
        "stepNoise": list(range(len(recorder.drawn))),
        "initNoiseSigma": float(pipeline.scheduler.init_noise_sigma),
        "timesteps": [float(t) for t in timesteps],
        "modelMaxLength": pipeline.tokenizer.model_max_length,
        "schedulerConfig": without_nulls_of_infinity(config_of(pipeline.scheduler)),
        "notes": NOTES,
    }, tensors)
    latents_file = GOLDENS / "pictures" / f"{name}.latents.safetensors"
    save_file({k: v.contiguous() for k, v in given.items()}, str(latents_file))
    latents_file.chmod(0o644)
    for k in range(count):
        Image.fromarray(u8[k]).save(GOLDENS / "pictures" / f"{name}-{k}.png")
    print(f"{name:24} latents std {final.std():.3f}, picture mean {image.mean():.3f} std {image.std():.3f}, "
          f"{len(recorder.drawn)} noises")
    assert torch.isfinite(image).all() and image.std() > 0.05
    pipeline.scheduler = original


NOTES = {
    "guidance": "uncond + cfg * (cond - uncond); the batch is [uncond, cond]; off when cfg <= 1",
    "text": "both texts padded to the tokenizer's own model_max_length; the last hidden state after the final norm",
    "picture": "latents / scaling_factor through the decoder; x * 0.5 + 0.5 clamped to 0..1; * 255, rounded half to even",
    "count": "picture k has its own generator, seed + k: its latents, then its step noise",
}


# Beside the plain picture of each sampler.
MORE = {
    "euler-karras": dict(sampler="euler", schedule="karras"),
    "dpmpp_2m-karras": dict(sampler="dpmpp_2m", schedule="karras"),
    "wide-96x64": dict(sampler="euler", width=96, height=64),
    "euler_a-count-2": dict(sampler="euler_a", count=2),
    "ddim-25-seed-7": dict(sampler="ddim", steps=25),
    "negative-no-guidance": dict(sampler="dpmpp_2m", cfg=1.0, prompt="pizza, fluent style", negative="blurry"),
    "negative": dict(sampler="dpmpp_2m", cfg=4.0, prompt="Pizza, fluent style on a navy background",
                     negative="blurry cat face"),
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path, default=ROOT / "native-models/embedded/pictures")
    parser.add_argument("samplers", nargs="*")
    arguments = parser.parse_args()
    names, folder = chosen(arguments.samplers), arguments.model
    files = ["text_encoder/model.safetensors", "unet/diffusion_pytorch_model.safetensors",
             "vae/diffusion_pytorch_model.safetensors"]
    hashes = {f: hashlib.sha256((folder / f).read_bytes()).hexdigest() for f in files}
    pipeline = load(folder)
    pictures = {f"{name}-normal": dict(sampler=name) for name in names} | MORE
    for name, settings in pictures.items():
        if settings["sampler"] in names:
            picture(pipeline, hashes, name, **settings)


if __name__ == "__main__":
    main()
