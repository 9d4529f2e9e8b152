"""
Goldens of adapters: small LoRA files in every dialect on the small networks of make_networks.py, merged by plain
PyTorch, and checked here against PEFT's own live layers where diffusers can load the file.

Makes     goldens/adapters/<name>.lora.safetensors   the adapters, as their trainers write them
          goldens/adapters/<name>.json + .safetensors
          json: networks {component: golden of goldens/networks}, adapters [{file, weight, textWeight, matched}],
          touched {component: {layer: {norm, projection}}} of the delta, references
          safetensors: `COMPONENT.out.NAME` for the inputs that the network's own golden has, and
          `COMPONENT.merged.LAYER.weight` of some layers whole
Reference torch 2.13.0, diffusers 0.42.1, transformers 5.23.0, peft 0.21.2; merged in float64, run in float32 on the CPU
Run       python tests/parity/make_adapters.py [NAME ...]     all goldens, or those of these names and nothing else

THE MERGE, for each layer and adapter, strength m:  W' = W + m * scale * (up.flat @ down.flat) reshaped to W
`projection` is the sum of delta * u over the layer, u of the formula of seeded_weights.py for the name LAYER.projection.
"""

import copy
import json
import shutil
import sys
import tempfile
from pathlib import Path

import torch
from diffusers import StableDiffusionPipeline, UNet2DConditionModel
from diffusers.loaders import StableDiffusionLoraLoaderMixin
from peft import LoraConfig, get_peft_model_state_dict
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from transformers import CLIPTextConfig, CLIPTextModel

from golden_files import GOLDENS, versions, write_golden
from make_networks import fill
from seeded_weights import uniform

torch.set_num_threads(2)
torch.set_grad_enabled(False)

FOLDER = GOLDENS / "adapters"
SCRATCH = tempfile.TemporaryDirectory()  # files go from here to FOLDER with their golden, once all its checks passed
NETWORKS = Path(__file__).parent / "goldens" / "networks"


# ------------------------------------------------------------------------------------------------------- networks ----

class Network:
    """One golden of goldens/networks, with its seeded weights and its inputs."""

    def __init__(self, component: str, golden: str):
        self.component, self.golden = component, golden
        config = json.loads((NETWORKS / f"{golden}.json").read_text())["config"]
        if component == "unet":
            self.model = UNet2DConditionModel.from_config(config)
            fill(self.model)
        else:
            self.model = CLIPTextModel(CLIPTextConfig(**config))
            fill(self.model, "F32", lambda key: "text_model." + key)
        tensors = load_file(NETWORKS / f"{golden}.safetensors")
        self.inputs = {key[3:]: value for key, value in tensors.items() if key.startswith("in.")}

    def layers(self, *kinds) -> dict:
        """{path as files of transformers 4 and diffusers have it: module}"""
        prefix = "" if self.component == "unet" else "text_model."
        modules = {prefix + name: module for name, module in self.model.named_modules()}
        return {name: module for name, module in modules.items() if isinstance(module, kinds)}

    def run(self, model) -> torch.Tensor:
        if self.component == "unet":
            return model(self.inputs["sample"], self.inputs["timestep"],
                         encoder_hidden_states=self.inputs["encoder_hidden_states"]).sample
        return model(self.inputs["input_ids"]).last_hidden_state

    @property
    def output(self) -> str:
        return "out_sample" if self.component == "unet" else "last_hidden_state"


SD1 = {"text_encoder": Network("text_encoder", "text-quick-gelu"), "unet": Network("unet", "unet-sd1")}
SD2 = {"text_encoder": Network("text_encoder", "text-gelu-3-layers"), "unet": Network("unet", "unet-sd2")}

ATTENTION = ("to_q", "to_k", "to_v", "to_out.0", "q_proj", "k_proj", "v_proj", "out_proj")


def targets(network: Network, which) -> dict:
    layers = network.layers(torch.nn.Linear, torch.nn.Conv2d)
    return {path: module for path, module in layers.items() if which(path)}


def pair(path: str, module, rank: int, seed: int):
    """down and up of the layer, so large that the output shows them."""
    generator = torch.Generator().manual_seed(seed + sum(path.encode()))
    weight = module.weight
    kernel = list(weight.shape[2:])
    down = torch.randn([rank, *weight.shape[1:]], generator=generator) / weight[0].numel() ** 0.5
    up = torch.randn([weight.shape[0], rank, *[1 for _ in kernel]], generator=generator) / rank**0.5
    return down, up


# ---------------------------------------------------------------------------------------------------------- files ----

def underscored(component: str, path: str) -> str:
    return ("lora_unet_" if component == "unet" else "lora_te_") + path.replace(".", "_")


def kohya(name, networks, which, *, rank, dtype, alpha, seed, metadata=None):
    """Keys of kohya-ss/sd-scripts; rank and alpha by layer. An alpha of None is left out: the scale is 1."""
    tensors, parts = {}, []
    for component, network in networks.items():
        for path, module in targets(network, which).items():
            r = rank(path, module)
            down, up = (half.to(dtype) for half in pair(path, module, r, seed))
            key = underscored(component, path)
            tensors |= {f"{key}.lora_down.weight": down, f"{key}.lora_up.weight": up}
            a = alpha(path)
            if a is not None:
                tensors[f"{key}.alpha"] = torch.tensor(a).to(dtype)
            parts.append((component, path, down, up, (r if a is None else tensors[f"{key}.alpha"].item()) / r))
    return save(name, tensors, parts, metadata)


def old_diffusers(name, network, *, rank, seed):
    """The attention processors of diffusers 0.12 to 0.16: no component before the name, `to_out_lora` without its 0."""
    tensors, parts = {}, []
    for path, module in targets(network, lambda path: ".attn" in path and path.endswith(ATTENTION)).items():
        down, up = pair(path, module, rank, seed)
        attention, layer = path.split(".to_")
        key = f"{attention}.processor.to_{layer.removesuffix('.0')}_lora"
        tensors |= {f"{key}.down.weight": down, f"{key}.up.weight": up}
        parts.append(("unet", path, down, up, 1.0))
    return save(name, tensors, parts)


def diffusers_2023(name, networks, *, rank, seed):
    """diffusers from August 2023 until PEFT: `unet.….to_q.lora.down`, `text_encoder.….q_proj.lora_linear_layer.up`."""
    tensors, parts = {}, []
    for component, network in networks.items():
        slot = "lora" if component == "unet" else "lora_linear_layer"
        attention = lambda path: (".attn" in path or ".self_attn." in path) and path.endswith(ATTENTION)  # noqa: E731
        for path, module in targets(network, attention).items():
            down, up = (half.half() for half in pair(path, module, rank, seed))
            tensors |= {f"{component}.{path}.{slot}.down.weight": down, f"{component}.{path}.{slot}.up.weight": up}
            parts.append((component, path, down, up, 1.0))
    return save(name, tensors, parts)


def peft(name, networks, configs, *, seed):
    """What PEFT and diffusers themselves save of layers that PEFT itself made: their keys, their metadata."""
    layers, metadata, parts = {}, {}, []
    for component, network in networks.items():
        model = copy.deepcopy(network.model)
        model.add_adapter(configs[component], adapter_name="default")
        prefix = "" if component == "unet" else "text_model."
        for path, module in model.named_modules():
            if not hasattr(module, "lora_A") or "default" not in module.lora_A:
                continue
            down, up = pair(path, module.base_layer, module.r["default"], seed)
            module.lora_A["default"].weight.copy_(down)
            module.lora_B["default"].weight.copy_(up)
            parts.append((component, prefix + path, down, up, module.scaling["default"]))
        layers[component] = {prefix + key: value for key, value in get_peft_model_state_dict(model).items()}
        config = model.peft_config["default"].to_dict()
        metadata[component] = {**config, "target_modules": sorted(config["target_modules"])}  # a set has any order
    StableDiffusionPipeline.save_lora_weights(
        SCRATCH.name, unet_lora_layers=layers["unet"], text_encoder_lora_layers=layers["text_encoder"],
        weight_name=f"{name}.lora.safetensors", unet_lora_adapter_metadata=metadata["unet"],
        text_encoder_lora_adapter_metadata=metadata["text_encoder"],
    )
    # Once more with one entry of metadata, as the order of two is left to chance.
    file = Path(SCRATCH.name, f"{name}.lora.safetensors")
    with safe_open(file, "pt") as opened:
        kept = {"lora_adapter_metadata": opened.metadata()["lora_adapter_metadata"]}
    return save(name, load_file(file), parts, kept)


def save(name, tensors, parts, metadata=None, diffusers_loads=True):
    """`parts`: (component, path, down, up, scale) of each layer. Say so where diffusers cannot load the dialect."""
    file = Path(SCRATCH.name, f"{name}.lora.safetensors")
    save_file({key: value.contiguous() for key, value in tensors.items()}, file, metadata)
    file.chmod(0o644)
    return {"file": file.name, "parts": parts, "diffusers_loads": diffusers_loads}


# ---------------------------------------------------------------------------------------------------------- merge ----

def merged(network: Network, adapters) -> tuple:
    """The network with W' in float32, and the deltas in float64, by layer. `adapters`: [(adapter, strength)]."""
    model = copy.deepcopy(network.model)
    prefix = "" if network.component == "unet" else "text_model."
    modules = {prefix + name: module for name, module in model.named_modules()}
    sums, deltas = {}, {}
    for adapter, strength in adapters:
        for component, path, down, up, scale in adapter["parts"]:
            if component != network.component:
                continue
            weight = modules[path].weight
            delta = up.double().flatten(1) @ down.double().flatten(1) * (strength * scale)
            deltas[path] = deltas.get(path, 0) + delta.reshape(weight.shape)
            sums.setdefault(path, weight.double())
    for path, delta in deltas.items():
        modules[path].weight.copy_((sums[path] + delta).float())
    return model, deltas


def same_by_peft(network: Network, adapters, reference: torch.Tensor):
    """
    PEFT's live layers agree with the merged network. diffusers loads them from the very files; of a dialect that it
    cannot load it gets the same matrices under its own names, so that PEFT still speaks of ranks, alphas and merge.
    """
    model = copy.deepcopy(network.model)
    names = []
    for index, (adapter, _) in enumerate(adapters):
        state, alphas, metadata = unet_state(adapter, model)
        if not any(key.startswith(("unet.", "text_encoder.")) for key in state):
            state = {f"unet.{key}": value for key, value in state.items()}  # as diffusers itself did until 0.16
        if alphas:
            # diffusers gives a layer without alpha the most common one of the file; in kohya's files it means the rank.
            alphas |= {f"unet.{path}.alpha": float(down.shape[0])
                       for component, path, down, _, scale in adapter["parts"] if component == "unet" and scale == 1.0}
        names.append(f"adapter_{index}")
        load = StableDiffusionLoraLoaderMixin.load_lora_into_unet
        load(state, network_alphas=alphas, unet=model, adapter_name=names[-1], metadata=metadata)
    model.set_adapters(names, [strength for _, strength in adapters])
    difference = ((network.run(model) - reference).abs().max() / reference.abs().max()).item()
    assert difference < 2e-5, f"PEFT differs by {difference}"
    print(f"    PEFT agrees to {difference:.1e}")


def unet_state(adapter, model) -> tuple:
    """(tensors, alphas, metadata) as diffusers' loader takes them."""
    if adapter["diffusers_loads"]:
        return StableDiffusionLoraLoaderMixin.lora_state_dict(
            str(Path(SCRATCH.name, adapter["file"])), unet_config=model.config, return_lora_metadata=True)
    state, alphas = {}, {}
    for component, path, down, up, scale in adapter["parts"]:
        if component == "unet":
            state |= {f"unet.{path}.lora_A.weight": down.float(), f"unet.{path}.lora_B.weight": up.float()}
            alphas[f"unet.{path}.alpha"] = scale * down.shape[0]
    return state, alphas, None


def write(name, what, networks, uses):
    """`uses`: [(adapter, weight, text weight)]."""
    print(name)
    tensors, touched = {}, {}
    for component, network in networks.items():
        adapters = [(adapter, weight if component == "unet" else text) for adapter, weight, text in uses]
        adapters = [(a, strength) for a, strength in adapters if any(part[0] == component for part in a["parts"])]
        if not adapters:
            continue
        model, deltas = merged(network, adapters)
        base, out = network.run(network.model), network.run(model)
        change = ((out - base).abs().max() / base.abs().max()).item()
        assert torch.isfinite(out).all() and change > 0.01, f"{name} {component}: the output changes by {change}"
        print(f"  {component:13} {len(deltas):4} layers, output changes by {change:.2f}")
        if component == "unet":
            same_by_peft(network, adapters, out)
        tensors[f"{component}.out.{network.output}"] = out
        touched[component] = {path: {
            "norm": delta.norm().item(),
            "projection": (delta.flatten() @ torch.from_numpy(uniform(f"{path}.projection", delta.numel()))).item(),
        } for path, delta in deltas.items()}
        modules = dict(model.named_modules())
        for path in whole(deltas):
            tensors[f"{component}.merged.{path}.weight"] = modules[path.removeprefix("text_model.")].weight
    write_golden("adapters", name, {
        "what": what,
        "references": versions("torch", "diffusers", "transformers", "peft"),
        "networks": {component: networks[component].golden for component in touched},
        "adapters": [{
            "file": adapter["file"], "weight": weight, "textWeight": text, "matched": len(adapter["parts"]),
        } for adapter, weight, text in uses],
        "touched": touched,
    }, tensors, list_tensors=False)
    for adapter, _, _ in uses:
        shutil.copy(Path(SCRATCH.name, adapter["file"]), FOLDER)


def whole(deltas) -> list:
    """One layer of each shape of kernel, the first and the last."""
    by_kernel = {tuple(delta.shape[2:]): path for path, delta in deltas.items()}
    return list(dict.fromkeys([next(iter(deltas)), *by_kernel.values()]))


def main():
    goldens = {}

    def golden(name, *facts):
        goldens[name] = facts

    attention = lambda path: ".attn" in path or ".self_attn." in path or ".mlp." in path or ".ff." in path or ".proj_" in path  # noqa: E501,E731
    linear = kohya("kohya-linear", SD1, attention, rank=lambda *_: 2, dtype=torch.float16, seed=1,
                   alpha=lambda _: 1.0, metadata={"ss_output_name": "linear"})
    golden("kohya-linear", "kohya-ss on SD 1: text encoder and UNet, halves, alpha 1 of rank 2, projections as 1 x 1 "
           "convolutions", SD1, [(linear, 0.8, 0.5)])

    convolutions = lambda path: path.endswith((".conv1", ".conv2", ".conv", ".conv_shortcut", ".time_emb_proj", ".proj_in", ".to_v", ".mlp.fc1"))  # noqa: E501,E731
    locon = kohya("kohya-locon", SD1, convolutions, dtype=torch.bfloat16, seed=2,
                  rank=lambda path, module: 3 if module.weight.dim() == 2 else 2,
                  alpha=lambda path: None if ".conv2" in path else 1.5)
    golden("kohya-locon", "LoCon on SD 1: convolutions of every kind, bf16, ranks that differ, alpha missing on some "
           "layers, negative strength", SD1, [(locon, -0.6, -1.2)])

    old = old_diffusers("diffusers-old", SD1["unet"], rank=3, seed=3)
    golden("diffusers-old", "attention processors of diffusers 0.12 to 0.16, F32, no alpha", SD1, [(old, 1.0, 1.0)])

    later = diffusers_2023("diffusers-2023", SD2, rank=2, seed=4)
    golden("diffusers-2023", "diffusers from August 2023 on SD 2, halves, no alpha", SD2, [(later, 0.7, 1.0)])

    configs = {
        "unet": LoraConfig(r=4, lora_alpha=2, init_lora_weights=False, target_modules=["to_q", "to_k", "to_v", "to_out.0"],
                           rank_pattern={"mid_block.attentions.0.transformer_blocks.0.attn1.to_q": 1, "attn2.to_k": 3},
                           alpha_pattern={"attn2.to_k": 6, "attn1.to_v": 1}),
        "text_encoder": LoraConfig(r=4, lora_alpha=2, init_lora_weights=False, use_rslora=True,
                                   target_modules=["q_proj", "v_proj", "fc2"]),
    }
    modern = peft("peft", SD2, configs, seed=5)
    golden("peft", "PEFT on SD 2 as diffusers saves it, with its metadata: ranks and alphas by pattern, rank-stabilised "
           "text encoder", SD2, [(modern, 1.0, 1.0)])

    golden("stacked", "two adapters at once: strengths that differ, one negative", SD1,
           [(linear, 0.7, -0.5), (locon, -0.4, 0.9)])

    only = sys.argv[1:]
    for name in only:
        if name not in goldens:
            sys.exit(f"There is no golden {name}: add it to main of make_adapters.py, or choose of {', '.join(goldens)}.")
    for name in only or goldens:
        write(name, *goldens[name])


if __name__ == "__main__":
    main()
