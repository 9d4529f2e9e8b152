"""
Goldens of language models: tiny decoders of every family with seeded weights, and the embedded storyteller.

Makes     goldens/language/<name>.json + .safetensors
          json: config (as its folder has it), dtype, tensors {name: shape}, what
          safetensors: `in.NAME` and `out.logits`, names as in the table of `run llm`
          goldens/language/storyteller.json + .safetensors: greedy ids of the real weights, logits of its prompt
Reference torch 2.13.0, transformers 5.23.0; float32 on the CPU, attention in its eager form
Run       python tests/parity/make_language.py [NAME ...]

The reference has to give the same logits with its own cache, in the pieces that the test uses, or nothing is written.
Rows of padding are left out: what stands there is nobody's.
"""

import json
import sys
import tempfile
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, DynamicCache, LlamaConfig, MistralConfig, Qwen2Config, Qwen3Config

from golden_files import versions, write_golden
from seeded_weights import seeded

torch.set_num_threads(2)
torch.set_grad_enabled(False)

STORYTELLER = Path(__file__).parent.parent.parent / "native-models" / "embedded" / "storyteller"
TEXT = [[1, 50, 3, 71, 22, 8, 90, 14, 60, 33, 5, 41]]
PIECES = [5, 1, 3, 3]


def rounded(values: torch.Tensor, dtype: str) -> torch.Tensor:
    """The values that a file of this format holds, as float32."""
    return values.to({"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}[dtype]).float()


def saved_config(model) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        model.config.save_pretrained(folder)
        return json.loads((Path(folder) / "config.json").read_text())


def as_transformers_4(config: dict) -> dict:
    """The spelling of nearly all files in the wild."""
    old = dict(config)
    rope = dict(old.pop("rope_parameters"))
    old["rope_theta"] = rope.pop("rope_theta")
    old["rope_scaling"] = rope if rope.get("rope_type", "default") != "default" else None
    old["torch_dtype"] = old.pop("dtype", "float32")
    old.pop("layer_types", None)
    old["transformers_version"] = "4.45.0"
    return old


def logits_in_pieces(model, ids) -> torch.Tensor:
    cache, rows, done = DynamicCache(config=model.config), [], 0
    for count in PIECES:
        piece = ids[:, done:done + count]
        rows.append(model(piece, past_key_values=cache, use_cache=True).logits)
        done += count
    assert done == ids.shape[1]
    return torch.cat(rows, dim=1)


def language(name, what, config, *, dtype="F32", old_spelling=False, prefix=True, inputs=None):
    if only and name not in only:
        return
    torch.manual_seed(0)
    config._attn_implementation = "eager"
    model = AutoModelForCausalLM.from_config(config).float().eval()
    tied = config.tie_word_embeddings
    names = {key: list(value.shape) for key, value in model.state_dict().items()
             if not (tied and key == "lm_head.weight")}
    in_file = {key: key if prefix else key.removeprefix("model.") for key in names}
    state = {key: rounded(torch.from_numpy(seeded(in_file[key], shape)), dtype) for key, shape in names.items()}
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not unexpected and set(missing) <= {"lm_head.weight"}, (missing, unexpected)
    model.tie_weights()
    if tied:
        assert model.lm_head.weight is model.model.embed_tokens.weight

    given = {key: torch.tensor(value) for key, value in (inputs or {"input_ids": TEXT}).items()}
    out = model(**given, use_cache=False).logits
    if inputs is None:
        ours = (logits_in_pieces(model, given["input_ids"]) - out).abs().max().item()
        assert ours < 1e-5 * out.abs().max().item(), f"{name}: cached {ours}"
    if "attention_mask" in given:
        out = out * given["attention_mask"][..., None]
    std = out.std().item()
    print(f"{name:28} {str(list(out.shape)):14} std {std:.3f}  max {out.abs().max().item():.3f}")
    assert torch.isfinite(out).all() and 0.05 < std < 20

    saved = saved_config(model)
    write_golden("language", name, {
        "what": what,
        "references": versions("torch", "transformers"),
        "dtype": dtype,
        "config": as_transformers_4(saved) if old_spelling else saved,
        "tensors": {in_file[key]: shape for key, shape in names.items()},
    }, {**{f"in.{key}": value for key, value in given.items()}, "out.logits": out.contiguous()})


SIZES = dict(vocab_size=96, hidden_size=48, intermediate_size=80, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=64, bos_token_id=1, eos_token_id=2)


def llamas():
    def llama(name, what, more=None, **rest):
        language(name, what, LlamaConfig(**{**SIZES, **(more or {})}), **rest)

    llama("llama", "4 heads, 2 of keys and values, a head of its own (not tied)", dict(rms_norm_eps=1e-5))
    llama("llama-old-spelling", "rope_theta and rope_scaling null, as transformers 4 writes them",
          dict(rope_parameters=dict(rope_type="default", rope_theta=500000.0)), old_spelling=True)
    llama("llama-no-groups", "as many heads of keys and values as queries; names without `model.`",
          dict(num_key_value_heads=4), prefix=False)
    llama("llama-one-key-head", "one head of keys and values for all", dict(num_key_value_heads=1))
    llama("llama-biases", "attention_bias and mlp_bias", dict(attention_bias=True, mlp_bias=True))
    llama("llama-3", "Llama 3.2: llama3 scaling, tied", dict(
        tie_word_embeddings=True, head_dim=16, rope_parameters=dict(
            rope_type="llama3", rope_theta=100.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
            original_max_position_embeddings=16)))
    llama("llama-3-old-spelling", "the same in rope_scaling", dict(
        tie_word_embeddings=True, head_dim=16, rope_parameters=dict(
            rope_type="llama3", rope_theta=100.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
            original_max_position_embeddings=16)), old_spelling=True)
    llama("llama-linear", "linear scaling", dict(
        rope_parameters=dict(rope_type="linear", rope_theta=10000.0, factor=4.0)))
    llama("llama-dynamic", "dynamic scaling, which does nothing within max_position_embeddings", dict(
        rope_parameters=dict(rope_type="dynamic", rope_theta=10000.0, factor=4.0)))
    llama("llama-yarn", "YaRN with its own attention factor", dict(
        head_dim=32, rope_parameters=dict(rope_type="yarn", rope_theta=100.0, factor=4.0,
                                          original_max_position_embeddings=16)))
    llama("llama-yarn-mscale", "YaRN as DeepSeek sets it: mscale, beta_fast, beta_slow, no rounding of the ramp", dict(
        head_dim=32, rope_parameters=dict(rope_type="yarn", rope_theta=100.0, factor=4.0, beta_fast=16.0, beta_slow=0.5,
                                          mscale=0.8, mscale_all_dim=0.4, truncate=False,
                                          original_max_position_embeddings=32)))
    llama("smollm2", "the shape of SmolLM2: 9 heads in 3 groups, tied", dict(
        hidden_size=72, num_attention_heads=9, num_key_value_heads=3, tie_word_embeddings=True,
        rope_parameters=dict(rope_type="default", rope_theta=100000.0)), old_spelling=True)
    llama("llama-f16", "halves in the file", dtype="F16")
    llama("llama-bf16", "bfloat16 in the file, tied", dict(tie_word_embeddings=True), dtype="BF16")

    padded = dict(input_ids=[[0, 0, 0, 1, 50, 3, 71], [1, 9, 22, 8, 90, 14, 60]],
                  attention_mask=[[0, 0, 0, 1, 1, 1, 1], [1] * 7])
    llama("llama-batch-left", "two texts padded on the left, positions counted from each first token",
          inputs={**padded, "position_ids": [[0, 0, 0, 0, 1, 2, 3], [0, 1, 2, 3, 4, 5, 6]]})
    llama("llama-batch-plain", "the same without position_ids: counted from the first column", inputs=padded)
    llama("llama-batch-right", "three texts padded on the right", dict(num_key_value_heads=1), inputs=dict(
        input_ids=[[1, 50, 3, 71, 0], [1, 9, 0, 0, 0], [1, 22, 8, 90, 14]],
        attention_mask=[[1, 1, 1, 1, 0], [1, 1, 0, 0, 0], [1] * 5]))


def mistrals():
    def mistral(name, what, more=None, **rest):
        language(name, what, MistralConfig(**{**SIZES, **(more or {})}), **rest)

    mistral("mistral-window", "a window of 4 in every layer", dict(sliding_window=4))
    mistral("mistral-window-old-spelling", "the same as transformers 4 writes it", dict(sliding_window=4),
            old_spelling=True)
    mistral("mistral-nemo", "no window (null), heads of their own size", dict(sliding_window=None, head_dim=20))
    mistral("mistral-batch", "a window of 3, padded on the left", dict(sliding_window=3), inputs=dict(
        input_ids=[[0, 0, 1, 50, 3, 71, 7, 9], [1, 9, 22, 8, 90, 14, 60, 2]],
        attention_mask=[[0, 0, 1, 1, 1, 1, 1, 1], [1] * 8],
        position_ids=[[0, 0, 0, 1, 2, 3, 4, 5], [0, 1, 2, 3, 4, 5, 6, 7]]))


def qwens():
    language("qwen2", "biases on queries, keys and values; tied; the window is off", Qwen2Config(
        **SIZES, tie_word_embeddings=True, sliding_window=4))
    language("qwen2-window", "a window of 3 from layer 1 on, by layer_types", Qwen2Config(
        **{**SIZES, "num_hidden_layers": 3}, use_sliding_window=True, sliding_window=3, max_window_layers=1))
    language("qwen2-window-old-spelling", "the same by max_window_layers", Qwen2Config(
        **{**SIZES, "num_hidden_layers": 3}, use_sliding_window=True, sliding_window=3, max_window_layers=1),
        old_spelling=True)
    language("qwen3", "norms of queries and keys, heads of their own size, tied", Qwen3Config(
        **SIZES, head_dim=16, tie_word_embeddings=True))
    language("qwen3-layers", "layer_types in their own order, attention_bias", Qwen3Config(
        **{**SIZES, "num_hidden_layers": 3}, head_dim=16, attention_bias=True, use_sliding_window=True, sliding_window=5,
        layer_types=["sliding_attention", "full_attention", "sliding_attention"]))


def storyteller():
    if only and "storyteller" not in only:
        return
    model = AutoModelForCausalLM.from_pretrained(STORYTELLER, dtype=torch.float32, attn_implementation="eager")
    prompt = torch.tensor([[1, 403, 407, 261, 378]])
    greedy = model.generate(prompt, max_new_tokens=100, do_sample=False, temperature=None, top_p=None)
    write_golden("language", "storyteller", {
        "what": "the embedded storyteller: 100 greedy tokens after “Once upon a time”, logits of its prompt",
        "references": versions("torch", "transformers"),
        "prompt": prompt[0].tolist(),
        "greedy": greedy[0, prompt.shape[1]:].tolist(),
    }, {"out.logits": model(prompt).logits})


if __name__ == "__main__":
    only = set(sys.argv[1:])
    llamas()
    mistrals()
    qwens()
    storyteller()
