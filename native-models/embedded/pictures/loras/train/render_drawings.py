"""
The drawings a LoRA is trained on: the icon sets of the base model, rendered to 64x64 pixels with the same margin.

Reads   FOLDER/node_modules/@iconify-json/<set>/icons.json, which `npm install` puts there (../README.md)
Writes  an .npz: `rgba` [N,64,64,4] uint8, `names` [N] ("cat face"), `sets` [N] ("noto"), `known` [N] bool (see below)
Run     python render_drawings.py ICONS_FOLDER DRAWINGS.npz

A style is learnt best on subjects that the base draws well: then only the style differs between what it makes and what it
should make. `known` marks those (subjects.txt; the base spent most of its own training on them), train.py shows them most.
"""

import argparse
import io
import json
import random
import re
from pathlib import Path

import numpy as np
import resvg_py
from PIL import Image

SIZE, MARGIN = 64, 2
RENDERED = 240  # pixels of the first, large rendering; shrunk afterwards, which keeps thin lines
SETS = ("noto", "twemoji", "fluent-emoji-flat")  # the three styles in which the base knows the subjects best
DRAWINGS = 2600

# No skin tones (the same drawing many times), and nothing whose point is lettering or a clock's hands.
SKIN_TONE = re.compile(r"(-|^)(skin-tone|dark|light|medium)(-|$)")
UNSUITABLE = re.compile(r"flag|keycap|button|letter|clock-|-oclock|-thirty|squared|circled-(ideo|lat)|zodiac|symbol|arrow")


def render(body: str, left: float, top: float, width: float, height: float) -> np.ndarray:
    """One drawing, centred, [64,64,4] uint8, transparent outside."""
    svg = (f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
           f'viewBox="{left} {top} {width} {height}" width="{RENDERED}" height="{RENDERED}">{body}</svg>')
    large = Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg)))).convert("RGBA")
    inner = SIZE - 2 * MARGIN
    whole = Image.new("RGBA", (SIZE, SIZE), (255, 255, 255, 0))
    whole.paste(large.resize((inner, inner), Image.Resampling.BICUBIC), (MARGIN, MARGIN))
    return np.asarray(whole)


def icons(folder: Path, set_name: str):
    """Yields (name, svg body, view box) of the suitable icons of one set."""
    icon_set = json.loads((folder / "node_modules/@iconify-json" / set_name / "icons.json").read_text())
    size = (icon_set.get("width", 16), icon_set.get("height", 16))
    seen = set()
    for name, icon in icon_set["icons"].items():
        if UNSUITABLE.search(name) or (SKIN_TONE.search(name) and name != "light-bulb") or icon["body"] in seen:
            continue
        seen.add(icon["body"])
        box = (icon.get("left", 0), icon.get("top", 0), icon.get("width", size[0]), icon.get("height", size[1]))
        yield name.replace("-", " "), icon["body"], box


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("icons", type=Path)
    parser.add_argument("drawings", type=Path)
    arguments = parser.parse_args()

    subjects = set(Path(__file__).with_name("subjects.txt").read_text().split("\n")) - {""}
    found = [(name, set_name, body, box)
             for set_name in SETS for name, body, box in icons(arguments.icons, set_name)]
    known = [icon for icon in found if icon[0] in subjects]
    others = [icon for icon in found if icon[0] not in subjects]
    random.Random(7).shuffle(others)
    chosen = known + others[:DRAWINGS - len(known)]

    np.savez_compressed(
        arguments.drawings,
        rgba=np.stack([render(body, *box) for _, _, body, box in chosen]),
        names=np.array([name for name, _, _, _ in chosen]),
        sets=np.array([set_name for _, set_name, _, _ in chosen]),
        known=np.array([name in subjects for name, _, _, _ in chosen]),
    )
    print(f"{len(chosen)} of {len(found)} drawings, {len(known)} of known subjects; "
          f"subjects without a drawing: {sorted(subjects - {icon[0] for icon in known})}")


if __name__ == "__main__":
    main()
