"""A GGUF model as transformers.js runs models, for measuring it beside the studio on the same weights.

    pip install torch==2.13.0 transformers==5.23.0 gguf==0.19.0 onnx==1.23.2 onnx-ir==1.1.0 onnxruntime==1.30.0 \
                onnxruntime-genai==0.18.0
    python tests/peers/chat/transformers-js/make_folders.py MODEL.gguf FOLDER

`npx inkstone bench --peers --model MODEL.gguf --home HOME` looks for them in HOME/peers/exports/MODEL.

1. transformers dequantises the file to float32, in FOLDER/weights.
2. onnxruntime-genai's builder, which the models on the Hub are exported with, makes the graph from those: grouped-query
   attention, keys and values as inputs and outputs. Float32 in FOLDER/float32, the same values as the GGUF file's; and
   int4 in FOLDER/int4, in blocks of 32, for MatMulNBits at accuracy level 4 as the studio uses it: rounded once more, so
   its text is another one.
3. Both get the names that transformers.js looks for (onnx/model.onnx, onnx/model.onnx_data).
"""
import json
import shutil
import subprocess
import sys
from pathlib import Path

import onnx
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer


def weights(gguf: Path, out: Path) -> None:
    source = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32)
    # The model that was read knows that it was quantised, and for that reason is not saved; one like it is.
    config = source.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    plain = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    plain.load_state_dict(source.state_dict())
    plain.save_pretrained(out)
    AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name).save_pretrained(out)


def export(hf: Path, out: Path, precision: str, *options: str) -> None:
    made = out / "made"
    command = [sys.executable, "-m", "onnxruntime_genai.models.builder", "-i", str(hf), "-o", str(made)]
    command += ["-p", precision, "-e", "cpu", "-c", str(out / "cache")]
    if options:
        command += ["--extra_options", *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    (out / "onnx").mkdir(exist_ok=True)
    model = onnx.load(made / "model.onnx")  # with its data
    config = json.loads((hf / "config.json").read_text())
    # transformers.js makes an empty cache out of these shapes, and takes a name that it does not know for 0.
    for value in [*model.graph.input, *model.graph.output]:
        if value.name.startswith(("past_key_values.", "present.")):
            value.type.tensor_type.shape.dim[3].dim_value = config["head_dim"]
    data = out / "onnx" / "model.onnx_data"
    data.unlink(missing_ok=True)
    onnx.save_model(model, out / "onnx" / "model.onnx", save_as_external_data=True, location=data.name)
    (out / "config.json").write_text(json.dumps(config))
    shutil.copy(hf / "generation_config.json", out)
    shutil.rmtree(made)
    shutil.rmtree(out / "cache", ignore_errors=True)


gguf, folder = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
weights(gguf, folder / "weights")
for name, precision, options in [
    ("float32", "fp32", ()),
    ("int4", "int4", ("int4_block_size=32", "int4_accuracy_level=4")),
]:
    (folder / name).mkdir(parents=True, exist_ok=True)
    export(folder / "weights", folder / name, precision, *options)
    print(folder / name)
