"""
Goldens of checkpoints in single files, as CompVis's, Stability's and OpenCLIP's code name their tensors: tiny models with
seeded weights, and the pictures that diffusers makes of the very same file.

Makes     goldens/single-file/<name>.json + .safetensors
          json: configs and tensors as in make_families.py (the same weights as a diffusers folder); checkpoint {name in
          the file: {shape, from: [names in the folder, joined along the first axis], transposed}}; metadata of the file;
          settings
          safetensors: latents [1,4,h,w] of unit variance, image_u8 [1,H,W,3], sample.I (after step I)
Reference torch 2.13.0, diffusers 0.42.1 `from_single_file` with the folder's configs, transformers 5.23.0; float32, CPU
Run       python tests/parity/make_single_file.py [NAME ...]

The text encoders have CLIP's whole vocabulary, since such files bring no tokenizer. Their names are written down here from
the code they come from, and not taken from the studio's own; diffusers loads the file and must find every weight in it.
"""

import json
import re
import sys
import tempfile
from pathlib import Path

import diffusers
import numpy as np
import torch
from diffusers import (AutoencoderKL, DDIMScheduler, EulerDiscreteScheduler, PNDMScheduler, StableDiffusionPipeline,
                       StableDiffusionXLPipeline, UNet2DConditionModel)
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from golden_files import versions, write_golden
from make_networks import fill
from make_tokenizer import build_openai

ROOT = Path(__file__).resolve().parents[2]
MERGES = ROOT / "native-models/embedded/clip-vocabulary/bpe_simple_vocab_16e6.txt.gz"
WORDS, PLACES = 49408, 24
torch.set_num_threads(2)
torch.set_grad_enabled(False)
diffusers.logging.set_verbosity_error()


# ---------------------------------------------------------------------------------------------------- names ----

RESNET = {"norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1", "norm2": "out_layers.0",
          "conv2": "out_layers.3", "conv_shortcut": "skip_connection"}


def unet_names(unet):
    """{diffusers: LDM}: every layer of the way down and up has a number of its own there."""
    layers, levels = unet.config.layers_per_block, len(unet.config.block_out_channels)
    places = {"time_embedding.linear_1": "time_embed.0", "time_embedding.linear_2": "time_embed.2",
              "add_embedding.linear_1": "label_emb.0.0", "add_embedding.linear_2": "label_emb.0.2",
              "conv_in": "input_blocks.0.0", "conv_norm_out": "out.0", "conv_out": "out.2",
              "mid_block.resnets.0": "middle_block.0", "mid_block.attentions.0": "middle_block.1",
              "mid_block.resnets.1": "middle_block.2"}
    for i in range(levels):
        for j in range(layers):
            number = 1 + i * (layers + 1) + j
            places[f"down_blocks.{i}.resnets.{j}"] = f"input_blocks.{number}.0"
            places[f"down_blocks.{i}.attentions.{j}"] = f"input_blocks.{number}.1"
        places[f"down_blocks.{i}.downsamplers.0.conv"] = f"input_blocks.{(i + 1) * (layers + 1)}.0.op"
        attends = "CrossAttn" in unet.config.up_block_types[i]
        for j in range(layers + 1):
            number = i * (layers + 1) + j
            places[f"up_blocks.{i}.resnets.{j}"] = f"output_blocks.{number}.0"
            places[f"up_blocks.{i}.attentions.{j}"] = f"output_blocks.{number}.1"
        places[f"up_blocks.{i}.upsamplers.0.conv"] = f"output_blocks.{number}.{2 if attends else 1}.conv"
    for key in unet.state_dict():
        place = max((p for p in places if key.startswith(p + ".")), key=len)
        rest = key[len(place) + 1:]
        if ".resnets." in place:
            part, end = rest.rsplit(".", 1)
            rest = f"{RESNET[part]}.{end}"
        yield key, f"model.diffusion_model.{places[place]}.{rest}"


def vae_names(vae):
    levels = len(vae.config.block_out_channels)
    attention = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}
    for key in vae.state_dict():
        name = re.sub(r"down_blocks\.(\d+)\.resnets\.", r"down.\1.block.", key)
        name = re.sub(r"down_blocks\.(\d+)\.downsamplers\.0", r"down.\1.downsample", name)
        name = re.sub(r"up_blocks\.(\d+)\.resnets\.", lambda m: f"up.{levels - 1 - int(m[1])}.block.", name)
        name = re.sub(r"up_blocks\.(\d+)\.upsamplers\.0", lambda m: f"up.{levels - 1 - int(m[1])}.upsample", name)
        name = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", name)
        name = re.sub(r"mid_block\.attentions\.0\.(.+)\.(\w+)$", lambda m: f"mid.attn_1.{attention[m[1]]}.{m[2]}", name)
        yield key, "first_stage_model." + name.replace("conv_shortcut", "nin_shortcut").replace("conv_norm_out", "norm_out")


OPENCLIP = {"layer_norm1": "ln_1", "layer_norm2": "ln_2", "self_attn.out_proj": "attn.out_proj", "mlp.fc1": "mlp.c_fc",
            "mlp.fc2": "mlp.c_proj"}
OUTSIDE = {"embeddings.token_embedding.weight": "token_embedding.weight", "text_projection.weight": "text_projection",
           "embeddings.position_embedding.weight": "positional_embedding", "final_layer_norm.weight": "ln_final.weight",
           "final_layer_norm.bias": "ln_final.bias"}


def plain(key):
    return key.removeprefix("text_model.")


def openclip(prefix, encoder):
    """What a checkpoint has of an OpenCLIP text tower: queries, keys and values in one matrix."""
    found = {plain(key): key for key in encoder.state_dict()}
    for key, name in OUTSIDE.items():
        if key in found:
            yield prefix + name, [found[key]], name == "text_projection"
    for n in range(encoder.config.num_hidden_layers):
        layer, block = f"encoder.layers.{n}.", f"{prefix}transformer.resblocks.{n}."
        for end in ("weight", "bias"):
            yield f"{block}attn.in_proj_{end}", [found[f"{layer}self_attn.{x}_proj.{end}"] for x in "qkv"], False
            for key, name in OPENCLIP.items():
                yield f"{block}{name}.{end}", [found[f"{layer}{key}.{end}"]], False


def checkpoint(pipeline, kind):
    """Yields (name in the file, component, names in the component, transposed)."""
    for key, name in unet_names(pipeline.unet):
        yield name, "unet", [key], False
    for key, name in vae_names(pipeline.vae):
        yield name, "vae", [key], False
    first = pipeline.text_encoder
    if kind == "sd2":
        for name, keys, turned in openclip("cond_stage_model.model.", first):
            yield name, "text_encoder", keys, turned
        return
    prefix = {"sd1": "cond_stage_model.transformer.text_model.", "sdxl": "conditioner.embedders.0.transformer.text_model."}
    for key in first.state_dict():
        yield prefix[kind] + plain(key), "text_encoder", [key], False
    if kind == "sdxl":
        for name, keys, turned in openclip("conditioner.embedders.1.model.", pipeline.text_encoder_2):
            yield name, "text_encoder_2", keys, turned


# --------------------------------------------------------------------------------------------------- models ----

def text(width, layers, act, projection=None):
    config = CLIPTextConfig(vocab_size=WORDS, max_position_embeddings=PLACES, hidden_size=width, intermediate_size=2 * width,
                            num_hidden_layers=layers, num_attention_heads=width // 64, hidden_act=act, eos_token_id=2,
                            projection_dim=projection or width)
    return (CLIPTextModelWithProjection if projection else CLIPTextModel)(config)


def unet(context, **more):
    return UNet2DConditionModel(**({
        "sample_size": 8, "block_out_channels": (64, 128), "layers_per_block": 1, "norm_num_groups": 32,
        "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"), "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
        "cross_attention_dim": context, "attention_head_dim": (1, 2)} | more))


def vae(scaling=0.18215):
    return AutoencoderKL(block_out_channels=(32, 64), layers_per_block=1, norm_num_groups=32, latent_channels=4,
                         down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2,
                         scaling_factor=scaling)


BETAS = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", num_train_timesteps=1000, steps_offset=1)
SAFE = dict(safety_checker=None, feature_extractor=None, requires_safety_checker=False)
VOCABULARY = tempfile.TemporaryDirectory()
build_openai(MERGES, Path(VOCABULARY.name))


def tokenizer(**more):
    return CLIPTokenizer.from_pretrained(VOCABULARY.name, model_max_length=PLACES, **more)


def sd1():
    return StableDiffusionPipeline(
        text_encoder=text(64, 3, "quick_gelu"), tokenizer=tokenizer(), vae=vae(), unet=unet(64, attention_head_dim=8),
        scheduler=PNDMScheduler(**BETAS, skip_prk_steps=True, set_alpha_to_one=False), **SAFE)


def sd2():
    return StableDiffusionPipeline(
        text_encoder=text(64, 3, "gelu"), tokenizer=tokenizer(pad_token="!"), vae=vae(),
        unet=unet(64, use_linear_projection=True, upcast_attention=True),
        scheduler=DDIMScheduler(**BETAS, clip_sample=False, set_alpha_to_one=False, prediction_type="v_prediction"), **SAFE)


def sdxl():
    return StableDiffusionXLPipeline(
        text_encoder=text(64, 3, "quick_gelu"), text_encoder_2=text(128, 4, "gelu", projection=128),
        tokenizer=tokenizer(), tokenizer_2=tokenizer(pad_token="!"), vae=vae(0.13025),
        unet=unet(192, use_linear_projection=True, addition_embed_type="text_time", addition_time_embed_dim=256,
                  projection_class_embeddings_input_dim=128 + 6 * 256,
                  down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
                  up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), transformer_layers_per_block=(1, 2)),
        scheduler=EulerDiscreteScheduler(**BETAS, timestep_spacing="leading"), add_watermarker=False)


# "!" in the prompt: where it pads, it is a token of its own and not the word.
PROMPT = dict(prompt="a red heart! on a yellow background", width=32, height=24)
GOLDENS = {
    "sd1": (sd1, StableDiffusionPipeline, dict(sampler="ddim", **PROMPT)),
    "sd2": (sd2, StableDiffusionPipeline, dict(sampler="ddim", metadata={"modelspec.prediction_type": "v"}, **PROMPT)),
    "sdxl": (sdxl, StableDiffusionXLPipeline, dict(sampler="euler", negative="blurry", **PROMPT)),
}


def loaded(pipeline, kind, cls, metadata, folder):
    """The pipeline as diffusers loads it from the single file, and what the file holds."""
    parts = {key: part for key, part in pipeline.components.items() if isinstance(part, torch.nn.Module)}
    tensors = {key: fill(part, name_in_file=lambda k, key=key: f"{key}.{k}") for key, part in parts.items()}
    pipeline.save_pretrained(folder, safe_serialization=True)
    file, listed, used = {}, {}, set()
    for name, component, keys, turned in checkpoint(pipeline, kind):
        state = parts[component].state_dict()
        value = torch.cat([state[key] for key in keys])
        if name.startswith("first_stage_model") and re.search(r"attn_1\.(q|k|v|proj_out)\.weight$", name):
            value = value[:, :, None, None]  # 1x1 convolutions there
        file[name] = (value.T if turned else value).contiguous()
        listed[name] = {"shape": list(file[name].shape), "from": [f"{component}.{key}" for key in keys]}
        if turned:
            listed[name]["transposed"] = True
        used.update((component, key) for key in keys)
    for component, part in parts.items():
        left = [k for k in part.state_dict() if (component, k) not in used]
        assert not left, f"{kind}: {component} has no names for {left}"
    assert sum(len(entry["from"]) for entry in listed.values()) == sum(map(len, tensors.values()))
    if kind == "sd2":  # the layer that is never used, and the projection that nothing reads
        width, last = 64, pipeline.text_encoder.config.num_hidden_layers
        block = f"cond_stage_model.model.transformer.resblocks.{last - 1}."
        more = {name.replace(f".{last - 1}.", f".{last}."): value for name, value in file.items() if name.startswith(block)}
        unused = {name: value.flip(0).contiguous() for name, value in more.items()}
        unused["cond_stage_model.model.text_projection"] = torch.ones(width, width)
        listed |= {name: {"shape": list(value.shape), "from": None} for name, value in unused.items()}
        # diffusers knows the layer to leave out by its real number, 23, and would not load this one.
        file["cond_stage_model.model.text_projection"] = unused["cond_stage_model.model.text_projection"]
    path = Path(folder) / "checkpoint.safetensors"
    save_file(file, str(path), metadata=metadata)
    again = cls.from_single_file(str(path), config=folder, local_files_only=True, torch_dtype=torch.float32,
                                 **({} if kind == "sdxl" else SAFE))
    for component, part in parts.items():
        mine, theirs = part.state_dict(), getattr(again, component).state_dict()
        assert mine.keys() == theirs.keys()
        different = [key for key in mine if not torch.equal(mine[key], theirs[key].float())]
        assert not different, f"{kind}: diffusers reads {component} otherwise: {different[:5]}"
    return again, tensors, listed


def make(name, build, cls, *, sampler, prompt, width, height, negative="", metadata=None, steps=4, cfg=3.0, seed=7):
    with tempfile.TemporaryDirectory() as folder:
        pipeline, tensors, listed = loaded(build(), name, cls, metadata or {}, folder)
        configs = {str(path.relative_to(folder)): json.loads(path.read_text()) for path in Path(folder).rglob("*.json")
                   if not path.relative_to(folder).parts[0].startswith("tokenizer")}
        for key in [k for k in pipeline.components if k.startswith("tokenizer")]:
            configs[f"{key}/tokenizer_config.json"] = json.loads((Path(folder) / key / "tokenizer_config.json").read_text())
    if sampler == "ddim":
        # Stable Diffusion 1.5's own config says that nothing is clipped, which PNDMScheduler has no option for.
        pipeline.scheduler = DDIMScheduler.from_config(pipeline.scheduler.config, clip_sample=False)
    pipeline.set_progress_bar_config(disable=True)
    samples = []
    keep = lambda _pipe, _i, _t, kwargs: samples.append(kwargs["latents"].clone()) or {}
    latents = torch.randn((1, 4, height // 2, width // 2), generator=torch.Generator("cpu").manual_seed(seed))
    image = pipeline(prompt, negative_prompt=negative, width=width, height=height, num_inference_steps=steps,
                     guidance_scale=cfg, output_type="pt", latents=latents.clone(), callback_on_step_end=keep).images
    image = image.permute(0, 2, 3, 1).contiguous().float()
    u8 = (image.numpy() * 255).round().astype(np.uint8)
    print(f"{name:6} {len(listed)} tensors, latents std {samples[-1].std():.3f}, picture std {image.std():.3f}")
    assert torch.isfinite(image).all() and image.std() > 0.05
    write_golden("single-file", name, {
        "what": "a tiny checkpoint in a single file, and the picture that diffusers' from_single_file makes of it",
        "references": versions("torch", "diffusers", "transformers"),
        "configs": configs, "tensors": tensors, "checkpoint": listed, "metadata": metadata or {},
        "settings": {"prompt": prompt, "negative": negative, "sampler": sampler, "schedule": "normal", "steps": steps,
                     "cfg": cfg, "width": width, "height": height, "seed": seed, "clipSkip": 1},
    }, {"latents": latents, "image_u8": u8, **{f"sample.{i}": s for i, s in enumerate(samples)}})


if __name__ == "__main__":
    for chosen in sys.argv[1:] or list(GOLDENS):
        build, cls, settings = GOLDENS[chosen]
        make(chosen, build, cls, **settings)
