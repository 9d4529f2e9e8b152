/**
 * From raw logits to one token: the samplers in the order of transformers 5.23 (`_get_logits_processor`): repetition
 * penalty, temperature, top-k, top-p, min-p, then the draw. llama.cpp cuts first and applies the temperature last; at a
 * temperature of 1 both are the same.
 */
import { draw } from './draw.js';
import { greedy } from './greedy.js';
import { minP } from './min-p.js';
import { repetitionPenalty } from './repetition-penalty.js';
import { temperature } from './temperature.js';
import { topK } from './top-k.js';
import { topP } from './top-p.js';

export interface SamplingSettings {
  /** 0 is greedy: the likeliest token, the lowest id among ties. */
  readonly temperature: number;
  /** 0 = all. */
  readonly topK: number;
  /** 1 = all. */
  readonly topP: number;
  /** 0 = all. */
  readonly minP: number;
  /** 1 = none. */
  readonly repetitionPenalty: number;
}

/**
 * @param logits [V], raw, left as they are.
 * @param seen Ids of the text so far, prompt and answer.
 * @param uniform In [0, 1); not asked for when greedy.
 */
export function sample(
  logits: Float32Array,
  seen: Iterable<number>,
  settings: SamplingSettings,
  uniform: () => number,
): number {
  // prettier-ignore
  const penalised = repetitionPenalty(logits, seen, settings.repetitionPenalty);
  if (settings.temperature === 0) return greedy(penalised);
  const warm = temperature(penalised, settings.temperature);
  return draw(minP(topP(topK(warm, settings.topK), settings.topP), settings.minP), uniform());
}
