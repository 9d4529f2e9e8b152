/**
 * Mistral: Llama with a sliding window in every layer (7B v0.1; later ones have none) and heads of their own size (Nemo).
 *
 * Paper: Jiang and others 2023, section 2. Reference: transformers 5.23.0, models/mistral.
 */
import type { ConfigReader } from '../config-reader.js';
import type { DecoderConfig } from '../decoder-config.js';
import { readDecoderConfig, slidingWindow } from '../decoder-config.js';

export function readMistralConfig(config: ConfigReader): DecoderConfig {
  const window = slidingWindow(config);
  return readDecoderConfig(
    config,
    {
      family: 'mistral',
      vocabularySize: 32_000,
      width: 4096,
      mlpWidth: 14_336,
      layers: 32,
      heads: 32,
      keyValueHeads: 8,
      headSize: null,
      contextLength: 131_072,
    },
    {
      biases: { queryKeyValue: false, output: false, mlp: false },
      queryKeyNorm: false,
      windows: (layers) => new Array<number | null>(layers).fill(window),
    },
  );
}
