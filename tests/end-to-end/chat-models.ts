import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gguf, type TypedValue, type WrittenTensor } from '../unit/native-models/weight-formats/gguf/gguf-files.js';
import {
  asHalves,
  storyteller,
  storytellerPairs,
  storytellerTensors,
} from '../unit/native-models/weight-formats/gguf/storyteller-tensors.js';

/** The turns' words, a line each, after BOS. */
const template =
  "{{ bos_token }}{% for message in messages %}{{ message['content'] }}{% if not loop.last %}{{ '\\n' }}{% endif %}{% endfor %}";

/** Bytes of a half, zero. */
const HALF = 2;

/**
 * The storyteller as a GGUF file that chats: with a chat template, its own vocabulary, and a context of 4,096 tokens.
 * Zeros make its feed-forward layers `feedForward` wide: they change no word that it says, but it takes its time over
 * each, so that an answer can be stopped in the middle. No token ends its answers.
 */
export async function writeSlowStoryteller(file: string, feedForward: number): Promise<void> {
  const tensors = await storytellerTensors(asHalves);
  await writeFile(
    file,
    gguf({
      pairs: {
        ...storytellerPairs,
        ...(await vocabulary()),
        'llama.context_length': { u32: 4096 },
        'llama.feed_forward_length': { u32: feedForward },
        'tokenizer.chat_template': { text: template },
      },
      tensors: tensors.map((tensor) => widened(tensor, feedForward)),
    }),
  );
}

function widened(tensor: WrittenTensor, feedForward: number): WrittenTensor {
  const [rows, columns] = tensor.shape as [number, number];
  if (/\.ffn_(?:gate|up)\.weight$/.test(tensor.name)) {
    const bytes = new Uint8Array(feedForward * columns * HALF);
    bytes.set(tensor.bytes);
    return { ...tensor, shape: [feedForward, columns], bytes };
  }
  if (!tensor.name.endsWith('.ffn_down.weight')) return tensor;
  const bytes = new Uint8Array(rows * feedForward * HALF);
  for (let row = 0; row < rows; row++) {
    bytes.set(tensor.bytes.subarray(row * columns * HALF, (row + 1) * columns * HALF), row * feedForward * HALF);
  }
  return { ...tensor, shape: [rows, feedForward], bytes };
}

/** SentencePiece's tokens, scores and types: merged ones came in the order of their ids. */
async function vocabulary(): Promise<Record<string, TypedValue>> {
  const { model } = JSON.parse(await readFile(join(storyteller, 'tokenizer.json'), 'utf8')) as {
    model: { vocab: Record<string, number> };
  };
  const tokens = Object.entries(model.vocab)
    .toSorted(([, a], [, b]) => a - b)
    .map(([token]) => token);
  return {
    'tokenizer.ggml.model': { text: 'llama' },
    'tokenizer.ggml.tokens': { list: tokens.map((token) => ({ text: token })) },
    'tokenizer.ggml.scores': { list: tokens.map((_, id) => ({ f32: -id })) },
    'tokenizer.ggml.token_type': { list: tokens.map((token, id) => ({ i32: typeOf(token, id) })) },
    'tokenizer.ggml.bos_token_id': { u32: 1 },
  };
}

/** Unknown, control, a byte, any other. */
function typeOf(token: string, id: number): number {
  if (id < 3) return id === 0 ? 2 : 3;
  return /^<0x[0-9A-F]{2}>$/.test(token) ? 6 : 1;
}
