"""
Goldens of CLIP on real pictures: Pillow's resize, the preprocessing, and the embedded CLIP from pixels to vectors.

Makes     goldens/clip/preprocess-<name>.json + .safetensors
          json: config, the preprocessor_config.json that the picture was prepared by
          safetensors: rgb [H,W,3] uint8, the picture; resized [h,w,3] uint8, after the resize alone; pixel_values
          [1,3,S,S]
          goldens/clip/embedded.json + .safetensors
          rgb.I [H,W,3] uint8, image_embeds.I [1,P]; input_ids.I [1,T], text_embeds.I [1,P]
          json: cosine, of each picture with each
Reference torch 2.13.0, transformers 5.23.0 (CLIPImageProcessorPil), pillow 13.0.0; the weights' halves, computed in
          float32 on the CPU
Run       python tests/parity/make_clip.py

The pictures are parts of native-models/embedded/pictures/samples.png, and one of noise: every level beside every other.
"""

import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from transformers import CLIPImageProcessorPil, CLIPModel, CLIPTokenizer

from golden_files import versions, write_golden

EMBEDDED = Path(__file__).resolve().parents[2] / "native-models/embedded/pictures"
CLIP = EMBEDDED / "clip"
torch.set_num_threads(2)
torch.set_grad_enabled(False)


def part(left: int, top: int, width: int, height: int) -> np.ndarray:
    picture = Image.open(EMBEDDED / "samples.png").convert("RGB")
    return np.array(picture.crop((left, top, left + width, top + height)))


def noise(height: int, width: int) -> np.ndarray:
    """Black, white and what is between, so that the kernel overshoots both ends."""
    levels = np.random.RandomState(11).randint(-128, 384, (height, width, 3))
    return levels.clip(0, 255).astype(np.uint8)


def preprocess(name: str, what: str, rgb: np.ndarray, config: dict):
    processor = CLIPImageProcessorPil(**config)
    pixel_values = processor(images=Image.fromarray(rgb), return_tensors="pt").pixel_values
    only_resize = CLIPImageProcessorPil(**config | {"do_center_crop": False, "do_rescale": False, "do_normalize": False})
    resized = only_resize(images=Image.fromarray(rgb), return_tensors="np").pixel_values[0].transpose(1, 2, 0)
    assert resized.dtype == np.uint8
    print(f"{name:12} {rgb.shape} -> {resized.shape} -> {list(pixel_values.shape)}")
    write_golden("clip", f"preprocess-{name}", {
        "what": what,
        "references": versions("transformers", "pillow"),
        "config": config,
    }, {"rgb": rgb, "resized": resized, "pixel_values": pixel_values})


def preprocessings():
    embedded = json.loads((CLIP / "preprocessor_config.json").read_text())
    openai = {"size": {"shortest_edge": 56}, "crop_size": {"height": 56, "width": 56}}
    preprocess("landscape", "a wide picture made smaller, the middle of it; the embedded model's own settings",
               part(130, 140, 131, 83), embedded)
    preprocess("portrait", "a tall picture of odd sides, OpenAI's mean and deviation", part(407, 271, 77, 120), openai)
    preprocess("upscale", "a picture made larger, one side more than twice", part(12, 150, 25, 41), embedded)
    preprocess("same-size", "a picture of the model's size: not resized at all", part(136, 136, 64, 64), embedded)
    preprocess("noise", "noise of full contrast: both ends are clipped", noise(90, 113), embedded)
    preprocess("squash", "both sides set, no crop: the aspect is lost", part(270, 410, 90, 52),
               {"size": {"height": 48, "width": 48}, "do_center_crop": False})
    preprocess("small", "resized to less than the crop: black around it, more of it right and below",
               part(540, 280, 60, 60), {"size": {"shortest_edge": 41}, "crop_size": {"height": 48, "width": 48}})


def embedded():
    model = CLIPModel.from_pretrained(str(CLIP), dtype=torch.float32).eval()
    processor = CLIPImageProcessorPil.from_pretrained(str(CLIP))
    tokenizer = CLIPTokenizer.from_pretrained(str(CLIP))
    tensors, vectors = {}, []
    for index, rgb in enumerate([part(130, 140, 131, 83), part(407, 271, 77, 120), part(136, 136, 64, 64)]):
        pixel_values = processor(images=Image.fromarray(rgb), return_tensors="pt").pixel_values
        vector = model.get_image_features(pixel_values).pooler_output
        vectors.append(vector[0].double())
        tensors |= {f"rgb.{index}": rgb, f"image_embeds.{index}": vector}
    for index, text in enumerate(["a red heart", "a house with a garden"]):
        ids = tokenizer(text, return_tensors="pt").input_ids
        tensors |= {f"input_ids.{index}": ids, f"text_embeds.{index}": model.get_text_features(ids).pooler_output}
    unit = torch.stack([vector / vector.norm() for vector in vectors])
    cosine = (unit @ unit.T).tolist()
    print("cosine", cosine)
    write_golden("clip", "embedded", {
        "what": "the embedded CLIP on three pictures and two texts, from pixels and ids to vectors",
        "references": versions("torch", "transformers", "pillow"),
        "cosine": cosine,
    }, tensors)


if __name__ == "__main__":
    preprocessings()
    embedded()
