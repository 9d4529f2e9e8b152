"""
Goldens of a whole evaluation: pytorch-fid on the committed test pictures, with the random Inception of make_inception.py.

Makes     goldens/evaluation/pictures.json
          fid: pytorch-fid's own number (scipy's sqrtm); kid: unbiased MMD^2 over all pairs, k(x, y) = (x.y / D + 1)^3, of
          the same features in float64; counts
Reference torch 2.13.0, pytorch-fid 0.3.0, scipy 1.17.1, Pillow; float32 features on the CPU
Run       python tests/parity/make_evaluation.py
"""

import json
from pathlib import Path

import numpy as np
import torch
from pytorch_fid import fid_score
from pytorch_fid.inception import InceptionV3

from golden_files import GOLDENS, versions, write_golden
from make_inception import seeded

PICTURES = Path(__file__).resolve().parents[1] / "pictures"
torch.set_num_threads(2)
torch.set_grad_enabled(False)


def network() -> InceptionV3:
    from pytorch_fid import inception as reference

    golden = json.loads((GOLDENS / "inception/random.json").read_text())
    weights = {name: torch.from_numpy(seeded(name, shape, golden["statistics"]))
               for name, shape in golden["tensors"].items()}
    reference.load_state_dict_from_url = lambda *args, **kwargs: weights
    load = torch.nn.Module.load_state_dict  # the file of 2019 has no num_batches_tracked either
    torch.nn.Module.load_state_dict = lambda self, state, strict=True: load(self, state, strict=False)
    try:
        return InceptionV3([InceptionV3.BLOCK_INDEX_BY_DIM[2048]]).eval()
    finally:
        torch.nn.Module.load_state_dict = load


def features(model, folder: str) -> np.ndarray:
    files = sorted(f for f in (PICTURES / folder).iterdir() if f.suffix[1:] in fid_score.IMAGE_EXTENSIONS)
    # One at a time: pytorch-fid stacks a batch before it resizes, so it takes pictures of one size only.
    return np.concatenate([fid_score.get_activations([f], model, batch_size=1, num_workers=0) for f in files])


def kid(x: np.ndarray, y: np.ndarray) -> float:
    kernel = lambda a, b: (a @ b.T / a.shape[1] + 1) ** 3
    (m, n), xx, yy = (len(x), len(y)), kernel(x, x), kernel(y, y)
    return ((xx.sum() - np.trace(xx)) / (m * (m - 1)) + (yy.sum() - np.trace(yy)) / (n * (n - 1))
            - 2 * kernel(x, y).mean())


def main():
    model = network()
    generated, reference = (features(model, name).astype(np.float64) for name in ("generated", "reference"))
    moments = lambda x: (x.mean(axis=0), np.cov(x, rowvar=False))
    fid = fid_score.calculate_frechet_distance(*moments(generated), *moments(reference))
    numbers = {"fid": float(fid), "kid": float(kid(generated, reference))}
    print(numbers, generated.shape, generated.mean(), np.abs(generated[0] - generated[1]).mean())
    write_golden("evaluation", "pictures", {
        "what": "pytorch-fid on tests/pictures/generated against tests/pictures/reference with random weights",
        "references": versions("torch", "pytorch-fid", "scipy", "pillow"),
        "generated": len(generated), "reference": len(reference), **numbers,
        "moments": {"generatedMean": generated.mean(axis=0)[:8].tolist(), "referenceMean": reference.mean(axis=0)[:8].tolist()},
    }, {})


if __name__ == "__main__":
    main()
