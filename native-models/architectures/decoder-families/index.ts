/** The families of decoders that this studio authors, by the `model_type` of their `config.json`. */
import type { ConfigReader } from '../config-reader.js';
import type { DecoderConfig } from '../decoder-config.js';
import { readLlamaConfig } from './llama.js';
import { readMistralConfig } from './mistral.js';
import { readQwen2Config } from './qwen2.js';
import { readQwen3Config } from './qwen3.js';

export const decoderFamilies: Readonly<Record<string, (config: ConfigReader) => DecoderConfig>> = {
  llama: readLlamaConfig,
  mistral: readMistralConfig,
  qwen2: readQwen2Config,
  qwen3: readQwen3Config,
};
