import type { AdapterCard, AdapterReceipt } from '../../app/contracts/adapters.js';
import { bytes, count, fixed } from './numbers.js';

/** How adapters are spoken of, in every panel alike. */

const bases: Record<string, string> = { sd1: 'SD 1.5', sd2: 'SD 2.x', sdxl: 'SDXL', sd3: 'SD 3', flux: 'Flux' };
const algorithms: Record<string, string> = {
  lora: 'LoRA',
  locon: 'LoCon',
  loha: 'LoHa',
  lokr: 'LoKr',
  dora: 'DoRA',
  oft: 'OFT',
  boft: 'BOFT',
  glora: 'GLoRA',
  ia3: 'IA3',
  full: 'Full difference',
};

/** sd1 -> "SD 1.5"; a base that has no name here is called as its receipt calls it. */
export const baseName = (base: string): string => (base === 'unknown' ? 'Base unknown' : (bases[base] ?? base));

/** What a card was made for, by its shapes; where they do not tell, by the model that its layers fit. */
export function madeFor(card: AdapterCard, model: string): string {
  const standing = standingOf(card);
  const fits = standing === 'fits' || standing === 'partial';
  return card.base === 'unknown' && fits ? model : baseName(card.base);
}

/** lora -> "LoRA". */
export const algorithmName = (algorithm: string): string =>
  algorithm === 'unknown' || algorithm === '' ? 'Adapter' : (algorithms[algorithm] ?? algorithm);

const MEGA = 1e6;

/** Adapters are told apart by tenths of a megabyte: "37.9 MB". */
export const sizeWords = (value: number): string =>
  value >= MEGA && value < 999.5 * MEGA ? `${(value / MEGA).toFixed(1)} MB` : bytes(value);

/** [32, 32] -> "32", [4, 64] -> "4 to 64". */
export const rangeWords = ([least, most]: readonly [number, number], decimals = 0): string => {
  const words = (value: number): string => (Number.isInteger(value) ? count(value) : fixed(value, decimals));
  return least === most ? words(least) : `${words(least)} to ${words(most)}`;
};

/**
 * How a card goes with the model in use. `none`: there is no model to go with. A file that cannot be used, is gone, or
 * tells no base and does not fit is `unknown`.
 */
export type Standing = 'fits' | 'partial' | 'other' | 'unknown' | 'none';

export function standingOf({ problem, missing, fit, base }: AdapterCard): Standing {
  if (problem !== null || missing) return 'unknown';
  if (fit?.state === 'fits' || fit?.state === 'partial') return fit.state;
  if (base === 'unknown') return 'unknown';
  return fit === null ? 'none' : 'other';
}

/** The word of a card's mark. */
export function standingWord(card: AdapterCard): string {
  if (card.missing) return 'Not found';
  if (card.problem !== null) return 'Not usable';
  const words: Record<Standing, string> = {
    fits: 'Fits',
    partial: card.fit ? `${count(card.fit.matched)} of ${count(card.fit.total)}` : '',
    other: 'Other base',
    unknown: 'Unknown',
    none: 'No model',
  };
  return words[standingOf(card)];
}

/** The same in one sentence; `model` is the name of the one in use. */
export function standingSentence(card: AdapterCard, model: string): string {
  const { name, base, problem, missing, fit } = card;
  if (missing) return `Its file is gone from the disk: ${card.path}`;
  if (problem !== null) return problem;
  if (fit === null) return 'There is no model yet that it could go with.';
  const layers = `${count(fit.matched)} of ${count(fit.total)} layers match`;
  if (fit.state === 'fits') return `${layers} ${model}.`;
  if (fit.state === 'partial')
    return `${layers} ${model}; it runs without the other ${fit.total - fit.matched === 1 ? 'one' : count(fit.total - fit.matched)}.`;
  return base === 'unknown'
    ? `${name} was not made for ${model}: ${layers}. It is not applied.`
    : `${name} was made for ${baseName(base)}; ${layers} ${model}. It is not applied.`;
}

/** Made for another model, or damaged: nothing of it is put on a picture. */
export const isRefused = ({ fits, nonFinite }: Pick<AdapterReceipt, 'fits' | 'nonFinite'>): boolean =>
  fits === false || nonFinite.length > 0;
