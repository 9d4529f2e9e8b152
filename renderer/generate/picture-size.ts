import { clamp } from '../components/slider-arithmetic.js';
import { SIDE_MOST } from './ranges.js';

/** Sizes that a model can make: sides are multiples of its own factor, presets keep its native area. */
export interface SizeRule {
  readonly sizeMultiple: number;
  readonly nativeSize: number;
}

export interface Aspect {
  readonly label: string;
  readonly ratio: number;
}

export const ASPECTS: readonly Aspect[] = [
  { label: '1:1', ratio: 1 },
  { label: '4:3', ratio: 4 / 3 },
  { label: '3:2', ratio: 3 / 2 },
  { label: '16:9', ratio: 16 / 9 },
  { label: '3:4', ratio: 3 / 4 },
  { label: '2:3', ratio: 2 / 3 },
];

export const toMultiple = (side: number, multiple: number): number =>
  clamp(Math.round(side / multiple) * multiple, multiple, Math.floor(SIDE_MOST / multiple) * multiple);

/** The preset of an aspect: about the model's own area; the long side is rounded first, so that 2:3 is 3:2 turned. */
export function presetSize(
  { ratio }: Aspect,
  { sizeMultiple, nativeSize }: SizeRule,
): { width: number; height: number } {
  const slim = Math.max(ratio, 1 / ratio);
  const long = toMultiple(nativeSize * Math.sqrt(slim), sizeMultiple);
  const short = toMultiple(long / slim, sizeMultiple);
  return ratio >= 1 ? { width: long, height: short } : { width: short, height: long };
}

/** The aspect that a size stands for, as near as its multiples allow; null where none fits. */
export function aspectOf(width: number, height: number, { sizeMultiple }: SizeRule): Aspect | null {
  const off = ({ ratio }: Aspect): number => Math.abs(Math.log(width / height / ratio));
  const fits = ASPECTS.filter(
    ({ ratio }) =>
      toMultiple(width / ratio, sizeMultiple) === height || toMultiple(height * ratio, sizeMultiple) === width,
  );
  return fits.sort((a, b) => off(a) - off(b))[0] ?? null;
}
