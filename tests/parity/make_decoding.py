"""
Goldens of reading picture files: the pixels that Pillow has of every test picture.

Makes     goldens/decoding/pillow.json
          files{folder/name}: mode, what Pillow calls the kind of pixels; size [w,h]; sha256 of
          Image.open(path).convert("RGB"), 3 bytes a pixel; or error, the name of what Pillow raises
Reference pillow 13.0.0 with the decoders of its own wheel (libjpeg-turbo 3.2.0, libwebp 1.6.0, libtiff 4.7.2)
Run       python tests/parity/make_decoding.py

pytorch-fid 0.3.0 (fid_score.py ImagePathDataset), clean-fid 0.1.35 (utils.py ResizeDataset) and torch-fidelity 0.4.0
(datasets.py ImagesPathDataset) read pictures by exactly that call.
"""

import hashlib
import warnings
from pathlib import Path

import numpy as np
from PIL import Image

from golden_files import versions, write_golden

PICTURES = Path(__file__).resolve().parents[1] / "pictures"
warnings.simplefilter("ignore")


def read(file: Path) -> dict:
    try:
        with Image.open(file) as image:
            mode = image.mode
            pixels = np.asarray(image.convert("RGB"))
    except Exception as error:  # whatever Pillow raises is its answer
        return {"error": type(error).__name__}
    return {"mode": mode, "size": [pixels.shape[1], pixels.shape[0]], "sha256": hashlib.sha256(pixels.tobytes()).hexdigest()}


if __name__ == "__main__":
    files = {f"{file.parent.name}/{file.name}": read(file) for file in sorted(PICTURES.glob("*/*"))}
    assert sum("error" not in read for read in files.values()) > 40
    write_golden("decoding", "pillow", {
        "what": "pixels of every test picture as Pillow reads them",
        "references": versions("pillow"),
        "files": files,
    })
    for name, result in files.items():
        print(f"{name:36} {result.get('error') or result['mode']}")
