"""
Files as torch writes them, for the reader that is no Python: sound ones with what they hold, and ones that want to run code.

Makes     goldens/torch-files/<name>.pth and <name>.json + .safetensors beside it (tensors by their dotted names)
          json: tensors, dtype and shape by dotted name; refused, a word of the sentence that refuses the file
Reference torch 2.13.0, torch.save in both its formats, torch.jit.save
Run       python tests/parity/make_torch_files.py

Nothing here is ever loaded with Python's pickle; the files that want to run code only want to print a word.
"""

import collections
import io
import pickle

import numpy as np
import torch

from golden_files import GOLDENS, versions, write_golden

KIND = "torch-files"
SAFETENSORS = {
    torch.float32: "F32", torch.float64: "F64", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64",
    torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL",
    torch.uint16: "U16", torch.float8_e4m3fn: "F8_E4M3",
}
generator = torch.Generator().manual_seed(7)


def random(*shape, dtype=torch.float32):
    return torch.randn(*shape, generator=generator).to(dtype)


def flat(value, name=""):
    if isinstance(value, torch.Tensor):
        return {name: value.detach()}
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, (list, tuple)) else []
    below = {}
    for key, item in items:
        below |= flat(item, f"{name}.{key}" if name else str(key))
    return below


def numbers(tensor):
    """As the tests compare them: floats as float32, whole numbers as int64."""
    whole = not tensor.dtype.is_floating_point
    return np.ascontiguousarray(tensor.to(torch.int64 if whole else torch.float32).numpy())


def keep(name: str, what: str, save, tensors=None, refused=None):
    GOLDENS.joinpath(KIND).mkdir(parents=True, exist_ok=True)
    file = GOLDENS / KIND / f"{name}.pth"
    save(str(file))
    file.chmod(0o644)
    description = {"what": what, "references": versions("torch")}
    if refused is not None:
        return write_golden(KIND, name, description | {"refused": refused})
    description["tensors"] = {key: {"dtype": SAFETENSORS[value.dtype], "shape": list(value.shape)}
                              for key, value in tensors.items()}
    write_golden(KIND, name, description, {key: numbers(value) for key, value in tensors.items()}, list_tensors=False)


def legacy(value, file, **options):
    torch.save(value, file, _use_new_zipfile_serialization=False, **options)


class Small(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 4, 3)
        self.bn = torch.nn.BatchNorm2d(4)
        self.head = torch.nn.Linear(4, 2)

    def forward(self, x):
        return self.head(self.bn(self.conv(x)).mean((2, 3)))


class Word:
    """What a hostile file is made of: an object that tells how it is made."""

    def __init__(self, call, *arguments):
        self.made = (call, arguments)

    def __reduce__(self):
        return self.made


def main():
    torch.manual_seed(5)
    model = Small()
    state = model.state_dict()
    keep("zip", "a state dict in the format of torch 1.6 and later", lambda f: torch.save(state, f), flat(state))
    keep("legacy", "the same in the format of before", lambda f: legacy(state, f), flat(state))
    keep("legacy-protocol-4", "the same with a later protocol of pickle", lambda f: legacy(state, f, pickle_protocol=4),
         flat(state))

    base = random(6, 5)
    rich = {
        "state_dict": collections.OrderedDict(
            [("half", random(3, dtype=torch.float16)), ("brain", random(2, 2, dtype=torch.bfloat16)),
             ("double", random(4, dtype=torch.float64)), ("scalar", torch.tensor(2.5)), ("none", torch.zeros(0, 3)),
             ("parameter", torch.nn.Parameter(random(2, 3))), ("rows", base[2:4]), ("row", base[5]), ("base", base),
             ("tied", base)]),
        "whole": [torch.arange(5), torch.arange(4, dtype=torch.int32), torch.tensor([1, -2], dtype=torch.int16),
                  torch.tensor([-3], dtype=torch.int8), torch.tensor([255], dtype=torch.uint8),
                  torch.tensor([True, False])],
        "größe": {3: random(2)},
        "epoch": 12, "seed": 2**70, "loss": 0.25, "done": True, "note": "a\nb", "empty": None, "size": torch.Size([1, 2]),
        "device": torch.device("cpu"), "dtype": torch.float16, "bytes": b"\x00\xff", "set": {1},
    }
    keep("rich-zip", "a training state: every number format, views, tied weights, notes", lambda f: torch.save(rich, f),
         flat(rich))
    keep("rich-legacy", "the same in the format of before", lambda f: legacy(rich, f), flat(rich))
    newer = {"small": random(3, dtype=torch.float8_e4m3fn), "word": torch.tensor([7, 65535], dtype=torch.uint16)}
    keep("newer-types", "number formats that have no storage of their own", lambda f: torch.save(newer, f), flat(newer))

    script = torch.jit.script(model.eval())
    keep("script", "a TorchScript archive, as OpenAI gives out its CLIP: code lies beside and is not read",
         lambda f: torch.jit.save(script, f), flat(dict(script.state_dict())))

    swapped = {"weight": random(3, 4).t()}
    keep("transposed", "a tensor that does not lie row by row", lambda f: torch.save(swapped, f), refused="row by row")
    keep("module", "a whole module and not its weights", lambda f: torch.save(torch.nn.Linear(2, 2), f),
         refused="a whole program (Linear)")
    for name, call, word in [("system", __import__("os").system, "posix.system"), ("eval", eval, "builtins.eval"),
                             ("getattr", getattr, "builtins.getattr")]:
        evil = {"weight": random(2), "more": Word(call, "print('a word')")}
        keep(f"evil-{name}-zip", f"wants to call {word}", lambda f: torch.save(evil, f), refused=word)
        keep(f"evil-{name}-legacy", f"wants to call {word}", lambda f: legacy(evil, f), refused=word)
    plain = io.BytesIO()
    pickle.dump({"weight": [1, 2]}, plain, protocol=2)
    keep("plain-pickle", "a pickle that is not one of torch", lambda f: open(f, "wb").write(plain.getvalue()),
         refused="not one of torch")


if __name__ == "__main__":
    main()
