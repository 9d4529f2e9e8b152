/**
 * Kinds of adapters that are known and not supported yet, each by the slots of its modules. An algorithm that is built
 * takes its line from here and brings its file to `algorithms/`. Keys and papers: LyCORIS (f49d30d), PEFT (5d602fd).
 */
import type { SafetensorsTensor } from '../weight-formats/safetensors.js';

interface UnsupportedKind {
  /** In the reason of a layer: `LoKr`. */
  readonly name: string;
  /** Of a whole file: `a LoKr file`. */
  readonly noun: string;
  has(slots: ReadonlyMap<string, SafetensorsTensor>): boolean;
}

const anySlot =
  (pattern: RegExp): UnsupportedKind['has'] =>
  (slots) =>
    [...slots.keys()].some((slot) => pattern.test(slot));

/** The first that fits is told, so what is built on another one stands before it. */
export const unsupportedKinds: readonly UnsupportedKind[] = [
  { name: 'DoRA', noun: 'a DoRA file', has: anySlot(/^(dora_scale|lora_magnitude_vector)$/) },
  { name: 'LoHa', noun: 'a LoHa file', has: anySlot(/^hada_/) },
  { name: 'LoKr', noun: 'a LoKr file', has: anySlot(/^lokr_/) },
  {
    name: 'GLoRA',
    noun: 'a GLoRA file',
    has: (slots) => ['a1', 'a2', 'b1', 'b2'].every((slot) => slots.has(`${slot}.weight`)),
  },
  { name: 'IA3', noun: 'an IA3 file', has: anySlot(/^(on_input|ia3_l)$/) },
  {
    name: 'BOFT',
    noun: 'a BOFT file',
    has: (slots) => slots.get('oft_blocks')?.shape.length === 4 || anySlot(/^boft_/)(slots),
  },
  { name: 'OFT', noun: 'an OFT file', has: anySlot(/^oft_/) },
  { name: 'LoCon with a Tucker core', noun: 'a LoCon with a Tucker core', has: anySlot(/^mid$/) },
  { name: 'AdaLoRA', noun: 'an AdaLoRA file', has: anySlot(/^lora_E$/) },
  { name: 'LoRA of word embeddings', noun: 'a LoRA of word embeddings', has: anySlot(/^lora_embedding_[AB]$/) },
  { name: 'changed norm', noun: 'a file of changed norms', has: anySlot(/^[wb]_norm$/) },
  {
    name: 'full difference',
    noun: 'a file of full differences',
    has: (slots) => slots.has('diff') || slots.has('set_weight') || onlyBias(slots),
  },
];

const onlyBias = (slots: ReadonlyMap<string, SafetensorsTensor>): boolean => slots.has('diff_b') && !slots.has('down');
