import { resolve } from 'node:path';
import { applyWish, type AdapterFileUse, type ApplyWish } from '../../app/contracts/adapters.js';
import type { Flags, GivenFlags } from './flags.js';
import { UsageError } from './usage-error.js';

/** Flags of every verb that takes adapters. */
export const adapterFlags = {
  lora: {
    value: 'L',
    repeats: true,
    help: 'FILE[:WEIGHT[:TEXT_WEIGHT]], an adapter; strengths take a dot (0.8); may be given several times',
  },
  apply: { value: 'HOW', help: 'auto, live (branches beside the weights) or baked (merged weights)' },
} as const satisfies Flags;

export function givenAdapters(given: GivenFlags): { adapters: AdapterFileUse[]; apply: ApplyWish } {
  return {
    adapters: given.texts('lora').map(readLora),
    apply: given.choice('apply', applyWish.options) ?? 'auto',
  };
}

const number = String.raw`[+-]?(?:\d+\.?\d*|\.\d+)`;
const form = new RegExp(`^(?<file>.+?)(?::(?<weight>${number}))?(?::(?<text>${number}))?$`, 's');
const most = 100;

/** `FILE[:WEIGHT[:TEXT_WEIGHT]]`, split from the right: `C:\\loras\\ink.safetensors:0.8` keeps its drive. */
export function readLora(given: string): AdapterFileUse {
  const { file = '', weight, text } = form.exec(given)?.groups ?? {};
  // "ink.safetensors:strong" is no file of that name but a strength that is no number.
  const strange = /\.safetensors:(?<strange>[^:/\\]*)$/i.exec(file)?.groups?.['strange'];
  if (file === '' || strange !== undefined) {
    const wrong = strange === undefined ? `“${given}”` : `“${strange}”`;
    throw new UsageError(`--lora takes FILE[:WEIGHT[:TEXT_WEIGHT]] with numbers such as 0.8 as weights, not ${wrong}.`);
  }
  const strengths = [weight ?? '1', text ?? weight ?? '1'].map(Number);
  if (strengths.some((strength) => Math.abs(strength) > most)) {
    throw new UsageError(`--lora takes weights from -${most} to ${most}, not “${given.slice(file.length + 1)}”.`);
  }
  const [unet = 1, textEncoder = 1] = strengths;
  return { file: resolve(file), weight: unet, textWeight: textEncoder };
}
