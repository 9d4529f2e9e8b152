"""
Writes trained layers in the two dialects that LoRA files come in. Tensors are halves in both.

kohya   lora_unet_<path, dots as underscores>.lora_down.weight | .lora_up.weight | .alpha, and the ss_* metadata of
        kohya-ss/sd-scripts (train_network.py)
peft    unet.<path>.lora_A.weight | .lora_B.weight; rank and alpha are in the metadata `lora_adapter_metadata`, as
        diffusers 0.42.1 writes it (loaders/lora_base.py)
Both    modelspec.* (https://github.com/Stability-AI/ModelSpec) and sshs_model_hash
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save

from lora_layers import LowRank
from styles import Style

BASE = "inkstone_pictures"
LICENCE = ("MIT (the weights). Trained on Noto Emoji (Google, Apache-2.0), Fluent Emoji (Microsoft, MIT) and Twemoji "
           "(copyright Twitter, Inc and other contributors, CC-BY 4.0).")


@dataclass(frozen=True)
class Training:
    """What a file says about its own making."""

    drawings: int
    samples: int
    steps: int
    batch: int
    learning_rate: float
    seed: int
    dtype: str  # of the network while it was trained
    tag_counts: dict[str, int]


def tensor_hash(file: bytes) -> str:
    """sha256 of everything after the header: the same after somebody edits the metadata."""
    header_bytes = int.from_bytes(file[:8], "little")
    return hashlib.sha256(file[8 + header_bytes:]).hexdigest()


def write(path: Path, tensors: dict[str, torch.Tensor], metadata: dict[str, str]):
    # The tensors lie in the file in an order that does not depend on the metadata, so their hash can be among it.
    hashed = tensor_hash(save(tensors, metadata))
    file = save(tensors, {**metadata, "sshs_model_hash": hashed})
    assert tensor_hash(file) == hashed
    path.write_bytes(file)


def modelspec(style: Style) -> dict[str, str]:
    return {
        "modelspec.sai_model_spec": "1.0.1",
        "modelspec.architecture": f"{BASE}/lora",
        "modelspec.implementation": "diffusers",
        "modelspec.title": style.title,
        "modelspec.description": style.description,
        "modelspec.author": "Inkstone Studio contributors",
        "modelspec.license": LICENCE,
        "modelspec.resolution": "64x64",
        "modelspec.prediction_type": "v",
        "modelspec.trigger_phrase": style.trigger,
        "modelspec.usage_hint": f"Put \"{style.trigger}\" after the subject: \"pizza, {style.trigger}\".",
    }


def half(parameter: torch.Tensor) -> torch.Tensor:
    return parameter.detach().to(torch.float16).contiguous()


def write_kohya(path: Path, layers: dict[str, LowRank], style: Style, training: Training):
    tensors = {}
    for dotted, layer in layers.items():
        name = "lora_unet_" + dotted.replace(".", "_")
        tensors[f"{name}.lora_down.weight"] = half(layer.down)
        tensors[f"{name}.lora_up.weight"] = half(layer.up)
        tensors[f"{name}.alpha"] = torch.tensor(style.alpha, dtype=torch.float16)
    arguments = {"conv_dim": str(style.rank), "conv_alpha": f"{style.alpha:g}"} if style.convolutions else {}
    write(path, tensors, {
        "ss_network_module": "networks.lora",
        "ss_network_dim": str(style.rank),
        "ss_network_alpha": f"{style.alpha:g}",
        "ss_network_args": json.dumps(arguments),
        "ss_output_name": path.stem,
        "ss_base_model_version": BASE,
        "ss_sd_model_name": "Inkstone pictures",
        "ss_v2": "False",
        "ss_clip_skip": "None",
        "ss_resolution": "(64, 64)",
        "ss_seed": str(training.seed),
        "ss_steps": str(training.steps),
        "ss_num_train_images": str(training.drawings),
        "ss_num_reg_images": "0",
        "ss_total_batch_size": str(training.batch),
        "ss_learning_rate": str(training.learning_rate),
        "ss_unet_lr": str(training.learning_rate),
        "ss_text_encoder_lr": "None",
        "ss_lr_scheduler": "cosine",
        "ss_optimizer": "torch.optim.adamw.AdamW",
        "ss_mixed_precision": {"bfloat16": "bf16", "float32": "no"}[training.dtype],
        "ss_dataset_dirs": json.dumps({f"1_{path.stem}": {"n_repeats": 1, "img_count": training.drawings}}),
        "ss_tag_frequency": json.dumps({f"1_{path.stem}": training.tag_counts}),
        "ss_training_comment": f"trigger phrase: {style.trigger}",
        **modelspec(style),
    })


def write_peft(path: Path, layers: dict[str, LowRank], style: Style, training: Training):
    tensors = {}
    for dotted, layer in layers.items():
        tensors[f"unet.{dotted}.lora_A.weight"] = half(layer.down)
        tensors[f"unet.{dotted}.lora_B.weight"] = half(layer.up)
    adapter = {
        "unet.peft_type": "LORA",
        "unet.r": style.rank,
        "unet.lora_alpha": style.alpha,
        "unet.lora_dropout": 0.0,
        "unet.bias": "none",
        "unet.use_rslora": False,
        "unet.use_dora": False,
        "unet.fan_in_fan_out": False,
        "unet.init_lora_weights": True,
        "unet.inference_mode": True,
        "unet.rank_pattern": {},
        "unet.alpha_pattern": {},
        "unet.target_modules": sorted(layers),
    }
    write(path, tensors, {
        "format": "pt",
        "lora_adapter_metadata": json.dumps(adapter, indent=2, sort_keys=True),
        "inkstone.training": json.dumps({"base": BASE, "drawings": training.drawings, "samples": training.samples}),
        **modelspec(style),
    })


WRITERS = {"kohya": write_kohya, "peft": write_peft}
