/**
 * Names of tensors in GGUF files and the names that transformers has for them, which graphs ask by.
 * Reference: gguf 0.19.0, tensor_mapping.py, for the architectures llama, qwen2 and qwen3.
 */

const outside: Readonly<Record<string, string>> = {
  token_embd: 'model.embed_tokens',
  output_norm: 'model.norm',
  output: 'lm_head',
};

const inBlock: Readonly<Record<string, string>> = {
  attn_norm: 'input_layernorm',
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_q_norm: 'self_attn.q_norm',
  attn_k_norm: 'self_attn.k_norm',
  attn_output: 'self_attn.o_proj',
  ffn_norm: 'post_attention_layernorm',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
};

/** `blk.3.attn_q.weight` -> `model.layers.3.self_attn.q_proj.weight`; null: no tensor that a network here reads. */
export function transformersName(name: string): string | null {
  const [, block, part, kind] = /^(?:blk\.(\d+)\.)?([a-z_]+)\.(weight|bias)$/.exec(name) ?? [];
  if (part === undefined) return null;
  const table = block === undefined ? outside : inBlock;
  if (!Object.hasOwn(table, part)) return null;
  return `${block === undefined ? '' : `model.layers.${block}.`}${table[part]}.${kind}`;
}
