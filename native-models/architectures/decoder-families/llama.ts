/**
 * Llama, and everything saved as it: Llama 1 to 3.2, SmolLM and SmolLM2, TinyLlama, the embedded storyteller.
 *
 * Papers: Touvron and others 2023 (Llama, section 2.2); Grattafiori and others 2024 (Llama 3).
 * Reference: transformers 5.23.0, models/llama.
 */
import type { ConfigReader } from '../config-reader.js';
import type { DecoderConfig } from '../decoder-config.js';
import { noWindows, readDecoderConfig } from '../decoder-config.js';

export function readLlamaConfig(config: ConfigReader): DecoderConfig {
  const attentionBias = config.flag('attention_bias', false);
  return readDecoderConfig(
    config,
    {
      family: 'llama',
      vocabularySize: 32_000,
      width: 4096,
      mlpWidth: 11_008,
      layers: 32,
      heads: 32,
      keyValueHeads: null,
      headSize: null,
      contextLength: 2048,
    },
    {
      biases: { queryKeyValue: attentionBias, output: attentionBias, mlp: config.flag('mlp_bias', false) },
      queryKeyNorm: false,
      windows: noWindows,
    },
  );
}
