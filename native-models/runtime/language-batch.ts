/** Whole texts through a language model, side by side and without a cache: what `run llm` asks for. */
import type { DecoderSizes } from '../architectures/decoder.js';
import { distinctWindows, maskName } from '../architectures/decoder.js';
import type { DecoderConfig } from '../architectures/decoder-config.js';
import { causalMask, hideColumns, rotaryTable } from '../architectures/decoder-surroundings.js';
import { ModelError } from '../errors.js';
import type { LanguageFiles } from '../weight-formats/language-folder.js';
import type { LanguageNetworkOptions } from './language-network.js';
import { openDecoder } from './language-network.js';
import type { Network, Tensors } from './network.js';
import type { Tensor } from './tensor.js';
import { floats, ints } from './tensor.js';

/**
 * A network for `batch` texts of `tokens` tokens each.
 *
 * in   input_ids [B, T]; attention_mask [B, T], 0 where padding stands (absent: none); position_ids [B, T]
 *      (absent: 0, 1, 2 ... from the first column, padding or not, as transformers counts)
 * out  logits [B, T, V]; the rows of padding are nobody's
 */
export async function openLanguageBatch(
  files: LanguageFiles,
  sizes: DecoderSizes,
  options: Omit<LanguageNetworkOptions, 'contextLength'>,
): Promise<Network> {
  const network = await openDecoder(files, sizes, options);
  return {
    run: async (inputs) => network.run(withSurroundings(inputs, files.config, sizes)),
    release: () => network.release(),
  };
}

function withSurroundings(inputs: Tensors, config: DecoderConfig, sizes: DecoderSizes): Tensors {
  const { batch: B, tokens: T } = sizes;
  const { input_ids, attention_mask, position_ids, ...others } = inputs;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    const sentence = `This network has no input ${unknown}; its inputs are input_ids, attention_mask, position_ids.`;
    throw new ModelError('bad-input', sentence);
  }
  const seen = wholeNumbers('attention_mask', attention_mask, sizes);
  const positions = wholeNumbers('position_ids', position_ids, sizes) ?? Array.from({ length: B * T }, (_, i) => i % T);
  const outside = positions.find((position) => position < 0 || position >= config.contextLength);
  if (outside !== undefined) {
    const sentence = `The input position_ids should be made of whole numbers from 0 to ${config.contextLength - 1}, got ${outside}: more is not in this model’s context.`;
    throw new ModelError('bad-input', sentence);
  }

  const { cos, sin } = rotaryTable(config, positions);
  const half = config.headSize / 2;
  const fed: Record<string, Tensor> = {
    ...(input_ids ? { input_ids } : {}),
    cos: floats([B * T, half], cos),
    sin: floats([B * T, half], sin),
    rotary_rows: ints([B, T], positions.keys()),
  };
  const group = config.heads / config.keyValueHeads;
  for (const window of distinctWindows(config)) {
    const one = causalMask({ past: 0, fed: 0, blank: 0, tokens: T, window }, group); // [T * H/K, T]
    const masks = new Float32Array(B * one.length);
    for (let b = 0; b < B; b++) {
      const mask = masks.subarray(b * one.length, (b + 1) * one.length);
      mask.set(one);
      if (seen) hideColumns(mask, seen.slice(b * T, (b + 1) * T));
    }
    fed[maskName(window)] = floats([B, T * group, T], masks);
  }
  return fed;
}

function wholeNumbers(name: string, tensor: Tensor | undefined, sizes: DecoderSizes): number[] | null {
  if (!tensor) return null;
  const shape = [sizes.batch, sizes.tokens];
  if (tensor.dtype !== 'int64' || tensor.shape.join() !== shape.join()) {
    const got = `${tensor.dtype} [${tensor.shape.join(', ')}]`;
    throw new ModelError('bad-input', `The input ${name} should be int64 [${shape.join(', ')}], got ${got}.`);
  }
  return Array.from(tensor.data, Number);
}
