"""
Autoencoders that other people published, as they are passed around: what they make of seeded pictures and latents.

Makes     goldens/autoencoders/<name>.json + .safetensors; `file` is the path within `../shared/real-files`, `component`
          what `run` calls the network, tensors `in.NAME` and `out.NAME`
Reference torch 2.13.0, diffusers 0.42.1 (AutoencoderTiny, AutoencoderKL), gguf 0.19.0; float32 on the CPU.
          diffusers has no FLUX.2 blocks: those are written out below, from the description in the file's own repository
          (madebyollin/taesd): before its convolutions a block adds 1x1 convolution to 4 C channels, group norm of 4
          groups, ReLU, 1x1 convolution back to C.
Run       python tests/parity/make_autoencoders.py
          Without the real files nothing is made and the goldens stay as they are.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL, AutoencoderTiny
from gguf import GGUFReader

from golden_files import versions, write_golden

FILES = Path(__file__).parents[3] / "shared/real-files"
REFERENCE = versions("torch", "diffusers", "gguf")

torch.set_num_threads(2)
torch.set_grad_enabled(False)


def noise(seed: int, *shape: int):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def write(name, what, file, component, tensors, **more):
    for key, value in tensors.items():
        print(f"{name:24} {key:24} {str(list(value.shape)):18} std {value.std():.3f}  max {value.abs().max():.3f}")
    write_golden("autoencoders", name,
                 {"what": what, "file": file, "component": component, "references": REFERENCE, **more}, tensors)


def taesd_decoder():
    """Its names are first_stage_model.decoder.N, where N counts the squeezing of latents as layer 0."""
    file = "autoencoders/taesd-decoder.gguf"
    model = AutoencoderTiny().eval()
    state = {}
    for tensor in GGUFReader(str(FILES / file)).tensors:
        _, _, number, rest = tensor.name.split(".", 3)
        array = np.array(tensor.data).astype(np.float32)
        state[f"layers.{int(number) - 1}.{rest}"] = torch.from_numpy(array).reshape(list(reversed(tensor.shape.tolist())))
    model.decoder.load_state_dict(state, strict=True)
    latent = noise(1, 1, 4, 7, 5)
    write("taesd-decoder", "the real TAESD's decoder in a GGUF of stable-diffusion.cpp", file, "vae_decoder",
          {"in.latent_sample": latent, "out.sample": model.decode(latent).sample})


def taef2_encoder():
    file = "autoencoders/taef2_encoder.pth"
    state = {k: v.float() for k, v in torch.load(FILES / file, weights_only=True).items()}
    conv = torch.nn.functional.conv2d

    def convolution(name, x, **options):
        weight = state[f"{name}.weight"]
        return conv(x, weight, state.get(f"{name}.bias"), padding=weight.shape[-1] // 2, **options)

    sample = noise(2, 1, 3, 40, 24).clamp(-1, 1)
    x = (sample + 1) / 2
    used = 0
    for layer in range(15):
        if f"{layer}.weight" in state:
            x = convolution(f"{layer}", x, stride=2 if layer in (2, 6, 10) else 1)
            continue
        if f"{layer}.pool.0.weight" in state:
            h = convolution(f"{layer}.pool.0", x)
            h = torch.nn.functional.group_norm(h, 4, state[f"{layer}.pool.1.weight"], state[f"{layer}.pool.1.bias"])
            x = x + convolution(f"{layer}.pool.3", h.relu())
            used += 1
        h = convolution(f"{layer}.conv.2", convolution(f"{layer}.conv.0", x).relu())
        x = (convolution(f"{layer}.conv.4", h.relu()) + x).relu()
    assert used == 3
    write("taef2-encoder", "the encoder of FLUX.2's tiny autoencoder as its author publishes it, a pickle of halves", file,
          "vae_encoder", {"in.sample": sample, "out.latent_parameters": x})


def tiny_autoencoder_kl():
    file = "autoencoders/tiny-autoencoder-kl-2022.bin"
    config = dict(in_channels=3, out_channels=3, latent_channels=4, block_out_channels=[32, 64], norm_num_groups=32,
                  down_block_types=["DownEncoderBlock2D"] * 2, up_block_types=["UpDecoderBlock2D"] * 2)
    model = AutoencoderKL(**config)
    with tempfile.TemporaryDirectory() as folder:
        model.save_config(folder)
        (Path(folder) / "diffusion_pytorch_model.bin").symlink_to((FILES / file).resolve())
        model = AutoencoderKL.from_pretrained(folder, use_safetensors=False).eval()
    config = {"_class_name": "AutoencoderKL", **config}
    sample = noise(3, 1, 3, 24, 16).clamp(-1, 1)
    write("kl-2022-encoder", "an AutoencoderKL of 2022 in a .bin, with the attention's old names", file, "vae_encoder",
          {"in.sample": sample, "out.latent_parameters": model.encode(sample).latent_dist.parameters}, config=config)
    latent = noise(4, 2, 4, 5, 6)
    write("kl-2022-decoder", "the same, the other way", file, "vae_decoder",
          {"in.latent_sample": latent, "out.sample": model.decode(latent).sample}, config=config)


if __name__ == "__main__":
    if not FILES.exists():
        print("The goldens of real autoencoders stay as they are: ../shared/real-files is not there.")
        sys.exit()
    taesd_decoder()
    taef2_encoder()
    tiny_autoencoder_kl()
