"""
Goldens of whole pictures by tiny models of each family, with seeded weights, through diffusers' own pipelines.

Makes     goldens/families/<name>.json + .safetensors
          json: configs {path in the model's folder: json}, tensors {component: {name: shape}} (seeded_weights.py
          makes them), settings; the tokenizer is the embedded model's
          safetensors: latents [1,4,h,w] of unit variance, image_u8 [1,H,W,3], final_latents, sample.I (after step I)
Reference torch 2.13.0, diffusers 0.42.1, transformers 5.23.0; float32 on the CPU
Run       python tests/parity/make_families.py [NAME ...]
"""

import json
import sys
import tempfile
from pathlib import Path

import diffusers
import numpy as np
import torch
from diffusers import (AutoencoderKL, DDIMScheduler, EulerDiscreteScheduler, StableDiffusionPipeline,
                       StableDiffusionXLPipeline, UNet2DConditionModel)
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from golden_files import versions, write_golden
from make_networks import fill

ROOT = Path(__file__).resolve().parents[2]
TOKENIZER = ROOT / "native-models/embedded/pictures/tokenizer"
WORDS, PLACES = 3037, 32
torch.set_num_threads(2)
torch.set_grad_enabled(False)
diffusers.logging.set_verbosity_error()


def text(width, layers, act, projection=None):
    config = CLIPTextConfig(vocab_size=WORDS, max_position_embeddings=PLACES, hidden_size=width, intermediate_size=2 * width,
                            num_hidden_layers=layers, num_attention_heads=2, hidden_act=act, eos_token_id=WORDS - 1,
                            bos_token_id=WORDS - 2, projection_dim=projection or width)
    return (CLIPTextModelWithProjection if projection else CLIPTextModel)(config)


def unet(context, **more):
    return UNet2DConditionModel(**({
        "sample_size": 8, "block_out_channels": (32, 64), "layers_per_block": 1, "norm_num_groups": 8,
        "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"), "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
        "cross_attention_dim": context, "attention_head_dim": 2} | more))


def vae(scaling=0.18215):
    return AutoencoderKL(block_out_channels=(16, 32), layers_per_block=1, norm_num_groups=8, latent_channels=4,
                         down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2,
                         scaling_factor=scaling)


BETAS = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", num_train_timesteps=1000, steps_offset=1)
SAFE = dict(safety_checker=None, feature_extractor=None, requires_safety_checker=False)


def tokenizer(**more):
    return CLIPTokenizer.from_pretrained(str(TOKENIZER), model_max_length=PLACES, **more)


def sdxl(**pipeline):
    return StableDiffusionXLPipeline(
        text_encoder=text(32, 3, "quick_gelu"), text_encoder_2=text(48, 4, "gelu", projection=24),
        tokenizer=tokenizer(), tokenizer_2=tokenizer(pad_token="a</w>"), vae=vae(0.13025),
        unet=unet(80, use_linear_projection=True, attention_head_dim=(1, 2), addition_embed_type="text_time",
                  addition_time_embed_dim=8, projection_class_embeddings_input_dim=24 + 6 * 8,
                  down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
                  up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), transformer_layers_per_block=(1, 2)),
        scheduler=EulerDiscreteScheduler(**BETAS, timestep_spacing="leading"), add_watermarker=False, **pipeline)


def sd2():
    return StableDiffusionPipeline(
        text_encoder=text(32, 3, "gelu"), tokenizer=tokenizer(), vae=vae(),
        unet=unet(32, use_linear_projection=True, attention_head_dim=(1, 2), upcast_attention=True),
        scheduler=DDIMScheduler(**BETAS, clip_sample=False, set_alpha_to_one=False, prediction_type="v_prediction"), **SAFE)


PROMPT = dict(prompt="a red heart on a yellow background", width=32, height=24)
GOLDENS = {
    "sdxl": (sdxl, dict(sampler="euler", **PROMPT)),
    "sdxl-negative": (sdxl, dict(sampler="euler", negative="blurry", **PROMPT)),
    "sdxl-empty-is-text": (lambda: sdxl(force_zeros_for_empty_prompt=False), dict(sampler="euler", **PROMPT)),
    "sdxl-clip-skip": (sdxl, dict(sampler="euler", clip_skip=2, **PROMPT)),
    "sd2-v": (sd2, dict(sampler="ddim", **PROMPT)),
}


def make(name, build, *, sampler, prompt, width, height, negative="", clip_skip=1, steps=4, cfg=3.0, seed=7):
    pipeline = build()
    pipeline.set_progress_bar_config(disable=True)
    parts = {key: part for key, part in pipeline.components.items() if isinstance(part, torch.nn.Module)}
    # transformers 5 has no `text_model.` in a bare text encoder; files of all ages do.
    tensors = {key: fill(part, name_in_file=lambda k, key=key: f"{key}.{k}") for key, part in parts.items()}
    files = {}
    with tempfile.TemporaryDirectory() as folder:
        pipeline.save_pretrained(folder, safe_serialization=True)
        for path in Path(folder).rglob("*.json"):
            relative = path.relative_to(folder)
            if not relative.parts[0].startswith("tokenizer"):
                files[str(relative)] = json.loads(path.read_text())
        for key in [k for k in pipeline.components if k.startswith("tokenizer")]:
            for settings in ("tokenizer_config.json", "special_tokens_map.json"):
                path = Path(folder) / key / settings
                if path.exists():
                    files[f"{key}/{settings}"] = json.loads(path.read_text())

    samples = []
    keep = lambda _pipe, _i, _t, kwargs: samples.append(kwargs["latents"].clone()) or {}
    latents = torch.randn((1, 4, height // 2, width // 2), generator=torch.Generator("cpu").manual_seed(seed))
    more = {} if negative == "" and name.startswith("sdxl") else {"negative_prompt": negative}
    skip = {} if clip_skip == 1 else {"clip_skip": clip_skip - 1}  # diffusers counts the layers left out
    image = pipeline(prompt, width=width, height=height, num_inference_steps=steps, guidance_scale=cfg, output_type="pt",
                     latents=latents.clone(), callback_on_step_end=keep, **more, **skip).images
    image = image.permute(0, 2, 3, 1).contiguous().float()
    u8 = (image.numpy() * 255).round().astype(np.uint8)
    print(f"{name:20} latents std {samples[-1].std():.3f}, picture mean {image.mean():.3f} std {image.std():.3f}")
    assert torch.isfinite(image).all() and image.std() > 0.05
    write_golden("families", name, {
        "what": "a whole picture of a tiny model with seeded weights by diffusers' own pipeline",
        "references": versions("torch", "diffusers", "transformers"),
        "configs": files,
        "tensors": tensors,
        "settings": {"prompt": prompt, "negative": negative, "sampler": sampler, "schedule": "normal", "steps": steps,
                     "cfg": cfg, "width": width, "height": height, "seed": seed, "clipSkip": clip_skip},
    }, {"latents": latents, "image_u8": u8, "final_latents": samples[-1],
        **{f"sample.{i}": s for i, s in enumerate(samples)}})


def main():
    chosen = sys.argv[1:] or list(GOLDENS)
    for name in chosen:
        build, settings = GOLDENS[name]
        make(name, build, **settings)


if __name__ == "__main__":
    main()
