"""
GGUF files: what the blocks of every quantised format are as float32, and small models of them.

Reference gguf 0.19.0 (gguf/quants.py, which ggml's own tests compare with its C code) and transformers 5.23.0.

blocks/TYPE    `bytes`: blocks as they lie in a file, `values`: what the reference dequantises them to, bit for bit.
               Random bytes with random finite halves for d, m and dmin; where the reference can quantise, also rows of
               the embedded storyteller's weights.
NAME.gguf      a model with random weights in the formats that `types` lists. `in.input_ids` [1, T] and `out.logits`
               [1, T, V] are of transformers' model with the dequantised weights, query and key rows of the llama
               architecture put back from neighbours to halves.
"""

import json
from pathlib import Path

import numpy as np
import torch
from gguf import GGMLQuantizationType as Type
from gguf import GGUFWriter, TokenType
from gguf.constants import GGML_QUANT_SIZES
from gguf.quants import dequantize, quantize
from safetensors.numpy import load_file
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM, Qwen3Config, Qwen3ForCausalLM

from golden_files import GOLDENS, versions, write_golden

STORYTELLER = Path(__file__).parents[2] / "native-models/embedded/storyteller/model.safetensors"
REFERENCE = versions("gguf", "transformers", "torch")
PLAIN = {Type.F32: np.float32, Type.F16: np.float16}
# Where the halves of a block stand, in bytes.
HALVES = {
    Type.Q8_0: [0], Type.Q4_0: [0], Type.Q4_1: [0, 2], Type.Q5_0: [0], Type.Q5_1: [0, 2],
    Type.Q4_K: [0, 2], Type.Q5_K: [0, 2], Type.Q6_K: [208],
}
QUANTISABLE = [Type.Q8_0, Type.Q4_0, Type.Q4_1, Type.Q5_0, Type.Q5_1]


def random_blocks(rng, type_, count: int) -> np.ndarray:
    blocks = rng.integers(0, 256, (count, GGML_QUANT_SIZES[type_][1]), dtype=np.uint8)
    for at in HALVES.get(type_, []):
        halves = rng.integers(0, 0x7C00, count, dtype=np.uint16) | (rng.integers(0, 2, count, dtype=np.uint16) << 15)
        blocks[:, at : at + 2] = halves.view(np.uint8).reshape(count, 2)
    return blocks


def blocks():
    rng = np.random.default_rng(20260101)
    real = load_file(STORYTELLER)["model.layers.0.self_attn.q_proj.weight"][:8]
    for type_ in [Type.F32, Type.F16, Type.BF16, *HALVES]:
        if type_ in PLAIN or type_ == Type.BF16:
            values = rng.standard_normal(64).astype(np.float32)
            data = quantize(values, type_) if type_ == Type.BF16 else values.astype(PLAIN[type_])
            raw = np.frombuffer(data.tobytes(), np.uint8)
        else:
            raw = random_blocks(rng, type_, 8 if type_.name.endswith("K") else 32)
            if type_ in QUANTISABLE:
                raw = np.concatenate([raw, quantize(real, type_).reshape(-1, raw.shape[1])])
        kind = raw.view(PLAIN[type_]) if type_ in PLAIN else raw
        values = dequantize(kind, type_).astype(np.float32).reshape(-1)
        description = {"reference": REFERENCE, "type": type_.name, "blocks": len(raw.reshape(-1, GGML_QUANT_SIZES[type_][1]))}
        write_golden("gguf/blocks", type_.name, description, {"bytes": raw.reshape(-1).copy(), "values": values})


# ------------------------------------------------------------------------------------------------------ models ----

VOCABULARY = 3 + 256  # unknown, begin, end, bytes


def matrix(rng, type_, rows: int, columns: int) -> np.ndarray:
    """Bytes [rows, bytes of a row] whose values are of the size that a network's weights have."""
    if type_ in QUANTISABLE or type_ in (Type.F16, Type.F32, Type.BF16):
        return quantize((rng.standard_normal((rows, columns)) * 0.08).astype(np.float32), type_)
    size, bytes_ = GGML_QUANT_SIZES[type_]
    data = rng.integers(0, 256, (rows * columns // size, bytes_), dtype=np.uint8)
    scale = {Type.Q4_K: [3e-4, 2.3e-3], Type.Q5_K: [1.5e-4, 2.3e-3], Type.Q6_K: [6e-5]}[type_]
    for at, half in zip(HALVES[type_], scale):
        halves = (half * rng.uniform(0.5, 1.5, len(data))).astype(np.float16)
        data[:, at : at + 2] = halves.view(np.uint8).reshape(-1, 2)
    return data.reshape(rows, -1)


def as_floats(data: np.ndarray, type_) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(dequantize(data, type_).astype(np.float32)))


def to_halves(rows: torch.Tensor, heads: int) -> torch.Tensor:
    """Rows 2i and 2i + 1 of each head become i and i + d/2."""
    d = rows.shape[0] // heads
    return rows.reshape(heads, d // 2, 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def model(name, purpose, architecture, width, mlp, layers, heads, kv_heads, head_size, types, tied, factors=None):
    rng = np.random.default_rng(sum(name.encode()))
    path = GOLDENS / "gguf" / f"{name}.gguf"
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = GGUFWriter(path, architecture)
    writer.add_name(name)
    writer.add_block_count(layers)
    writer.add_context_length(64)
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(mlp)
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv_heads)
    writer.add_key_length(head_size)
    writer.add_value_length(head_size)
    writer.add_rope_dimension_count(head_size)
    writer.add_rope_freq_base(10000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)])
    writer.add_token_scores([0.0] * VOCABULARY)
    writer.add_token_types([TokenType.UNKNOWN, TokenType.CONTROL, TokenType.CONTROL] + [TokenType.BYTE] * 256)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)

    state = {}

    def put(gguf_name: str, hf_name: str, type_, rows: int, columns: int | None = None, permuted: int = 0):
        if columns is None:
            values = (1 + 0.1 * rng.standard_normal(rows) if "norm" in gguf_name else 0.1 * rng.standard_normal(rows))
            data = values.astype(np.float32)
            floats = torch.from_numpy(data.copy())
            writer.add_tensor(gguf_name, data)
        else:
            data = matrix(rng, type_, rows, columns)
            floats = as_floats(data, type_)
            writer.add_tensor(gguf_name, data, raw_dtype=type_)
        state[hf_name] = to_halves(floats, permuted) if permuted else floats

    permute = architecture == "llama"
    put("token_embd.weight", "model.embed_tokens.weight", types["embed"], VOCABULARY, width)
    for n in range(layers):
        g, h = f"blk.{n}.", f"model.layers.{n}."
        q, k = heads * head_size, kv_heads * head_size
        put(f"{g}attn_norm.weight", f"{h}input_layernorm.weight", None, width)
        put(f"{g}attn_q.weight", f"{h}self_attn.q_proj.weight", types["q"], q, width, heads if permute else 0)
        put(f"{g}attn_k.weight", f"{h}self_attn.k_proj.weight", types["k"], k, width, kv_heads if permute else 0)
        put(f"{g}attn_v.weight", f"{h}self_attn.v_proj.weight", types["v"], k, width)
        if architecture == "qwen2":
            put(f"{g}attn_q.bias", f"{h}self_attn.q_proj.bias", None, q)
            put(f"{g}attn_k.bias", f"{h}self_attn.k_proj.bias", None, k)
            put(f"{g}attn_v.bias", f"{h}self_attn.v_proj.bias", None, k)
        if architecture == "qwen3":
            put(f"{g}attn_q_norm.weight", f"{h}self_attn.q_norm.weight", None, head_size)
            put(f"{g}attn_k_norm.weight", f"{h}self_attn.k_norm.weight", None, head_size)
        put(f"{g}attn_output.weight", f"{h}self_attn.o_proj.weight", types["o"], width, q)
        put(f"{g}ffn_norm.weight", f"{h}post_attention_layernorm.weight", None, width)
        put(f"{g}ffn_gate.weight", f"{h}mlp.gate_proj.weight", types["gate"], mlp, width)
        put(f"{g}ffn_up.weight", f"{h}mlp.up_proj.weight", types["up"], mlp, width)
        put(f"{g}ffn_down.weight", f"{h}mlp.down_proj.weight", types["down"], width, mlp)
    put("output_norm.weight", "model.norm.weight", None, width)
    if not tied:
        put("output.weight", "lm_head.weight", types["embed"], VOCABULARY, width)
    if factors is not None:
        writer.add_tensor("rope_freqs.weight", np.asarray(factors, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()

    config_class, model_class = {
        "llama": (LlamaConfig, LlamaForCausalLM),
        "qwen2": (Qwen2Config, Qwen2ForCausalLM),
        "qwen3": (Qwen3Config, Qwen3ForCausalLM),
    }[architecture]
    config = config_class(
        vocab_size=VOCABULARY, hidden_size=width, intermediate_size=mlp, num_hidden_layers=layers,
        num_attention_heads=heads, num_key_value_heads=kv_heads, head_dim=head_size, max_position_embeddings=64,
        rms_norm_eps=1e-5, rope_theta=10000.0, tie_word_embeddings=tied, attn_implementation="eager",
    )
    network = model_class(config).eval()
    missing, unexpected = network.load_state_dict(state, strict=False)
    assert not unexpected and set(missing) <= ({"lm_head.weight"} if tied else set()), (missing, unexpected)
    network.tie_weights()
    if factors is not None:
        network.model.rotary_emb.inv_freq /= torch.tensor(factors)
    ids = torch.from_numpy(rng.integers(3, VOCABULARY, (1, 21)))
    with torch.no_grad():
        logits = network(ids).logits
    assert 0.1 < logits.std() < 20, logits.std()
    used = sorted({type_.name for type_ in types.values()})
    description = {"reference": REFERENCE, "purpose": purpose, "architecture": architecture, "types": used}
    write_golden("gguf", name, description, {"in.input_ids": ids, "out.logits": logits})
    print(name, path.stat().st_size, "bytes, logits of size", float(logits.std()))


def models():
    parts = ["embed", "q", "k", "v", "o", "gate", "up", "down"]

    def mixed(*types):
        return {part: types[i % len(types)] for i, part in enumerate(parts)}

    model(
        "llama-k-quants", "the formats of Q4_K_M and Q5_K_M files; neighbours; Llama 3's scaling as a tensor; tied head",
        "llama", 256, 256, 1, 8, 2, 32, mixed(Type.Q6_K, Type.Q4_K, Type.Q5_K), True,
        factors=[1, 1, 1, 1, 1, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 8],
    )  # fmt: skip
    model(
        "llama-blocks-of-32", "every format with blocks of 32, two layers, separate head", "llama", 64, 96, 2, 4, 2, 16,
        mixed(Type.Q8_0, Type.Q4_0, Type.Q4_1, Type.Q5_0, Type.Q5_1), False,
    )  # fmt: skip
    model(
        "llama-table-with-minimums", "an embedding table that has minimums, and is the head too; 12 of 16 bits", "llama",
        64, 64, 1, 4, 4, 16, mixed(Type.Q4_1, Type.F16, Type.BF16, Type.Q5_1), True,
    )  # fmt: skip
    model("llama-f16", "runs from the file itself", "llama", 32, 48, 1, 2, 1, 16, mixed(Type.F16, Type.F32), False)
    model(
        "qwen2-q4_0", "biases on queries, keys and values", "qwen2", 64, 96, 1, 4, 2, 16, mixed(Type.Q4_0, Type.Q8_0), True,
    )  # fmt: skip
    model(
        "qwen3-q5_0", "norms of heads, whose size is not the width divided", "qwen3", 64, 96, 1, 4, 2, 32,
        mixed(Type.Q5_0, Type.Q4_1), True,
    )  # fmt: skip


if __name__ == "__main__":
    blocks()
    models()
