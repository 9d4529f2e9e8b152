/**
 * Qwen2 and Qwen2.5: Llama with biases on queries, keys and values, and a window in the upper layers where asked for.
 *
 * Paper: Yang and others 2024 (Qwen2), section 2.2. Reference: transformers 5.23.0, models/qwen2.
 */
import type { ConfigReader } from '../config-reader.js';
import type { DecoderConfig } from '../decoder-config.js';
import { qwenWindows, readDecoderConfig } from '../decoder-config.js';

export function readQwen2Config(config: ConfigReader): DecoderConfig {
  return readDecoderConfig(
    config,
    {
      family: 'qwen2',
      vocabularySize: 151_936,
      width: 4096,
      mlpWidth: 22_016,
      layers: 32,
      heads: 32,
      keyValueHeads: 32,
      headSize: null,
      contextLength: 32_768,
    },
    {
      biases: { queryKeyValue: true, output: false, mlp: false },
      queryKeyNorm: false,
      windows: (layers) => qwenWindows(config, layers),
    },
  );
}
