"""
Shows and measures what a LoRA file does, through diffusers' own pipeline and loader.

Writes  a sheet, a column a prompt, and, if asked, the preview. Rows of the sheet: no file and no trigger phrase, no
        file, strength 0.5, strength 1, strength 1 without the trigger phrase
Prints  the mean pixel difference (0 to 255) to the pictures without the file, over the ten prompts of the sheet
Run     python try_out.py --style pixel-art --model .. --file ../pixel-art.safetensors --sheet SHEET.png
        [--preview ../pixel-art.preview.png --prompt "cat face, pixel art style"]

DDIM, 25 steps, guidance 2.5, float32; the noise of every picture is that of the seed alone.
"""

import argparse
import json
from pathlib import Path

import diffusers
import numpy as np
import torch
from diffusers import StableDiffusionPipeline
from PIL import Image
from safetensors import safe_open

from styles import STYLES

SUBJECTS = ["red heart", "cat face", "pizza", "rocket", "panda", "ghost, fluent style", "birthday cake, noto style",
            "sunflower, fluent style", "umbrella, twemoji style", "blue car"]
STRENGTHS = (0.5, 1.0)
PREVIEW_SIZE = 256


def load(folder: Path) -> StableDiffusionPipeline:
    pipeline = StableDiffusionPipeline.from_pretrained(
        str(folder), dtype=torch.float32, safety_checker=None, feature_extractor=None,
        requires_safety_checker=False)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def draw(pipeline: StableDiffusionPipeline, prompts: list[str], seed: int) -> np.ndarray:
    """[N,64,64,3] uint8"""
    noise = [torch.Generator().manual_seed(seed) for _ in prompts]
    images = pipeline(prompts, num_inference_steps=25, guidance_scale=2.5, generator=noise, output_type="np").images
    return (images * 255).round().astype(np.uint8)


def enlarged(picture: np.ndarray, times: int) -> Image.Image:
    return Image.fromarray(picture.repeat(times, 0).repeat(times, 1))  # nearest neighbour


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--style", choices=STYLES, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--file", type=Path, required=True)
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--preview", type=Path)
    parser.add_argument("--prompt")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.set_grad_enabled(False)
    diffusers.logging.set_verbosity_error()

    pipeline = load(arguments.model)
    prompts = [f"{subject}, {STYLES[arguments.style].trigger}" for subject in SUBJECTS]
    plain = draw(pipeline, SUBJECTS, arguments.seed) if arguments.sheet else None
    without = draw(pipeline, prompts, arguments.seed) if arguments.sheet else None

    pipeline.load_lora_weights(str(arguments.file.parent), weight_name=arguments.file.name, adapter_name="tried")
    with safe_open(str(arguments.file), "pt") as file:
        in_file = sum(name.endswith((".lora_down.weight", ".lora_A.weight")) for name in file.keys())
        trigger = file.metadata()["modelspec.trigger_phrase"]
    layers = [layer for layer in pipeline.unet.modules() if hasattr(layer, "lora_A")]
    scales = {scale for layer in layers for scale in layer.scaling.values()}
    assert len(layers) == in_file and trigger == STYLES[arguments.style].trigger
    print(f"{in_file} layers, every one loaded; alpha / rank {scales}; {arguments.file.stat().st_size} bytes")

    if arguments.sheet:
        rows = [without]
        for strength in STRENGTHS:
            pipeline.set_adapters("tried", strength)
            rows.append(draw(pipeline, prompts, arguments.seed))
            print(f"strength {strength}: mean pixel difference "
                  f"{np.abs(rows[-1].astype(int) - without).mean():.1f} to the same prompts without the file, "
                  f"{np.abs(rows[-1].astype(int) - plain).mean():.1f} to those without file and trigger")
        pipeline.set_adapters("tried", 1.0)
        rows.append(draw(pipeline, SUBJECTS, arguments.seed))
        print(f"strength 1.0, prompts without the trigger: mean pixel difference "
              f"{np.abs(rows[-1].astype(int) - plain).mean():.1f}")
        sheet = np.concatenate([np.concatenate(list(row), 1) for row in [plain, *rows]])
        enlarged(sheet, 2).save(arguments.sheet)

    if arguments.preview:
        pipeline.set_adapters("tried", 1.0)
        picture = draw(pipeline, [arguments.prompt], arguments.seed)[0]
        enlarged(picture, PREVIEW_SIZE // picture.shape[0]).save(arguments.preview)
        print(json.dumps({"prompt": arguments.prompt, "seed": arguments.seed}))


if __name__ == "__main__":
    main()
