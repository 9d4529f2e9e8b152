"""
Goldens of CLIPs in single files, in the spellings that people have: OpenAI's and OpenCLIP's names, and transformers' with no
config beside it.

Makes     goldens/clip-spellings/*
Reference open_clip 3.3.0 (its CLIP and CustomTextCLIP have OpenAI's names); transformers 5.23.0 CLIPModel
Run       python tests/parity/make_clip_spellings.py

open_clip imports torchvision and timm for the transforms and towers that are not used here; names that answer to anything
stand in for both, so that neither has to be installed. Every golden of OpenAI's names is also computed by transformers with
the tensors renamed, and has to agree.
"""

import importlib.abc
import importlib.machinery
import sys
import types

import torch
from transformers import CLIPConfig, CLIPModel

from golden_files import versions, write_golden
from seeded_weights import seeded


class Anything(type):
    def __getattr__(cls, name):
        return None


class StandIn(types.ModuleType):
    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything(name, (), {})


class StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path, target=None):
        if name.split(".")[0] in ("torchvision", "timm"):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        return StandIn(spec.name)

    def exec_module(self, module):
        pass


sys.meta_path.insert(0, StandIns())
import open_clip  # noqa: E402

IDS = [[98, 110, 7, 119, *[0] * 12], [98, 44, 3, 2, 17, 81, 119, *[0] * 9]]
OPENAI_NUMBERS = {"input_resolution": [], "context_length": [], "vocab_size": []}


def fill(model, dtype):
    shapes = {name: list(value.shape) for name, value in model.state_dict().items() if name != "attn_mask"}
    state = {name: torch.from_numpy(seeded(name, shape, dtype)).reshape(shape) for name, shape in shapes.items()}
    model.load_state_dict(state, strict=False)
    return model.eval(), shapes, state


def renamed(state, text, config):
    """The same weights in transformers' model."""
    model = CLIPModel(config).eval()
    mine = {}
    for name in model.state_dict():
        prefix, width = ("visual.", config.vision_config.hidden_size) if name.startswith("vis") else (text, config.text_config.hidden_size)
        key = name.replace("vision_model.", prefix).replace("text_model.", prefix).replace("encoder.layers", "transformer.resblocks")
        for old, new in {
            "embeddings.patch_embedding": "conv1", "embeddings.class_embedding": "class_embedding",
            "embeddings.position_embedding.weight": "positional_embedding", "embeddings.token_embedding": "token_embedding",
            "pre_layrnorm": "ln_pre", "post_layernorm": "ln_post", "final_layer_norm": "ln_final", "layer_norm": "ln_",
            "self_attn.out_proj": "attn.out_proj", "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj",
            "visual_projection.weight": "visual.proj", "text_projection.weight": text + "text_projection",
        }.items():
            key = key.replace(old, new)
        third = next((k for k, part in enumerate("qkv") if f"self_attn.{part}_proj" in key), None)
        if third is not None:
            base, end = key.split("self_attn.")[0], key.split(".")[-1]
            mine[name] = state[f"{base}attn.in_proj_{end}"][third * width:(third + 1) * width]
        elif "position_ids" not in name:
            mine[name] = state[key].T.contiguous() if key.endswith(("proj", "text_projection")) else state[key]
    model.load_state_dict(mine, strict=False)
    return model


@torch.no_grad()
def openai_names(name, what, *, custom_text=False, quick_gelu, vision, text, openai_numbers=False, config=None, dtype="F32"):
    vision = dict(image_size=24, layers=2, width=128, patch_size=8) | vision
    text = dict(context_length=16, vocab_size=120, width=64, heads=1, layers=2) | text
    kind = open_clip.CustomTextCLIP if custom_text else open_clip.CLIP
    model, shapes, state = fill(kind(embed_dim=40, vision_cfg=vision, text_cfg=text, quick_gelu=quick_gelu), dtype)
    ids = torch.tensor(IDS)
    pixels = torch.randn((2, 3, 24, 24), generator=torch.Generator().manual_seed(9))
    image, words = model.encode_image(pixels), model.encode_text(ids)

    act = "quick_gelu" if quick_gelu else "gelu"
    heads = vision["width"] // vision.get("head_width", 64)
    other = renamed(state, "text." if custom_text else "", CLIPConfig(
        projection_dim=40,
        text_config=dict(hidden_size=text["width"], intermediate_size=4 * text["width"], num_hidden_layers=text["layers"],
                         num_attention_heads=text["heads"], vocab_size=120, max_position_embeddings=16, hidden_act=act,
                         bos_token_id=98, eos_token_id=119),
        vision_config=dict(hidden_size=vision["width"], intermediate_size=4 * vision["width"], num_hidden_layers=vision["layers"],
                           num_attention_heads=heads, image_size=24, patch_size=8, hidden_act=act)))
    for mine, theirs in ((image, other.get_image_features(pixels)), (words, other.get_text_features(ids))):
        assert (mine - theirs.pooler_output).abs().max() < 1e-5 * mine.abs().max(), name
    write(name, what, dtype, shapes | (OPENAI_NUMBERS if openai_numbers else {}), act, config, ids, pixels, image, words)


@torch.no_grad()
def transformers_names(name, what):
    model = CLIPModel(CLIPConfig(
        projection_dim=40,
        text_config=dict(hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=1, vocab_size=120,
                         max_position_embeddings=16, bos_token_id=98, eos_token_id=119),
        vision_config=dict(hidden_size=128, intermediate_size=160, num_hidden_layers=3, num_attention_heads=2, image_size=24,
                           patch_size=8)))
    model, shapes, _ = fill(model, "F32")
    ids = torch.tensor(IDS)
    pixels = torch.randn((2, 3, 24, 24), generator=torch.Generator().manual_seed(10))
    write(name, what, "F32", shapes, "quick_gelu", None, ids, pixels, model.get_image_features(pixels).pooler_output,
          model.get_text_features(ids).pooler_output)


def write(name, what, dtype, shapes, activation, config, ids, pixels, image, words):
    for value in (image, words):
        assert 0.05 < value.std() < 20 and (value[0] - value[1]).abs().max() > 0.05, name
    write_golden("clip-spellings", name, {
        "what": what,
        "references": versions("torch", "transformers", "open_clip_torch"),
        "dtype": dtype,
        "activation": activation,
        "config": config,
        "tensors": shapes,
    }, {"in.input_ids": ids, "in.pixel_values": pixels, "out.image_embeds": image, "out.text_embeds": words})


if __name__ == "__main__":
    openai_names("openai", "OpenAI's names and halves, with the numbers that its archives keep among the weights; QuickGELU",
                 quick_gelu=True, vision={}, text={}, openai_numbers=True, dtype="F16")
    heads = dict(image_size=24, layers=2, width=128, patch_size=8, head_width=32)
    words = dict(context_length=16, vocab_size=120, width=64, heads=4, layers=3)
    openai_names("open-clip", "OpenCLIP's names with its config beside them: GELU, heads of 32 and 16, towers of other depth",
                 quick_gelu=False, vision=heads, text=words, config={
                     "model_cfg": {"embed_dim": 40, "vision_cfg": heads, "text_cfg": words},
                     "preprocess_cfg": {"mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25], "interpolation": "bicubic",
                                        "resize_mode": "squash"}})
    openai_names("open-clip-custom-text", "OpenCLIP's names with the text tower below text.*; GELU",
                 custom_text=True, quick_gelu=False, vision={}, text={})
    transformers_names("transformers", "transformers' names with no config; QuickGELU, one more layer for pictures")
