"""
Goldens of single networks: tiny CLIP text encoders, whole CLIPs, UNets and autoencoders, large and tiny, with seeded
weights.

Makes     goldens/networks/<name>.json + .safetensors
          json: component, config (the config.json that save_pretrained writes), dtype, tensors {name: shape} in
          state-dict order (make them by seeded_weights.py), references
          safetensors: `in.NAME` and `out.NAME`, names as in the table of `run` in the command line's contract
Reference torch 2.13.0, diffusers 0.42.1, transformers 5.23.0; float32 on the CPU
Run       python tests/parity/make_networks.py [NAME ...]
"""

import json
import sys
import tempfile
from pathlib import Path

import torch
from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel
from transformers import (CLIPConfig, CLIPModel, CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection,
                          CLIPVisionConfig, CLIPVisionModelWithProjection)

from golden_files import versions, write_golden
from seeded_weights import seeded

torch.set_num_threads(2)
torch.set_grad_enabled(False)


def saved_config(model) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        (model.save_config if hasattr(model, "save_config") else model.config.save_pretrained)(folder)
        config = json.loads((Path(folder) / "config.json").read_text())
    config.pop("_name_or_path", None)
    return config


def fill(model, dtype="F32", name_in_file=lambda key: key, shape_in_file=lambda key, shape: shape) -> dict:
    """Gives the model its seeded weights; returns {name in the file: shape} in state-dict order."""
    tensors, state = {}, {}
    for key, value in model.state_dict().items():
        name = name_in_file(key)
        shape = shape_in_file(key, list(value.shape))
        tensors[name] = shape
        state[key] = torch.from_numpy(seeded(name, shape, dtype)).reshape(value.shape)
    model.load_state_dict(state, strict=True)
    model.eval()
    return tensors


def check(name: str, tensors: dict):
    for key, value in tensors.items():
        if not key.startswith("out."):
            continue
        std = value.std().item()
        print(f"{name:34} {key:28} {str(list(value.shape)):18} std {std:.3f}  max {value.abs().max().item():.3f}")
        assert torch.isfinite(value).all() and 0.05 < std < 20, f"{name} {key}: std {std}"


def finish(name, component, model, dtype, names, tensors, what, **more):
    check(name, tensors)
    config = more.pop("config", None) or saved_config(model)
    write_golden("networks", name, {
        "what": what,
        "component": component,
        "references": versions("torch", "diffusers", "transformers"),
        "dtype": dtype,
        **more,
        "config": config,
        "tensors": names,
    }, tensors)


def noise(seed: int, *shape: int):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


# ---------------------------------------------------------------------------------------------------------- text ----

def text_encoder(name, what, input_ids, *, projection=False, prefix=True, dtype="F32", **config):
    base = dict(
        vocab_size=120, hidden_size=48, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=16, hidden_act="quick_gelu", layer_norm_eps=1e-5, projection_dim=48,
        bos_token_id=98, eos_token_id=99, pad_token_id=99,
    )
    cls = CLIPTextModelWithProjection if projection else CLIPTextModel
    model = cls(CLIPTextConfig(**{**base, **config}, architectures=[cls.__name__]))
    # transformers 5 saves a CLIPTextModel without the prefix; every file in the wild (transformers 4) has it.
    with_prefix = lambda key: key if key.startswith("text_") or not prefix else "text_model." + key
    names = fill(model, dtype, with_prefix)

    layers = [layer for layer in (model.text_model if projection else model).encoder.layers]
    seen = []
    hooks = [layer.register_forward_hook(lambda _m, _i, out: seen.append(out[0] if isinstance(out, tuple) else out))
             for layer in layers]
    ids = torch.tensor(input_ids, dtype=torch.int64)
    out = model(ids, output_hidden_states=True)
    for hook in hooks:
        hook.remove()
    assert len(out.hidden_states) == len(layers) + 1
    for given, measured in zip(out.hidden_states[1:], seen):
        assert torch.equal(given, measured), "hidden_states.N must be the output of layer N"

    tensors = {"in.input_ids": ids, "out.last_hidden_state": out.last_hidden_state}
    for index, state in enumerate(out.hidden_states):
        tensors[f"out.hidden_states.{index}"] = state
    if projection:
        tensors["out.text_embeds"] = out.text_embeds
    else:
        tensors["out.pooler_output"] = out.pooler_output
    finish(name, "text_encoder", model, dtype, names, tensors, what, prefix="text_model." if prefix else "")


def text_encoders():
    full = [[98, 5, 17, 33, 99] + [99] * 11, [98, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 99]]
    # Largest ids (100..119) stand for tokens added later: with a real eos id the pool is at the first 99, not at them.
    added = [[98, 110, 7, 99, 99, 0, 0], [98, 44, 119, 3, 2, 99, 99]]
    text_encoder("text-quick-gelu", "quick_gelu, 2 layers, a real eos id, T = max_position_embeddings", full)
    text_encoder("text-gelu-3-layers", "gelu (erf), 3 layers, shorter T, added tokens above the eos id", added,
                 hidden_act="gelu", num_hidden_layers=3, layer_norm_eps=1e-6)
    # The old files: eos_token_id 2 in the config although the end token is the largest id. Token 2 stands in the
    # prompt, before the end: the pool must not be there.
    text_encoder("text-eos-2", "eos_token_id 2 (old files): the pool is at the largest id, first of equals; 1 layer",
                 [[98, 2, 17, 99, 99, 99], [98, 2, 3, 2, 5, 99]], vocab_size=100,
                 bos_token_id=0, eos_token_id=2, pad_token_id=1, num_hidden_layers=1)
    text_encoder("text-projection", "CLIPTextModelWithProjection: text_embeds, projection wider than hidden", added,
                 projection=True, hidden_act="gelu", projection_dim=64, num_hidden_layers=3)
    text_encoder("text-projection-eos-2", "CLIPTextModelWithProjection with eos_token_id 2, one text",
                 [[98, 2, 17, 99, 1]], projection=True, vocab_size=100, eos_token_id=2, projection_dim=32)
    text_encoder("text-no-prefix", "tensor names as transformers 5 saves them: no `text_model.` in front", full[:1],
                 prefix=False)
    text_encoder("text-f16", "halves in the file, computed in float32", full, dtype="F16")


# ---------------------------------------------------------------------------------------------------------- clip ----

VISION = dict(hidden_size=48, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4, num_channels=3,
              image_size=24, patch_size=8, hidden_act="quick_gelu", layer_norm_eps=1e-5)


def clip(name, what, input_ids, *, text, vision, batch=2, dtype="F32", **config):
    text = dict(hidden_size=40, intermediate_size=80, num_hidden_layers=2, num_attention_heads=5, vocab_size=120,
                max_position_embeddings=16, hidden_act="quick_gelu", bos_token_id=98, eos_token_id=99,
                pad_token_id=99) | text
    model = CLIPModel(CLIPConfig(text_config=text, vision_config=VISION | vision, architectures=["CLIPModel"],
                                 **config))
    names = fill(model, dtype)
    ids = torch.tensor(input_ids, dtype=torch.int64)
    finish(f"clip-{name}-text", "clip_text", model, dtype, names,
           {"in.input_ids": ids, "out.text_embeds": model.get_text_features(ids).pooler_output}, what)
    pixels = noise(5, batch, 3, model.vision_model.config.image_size, model.vision_model.config.image_size)
    finish(f"clip-{name}-image", "clip_image", model, dtype, names,
           {"in.pixel_values": pixels, "out.image_embeds": model.get_image_features(pixels).pooler_output}, what)


def clip_vision(name, what, *, batch=1, dtype="F32", **config):
    model = CLIPVisionModelWithProjection(CLIPVisionConfig(**VISION | config,
                                                           architectures=["CLIPVisionModelWithProjection"]))
    names = fill(model, dtype)
    pixels = noise(6, batch, 3, model.config.image_size, model.config.image_size)
    finish(f"clip-{name}-image", "clip_image", model, dtype, names,
           {"in.pixel_values": pixels, "out.image_embeds": model(pixels).image_embeds}, what)


def clips():
    added = [[98, 110, 7, 99, 99, 0, 0], [98, 44, 119, 3, 2, 99, 99]]
    clip("quick-gelu", "a whole CLIPModel: quick_gelu, towers of different width, two pictures of 3 x 3 patches, added "
         "tokens above a real eos id", added, text={}, vision={}, projection_dim=56)
    clip("gelu-eos-2", "gelu (erf) in both towers, layer_norm_eps 1e-6, eos_token_id 2 (old files: the pool is at the "
         "largest id), 30 pixels in patches of 7: two rows and columns belong to no patch",
         [[98, 2, 17, 99, 99, 99]], batch=1, projection_dim=24,
         text=dict(vocab_size=100, bos_token_id=0, eos_token_id=2, pad_token_id=1, hidden_act="gelu",
                   num_hidden_layers=3, layer_norm_eps=1e-6),
         vision=dict(image_size=30, patch_size=7, hidden_act="gelu", num_hidden_layers=3, layer_norm_eps=1e-6))
    clip("f16", "halves in the file, computed in float32; three pictures", added, text={}, vision={}, batch=3,
         dtype="F16", projection_dim=48)
    clip_vision("one-patch", "CLIPVisionModelWithProjection (a pipeline's image_encoder): one patch, one layer, heads of "
                "16", image_size=13, patch_size=13, num_hidden_layers=1, num_attention_heads=3, projection_dim=33)


# ---------------------------------------------------------------------------------------------------------- unet ----

def unet(name, what, *, size=(16, 16), batch=2, tokens=9, timestep=(601,), dtype="F32", seed=1, **config):
    base = dict(
        sample_size=16, in_channels=4, out_channels=4, block_out_channels=(32, 64), layers_per_block=1,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=40, attention_head_dim=4, norm_num_groups=16,
    )
    model = UNet2DConditionModel(**{**base, **config})
    names = fill(model, dtype)
    width = model.config.cross_attention_dim
    width = width if isinstance(width, int) else width[0]
    times = torch.tensor(timestep, dtype=torch.float32 if isinstance(timestep[0], float) else torch.int64)
    tensors = {
        "in.sample": noise(seed, batch, model.config.in_channels, *size),
        "in.timestep": times,
        "in.encoder_hidden_states": noise(seed + 100, batch, tokens, width),
    }
    added = None
    if model.config.addition_embed_type == "text_time":
        time_ids = torch.tensor([[64.0, 48.0, 0.0, 8.0, 64.0, 64.0], [128.0, 128.0, 0.0, 0.0, 96.0, 64.0]])[:batch]
        pooled = model.config.projection_class_embeddings_input_dim - 6 * model.config.addition_time_embed_dim
        added = {"text_embeds": noise(seed + 200, batch, pooled), "time_ids": time_ids}
        tensors |= {"in.text_embeds": added["text_embeds"], "in.time_ids": time_ids}
    labels = None
    if model.config.num_class_embeds is not None:
        labels = torch.arange(batch) * 7 % model.config.num_class_embeds
        tensors["in.class_labels"] = labels
    tensors["out.out_sample"] = model(
        tensors["in.sample"], times, encoder_hidden_states=tensors["in.encoder_hidden_states"],
        class_labels=labels, added_cond_kwargs=added,
    ).sample
    # A wrong time or a wrong text must show in the output, or the golden proves nothing about them.
    other = model(tensors["in.sample"], torch.zeros_like(times), class_labels=labels, added_cond_kwargs=added,
                  encoder_hidden_states=tensors["in.encoder_hidden_states"]).sample
    assert (other - tensors["out.out_sample"]).abs().max() > 0.01, f"{name}: the time does not matter"
    if labels is not None:
        other = model(tensors["in.sample"], times, class_labels=labels + 1,
                      encoder_hidden_states=tensors["in.encoder_hidden_states"]).sample
        assert (other - tensors["out.out_sample"]).abs().max() > 0.01, f"{name}: the class does not matter"
    finish(name, "unet", model, dtype, names, tensors, what)


def unets():
    cross, plain = "CrossAttnDownBlock2D", "DownBlock2D"
    up_cross, up_plain = "CrossAttnUpBlock2D", "UpBlock2D"
    three = dict(block_out_channels=(32, 48, 64), down_block_types=(cross, cross, plain),
                 up_block_types=(up_plain, up_cross, up_cross))
    unet("unet-sd1", "as Stable Diffusion 1: attention_head_dim 8 is the COUNT of heads, convolutions as projections, "
         "2 layers, 4 blocks, the last without attention, 77 tokens",
         block_out_channels=(32, 64, 64, 64), layers_per_block=2, down_block_types=(cross, cross, cross, plain),
         up_block_types=(up_plain, up_cross, up_cross, up_cross), attention_head_dim=8, norm_num_groups=32, tokens=77)
    unet("unet-sd2", "as Stable Diffusion 2: a list of head counts, linear projections, upcast_attention", **three,
         attention_head_dim=[2, 3, 8], use_linear_projection=True, upcast_attention=True, layers_per_block=2,
         timestep=(999,))
    unet("unet-odd-13x11", "odd sizes: up-sampling goes to the skip's size; one picture", **three, size=(13, 11),
         batch=1, timestep=(1,))
    unet("unet-odd-9x15", "odd sizes, three pictures, a timestep for each", **three, size=(9, 15), batch=3,
         timestep=(901, 441, 21))
    unet("unet-groups-8", "norm_num_groups 8, norm_eps 1e-6, a fractional timestep (Karras schedules give these)",
         norm_num_groups=8, norm_eps=1e-6, timestep=(345.678,))
    unet("unet-layers-list", "layers_per_block as a list, flip_sin_to_cos false, freq_shift 1, fractional timesteps "
         "for each picture", **three, layers_per_block=[1, 2, 3], flip_sin_to_cos=False, freq_shift=1,
         timestep=(12.25, 980.5))
    unet("unet-transformer-list", "transformer_layers_per_block as a list (the last value is the middle's too)",
         block_out_channels=(32, 48, 64), down_block_types=(plain, cross, cross),
         up_block_types=(up_cross, up_cross, up_plain), transformer_layers_per_block=[1, 2, 3],
         attention_head_dim=[2, 3, 4], use_linear_projection=True)
    unet("unet-transformer-2", "transformer_layers_per_block 2 everywhere, convolutions as projections",
         transformer_layers_per_block=2)
    unet("unet-scale-shift", "resnet_time_scale_shift scale_shift, act_fn gelu (erf), time_embedding_act_fn silu, "
         "timestep_post_act silu, time_embedding_dim", resnet_time_scale_shift="scale_shift", act_fn="gelu",
         time_embedding_act_fn="silu", timestep_post_act="silu", time_embedding_dim=96)
    unet("unet-mish", "act_fn mish, mid_block_scale_factor 1.4", act_fn="mish", mid_block_scale_factor=1.4)
    unet("unet-mid-no-attention", "mid_block_type UNetMidBlock2D (one residual block), conv_in_kernel 5, "
         "conv_out_kernel 1, center_input_sample, act_fn relu",
         mid_block_type="UNetMidBlock2D", conv_in_kernel=5, conv_out_kernel=1, center_input_sample=True, act_fn="relu")
    unet("unet-no-mid", "mid_block_type null, downsample_padding 0 (padded by one on the right and below first)",
         **three, mid_block_type=None, downsample_padding=0)
    unet("unet-only-cross", "only_cross_attention, cross_attention_dim as a list", only_cross_attention=True,
         cross_attention_dim=[40, 40])
    unet("unet-inpaint-lcm", "9 input channels; time_cond_proj_dim (LCM files have its weights; no condition given, "
         "so they are not used); not square", in_channels=9, time_cond_proj_dim=24, size=(8, 12))
    unet("unet-f16", "halves in the file, computed in float32", dtype="F16", **three)
    unet("unet-sdxl", "as SDXL: text_time conditioning", block_out_channels=(32, 64),
         down_block_types=(plain, cross), up_block_types=(up_cross, up_plain), transformer_layers_per_block=[1, 2],
         attention_head_dim=[2, 4], use_linear_projection=True, addition_embed_type="text_time",
         addition_time_embed_dim=16, projection_class_embeddings_input_dim=6 * 16 + 40)
    unet("unet-upscaler", "as the 4x upscaler: num_class_embeds, a noise level for each picture, 7 input channels (latent "
         "and small picture), only_cross_attention in all blocks but the first, odd sizes", in_channels=7,
         num_class_embeds=20, block_out_channels=(32, 48, 64), down_block_types=(plain, cross, cross),
         up_block_types=(up_cross, up_cross, up_plain), only_cross_attention=[True, True, False],
         use_linear_projection=True, size=(9, 12), batch=3, timestep=(981,))
    unet("unet-classes-f16", "num_class_embeds with halves in the file, computed in float32, act_fn gelu in the embedding",
         dtype="F16", num_class_embeds=1000, time_embedding_act_fn="gelu")


# ----------------------------------------------------------------------------------------------------------- vae ----

OLD_ATTENTION = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}


def old_attention_name(key: str) -> str:
    """The names that autoencoders saved before diffusers 0.17 carry: Stable Diffusion 1.5's own file has them."""
    for new, old in OLD_ATTENTION.items():
        key = key.replace(f"attentions.0.{new}.", f"attentions.0.{old}.")
    return key


def autoencoder(name, what, *, pixels=(32, 32), latents=(8, 8), batch=1, dtype="F32", old_names=False, **config):
    base = dict(
        in_channels=3, out_channels=3, block_out_channels=(16, 32, 48), layers_per_block=1,
        down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3,
        latent_channels=4, norm_num_groups=16, sample_size=32,
    )
    model = AutoencoderKL(**{**base, **config})
    names = fill(model, dtype, old_attention_name if old_names else lambda key: key)
    more = {"oldAttentionNames": True} if old_names else {}

    sample = noise(3, batch, 3, *pixels).clamp(-1, 1)
    moments = model.encode(sample).latent_dist.parameters
    finish(f"{name}-encoder", "vae_encoder", model, dtype, names,
           {"in.sample": sample, "out.latent_parameters": moments}, what, **more)

    latent = noise(4, batch, model.config.latent_channels, *latents)
    finish(f"{name}-decoder", "vae_decoder", model, dtype, names,
           {"in.latent_sample": latent, "out.sample": model.decode(latent).sample}, what, **more)


def autoencoders():
    autoencoder("vae-plain", "1 layer, 16 groups, 4 latent channels")
    autoencoder("vae-odd", "2 layers, 8 groups, two pictures, 24x40 pixels, latents 5x7", layers_per_block=2,
                norm_num_groups=8, pixels=(24, 40), latents=(5, 7), batch=2)
    autoencoder("vae-odd-pixels", "32 groups, 4 blocks, 27x45 pixels: the down-sampling pads right and below",
                block_out_channels=(32, 32, 64, 64), norm_num_groups=32, pixels=(27, 45), latents=(3, 5),
                down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4)
    autoencoder("vae-16-channels", "16 latent channels, no quant_conv and no post_quant_conv", latent_channels=16,
                use_quant_conv=False, use_post_quant_conv=False)
    autoencoder("vae-no-attention", "mid_block_add_attention false, act_fn gelu", mid_block_add_attention=False,
                act_fn="gelu")
    autoencoder("vae-old-names", "the attention's names as in Stable Diffusion 1.5's own file: query, key, value, "
                "proj_attn", old_names=True)
    autoencoder("vae-f16", "halves in the file, computed in float32", dtype="F16")


# ---------------------------------------------------------------------------------------------------------- tiny ----

def tiny(name, what, *, pixels=(16, 16), latents=(4, 4), batch=1, dtype="F32", **config):
    model = AutoencoderTiny(**config)
    names = fill(model, dtype)
    sample = noise(3, batch, model.config.in_channels, *pixels).clamp(-1, 1)
    finish(f"{name}-encoder", "vae_encoder", model, dtype, names,
           {"in.sample": sample, "out.latent_parameters": model.encode(sample).latents}, what)
    # Some latents are far outside of -3..3, where they are squeezed.
    latent = 2 * noise(4, batch, model.config.latent_channels, *latents)
    finish(f"{name}-decoder", "vae_decoder", model, dtype, names,
           {"in.latent_sample": latent, "out.sample": model.decode(latent).sample}, what)


def tinies():
    three = dict(encoder_block_out_channels=(16, 16, 16), decoder_block_out_channels=(16, 16, 16))
    tiny("tiny-taesd", "as TAESD and TAESDXL, at full width: the config is the default one")
    tiny("tiny-16-channels", "16 latent channels (TAESD3, TAEF1), 3 stages, two pictures, odd sizes of both kinds",
         **three, latent_channels=16, num_encoder_blocks=(1, 2, 1), num_decoder_blocks=(2, 1, 1),
         pixels=(13, 22), latents=(5, 3), batch=2)
    tiny("tiny-two-widths", "encoder and decoder of different width and depth, act_fn silu, one channel of colour",
         in_channels=1, out_channels=1, act_fn="silu", encoder_block_out_channels=(12, 12),
         decoder_block_out_channels=(20, 20), num_encoder_blocks=(0, 2), num_decoder_blocks=(1, 0))
    tiny("tiny-gelu", "act_fn gelu, up-sampling by 3, a single stage in the encoder", act_fn="gelu",
         upsampling_scaling_factor=3, encoder_block_out_channels=(24,), num_encoder_blocks=(2,),
         decoder_block_out_channels=(24, 24), num_decoder_blocks=(1, 1), pixels=(7, 9), latents=(2, 3))
    tiny("tiny-f16", "halves in the file, computed in float32, act_fn mish", dtype="F16", act_fn="mish", **three,
         num_encoder_blocks=(1, 1, 1), num_decoder_blocks=(1, 1, 1))


if __name__ == "__main__":
    only = set(sys.argv[1:])
    if only:
        real = finish
        finish = lambda name, *a, **k: real(name, *a, **k) if name in only else None  # noqa: E731
    text_encoders()
    clips()
    unets()
    autoencoders()
    tinies()
