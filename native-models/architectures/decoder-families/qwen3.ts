/**
 * Qwen3: heads of their own size, an RMS norm of each head's queries and keys, and no biases unless asked for.
 *
 * Paper: Yang and others 2025 (Qwen3), section 2. Reference: transformers 5.23.0, models/qwen3.
 */
import type { ConfigReader } from '../config-reader.js';
import type { DecoderConfig } from '../decoder-config.js';
import { qwenWindows, readDecoderConfig } from '../decoder-config.js';

export function readQwen3Config(config: ConfigReader): DecoderConfig {
  const attentionBias = config.flag('attention_bias', false);
  return readDecoderConfig(
    config,
    {
      family: 'qwen3',
      vocabularySize: 151_936,
      width: 4096,
      mlpWidth: 22_016,
      layers: 32,
      heads: 32,
      keyValueHeads: 32,
      headSize: 128,
      contextLength: 32_768,
    },
    {
      biases: { queryKeyValue: attentionBias, output: attentionBias, mlp: false },
      queryKeyNorm: true,
      windows: (layers) => qwenWindows(config, layers),
    },
  );
}
