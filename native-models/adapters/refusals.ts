/** Why an adapter that can be read is not put on a model: the same words in the window, on the command line, in errors. */
import { baseLabel } from './base-labels.js';

/** It was made for another base, or nothing of it matches. `base` as a receipt has it. */
export function misfitSentence(
  { name, base, matched, total }: { name: string; base: string; matched: number; total: number },
  model: string,
): string {
  const made = baseLabel(base);
  const layers = `${matched} of ${total} layers match`;
  return made === null
    ? `${name} was not made for ${model}: ${layers}. It is not applied.`
    : `${name} was made for ${made}; ${layers} ${model}. It is not applied.`;
}

/** Some of its tensors hold a NaN or an infinity; null when none does. */
export function damageSentence(name: string, nonFinite: readonly string[]): string | null {
  const [first] = nonFinite;
  if (first === undefined) return null;
  const where = nonFinite.length === 1 ? first : `${nonFinite.length} tensors, the first of them ${first}`;
  return `${name} holds values that are no numbers (in ${where}): the file is damaged.`;
}
