"""
How a golden is written: goldens/<kind>/<name>.json, and beside it <name>.safetensors when it has tensors.

Reference safetensors 0.8.0. Not run by itself; every make_*.py uses it.

Tensors are float32, int64, int32 or uint8. The JSON lists the shape and the type of each of them under "files", so that
a test can be read without opening the binary file; where there are hundreds it tells their pattern instead.
"""

import importlib.metadata
import json
import os
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

GOLDENS = Path(os.environ.get("PARITY_GOLDENS", Path(__file__).parent / "goldens"))
DTYPES = {"float32": "F32", "int64": "I64", "int32": "I32", "uint8": "U8"}


def versions(*packages: str) -> dict:
    return {name: importlib.metadata.version(name).split("+")[0] for name in packages}


def _pretty(value, depth=0) -> str:
    """JSON with one dictionary entry a line and plain lists on one line: small, and diffs stay readable."""
    pad = " " * (depth + 1)
    if isinstance(value, dict) and value and not (set(value) == {"dtype", "shape"}):
        rows = [f"{pad}{json.dumps(str(k), ensure_ascii=False)}: {_pretty(v, depth + 1)}" for k, v in value.items()]
        return "{\n" + ",\n".join(rows) + "\n" + " " * depth + "}"
    if isinstance(value, (list, tuple)) and any(isinstance(v, (dict, list, tuple)) for v in value):
        rows = [f"{pad}{_pretty(v, depth + 1)}" for v in value]
        return "[\n" + ",\n".join(rows) + "\n" + " " * depth + "]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def write_golden(kind: str, name: str, description: dict, tensors: dict | None = None, list_tensors: bool = True):
    folder = GOLDENS / kind
    folder.mkdir(parents=True, exist_ok=True)
    text = dict(description)
    if tensors:
        arrays = {}
        for key, value in tensors.items():
            array = value.detach().cpu().numpy() if hasattr(value, "detach") else np.asarray(value)
            assert str(array.dtype) in DTYPES, f"{name}: {key} is {array.dtype}"
            if array.dtype == np.float32:
                assert np.isfinite(array).all(), f"{name}: {key} has NaN or infinity"
            arrays[key] = np.ascontiguousarray(array)
        if list_tensors:
            text["files"] = {f"{name}.safetensors": {
                k: {"dtype": DTYPES[str(a.dtype)], "shape": list(a.shape)} for k, a in arrays.items()
            }}
        save_file(arrays, str(folder / f"{name}.safetensors"))
        (folder / f"{name}.safetensors").chmod(0o644)
    (folder / f"{name}.json").write_text(_pretty(text) + "\n", encoding="utf-8")
