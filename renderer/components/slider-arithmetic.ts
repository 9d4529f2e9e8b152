/** A slider is also a number field: the track spans `min` to `max`, typing may go on to the hard ends. */
export interface Range {
  readonly min: number;
  readonly max: number;
  readonly hardMin: number;
  readonly hardMax: number;
  /** Of one arrow key; Shift makes it ten, Alt a tenth. */
  readonly step: number;
  /** Of the knob under the pointer; a fifth of `step` unless told. */
  readonly dragStep?: number;
  /** Finest difference that is kept. */
  readonly grain: number;
  readonly decimals: number;
}

export interface Modifiers {
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

const PIXELS_PER_SCRUB_STEP = 4;

export const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/** To the grain, without the dust of binary fractions. */
export function toGrain(value: number, grain: number): number {
  const places = Math.max(0, -Math.floor(Math.log10(grain) + 1e-9));
  return Number((Math.round(value / grain) * grain).toFixed(places));
}

export const settle = (value: number, range: Range): number =>
  clamp(toGrain(value, range.grain), range.hardMin, range.hardMax);

export const stepOf = (range: Range, { shiftKey, altKey }: Modifiers): number =>
  Math.max(range.grain, range.step * (shiftKey ? 10 : altKey ? 0.1 : 1));

/** One arrow key or wheel notch up (+1) or down (-1). */
export const nudge = (value: number, direction: 1 | -1, range: Range, modifiers: Modifiers): number =>
  settle(value + direction * stepOf(range, modifiers), range);

/** A drag of `pixels` on the label. */
export const scrub = (start: number, pixels: number, range: Range, modifiers: Modifiers): number =>
  settle(start + Math.trunc(pixels / PIXELS_PER_SCRUB_STEP) * stepOf(range, modifiers), range);

/** What was typed, kept within the hard ends; null when it is no number. Takes a comma and a true minus. */
export function readNumber(text: string, range: Range): number | null {
  const plain = text.trim().replace('−', '-').replace(',', '.');
  if (!/^[-+]?(\d+\.?\d*|\.\d+)$/.test(plain)) return null;
  return settle(Number(plain), range);
}

/** Why what was typed is not taken as it is, in one sentence; null when it is. */
export function faultOf(text: string, name: string, range: Range, value: number): string | null {
  const number = readNumber(text, range);
  if (number === null) return notANumber(text, name, String(value));
  const wide = { ...range, hardMin: -Infinity, hardMax: Infinity };
  const asked = readNumber(text, wide) ?? number;
  if (asked > range.hardMax) return `${name} set to ${range.hardMax}, the most there is.`;
  return asked < range.hardMin ? `${name} set to ${range.hardMin}, the least there is.` : null;
}

export const notANumber = (text: string, name: string, stays: string): string =>
  `${name}: “${text.trim().slice(0, 12)}” is no number; ${stays} stays.`;

/** Where the knob stands, 0 to 1; values beyond the soft range stay at its end. */
export const shareOf = (value: number, range: Range): number =>
  clamp((value - range.min) / (range.max - range.min), 0, 1);

/** The filled part of the track, as shares of it: from the left end, or from zero where values go both ways. */
export function fillOf(value: number, range: Range): { readonly from: number; readonly to: number } {
  const zero = range.min < 0 ? shareOf(0, range) : 0;
  const share = shareOf(value, range);
  return { from: Math.min(zero, share), to: Math.max(zero, share) };
}

export const valueAt = (share: number, range: Range): number => {
  const step = range.dragStep ?? Math.max(range.grain, range.step / 5);
  return clamp(toGrain(range.min + share * (range.max - range.min), step), range.min, range.max);
};
