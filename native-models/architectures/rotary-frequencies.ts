/**
 * How fast each pair of a head turns with the position, and what longer contexts than the trained one do to it.
 *
 * Papers: Su and others 2021 (RoFormer), section 3.2.2; Chen and others 2023 (position interpolation: `linear`);
 * Peng and others 2023 (YaRN), sections 3.2 and 3.4; Llama 3.1's own `llama3`.
 * Reference: transformers 5.23.0, modeling_rope_utils.py.
 *
 * What differs: `dynamic` (which changes nothing within the trained length) is the plain one, because a text is never
 * longer than that length here.
 *
 * Notation: f_i the angle in radians that pair i turns by with each token, theta the base, d the head's size,
 * s the `factor`, L the context the model was trained with.
 */
import { ConfigReader } from './config-reader.js';
import type { JsonObject } from './config-reader.js';

export interface RotaryFrequencies {
  /** f_i [d / 2], radians a token. */
  readonly frequencies: readonly number[];
  /** Cosines and sines are multiplied by this: 1 but for YaRN. */
  readonly amplitude: number;
  /** Tokens that they are made for. */
  readonly contextLength: number;
}

/** f_i = theta^(-2i/d) */
export function plainFrequencies(theta: number, headSize: number): number[] {
  return Array.from({ length: headSize / 2 }, (_, i) => theta ** ((-2 * i) / headSize));
}

/**
 * Read from a config in either spelling: `rope_theta` and `rope_scaling` (transformers 4) or `rope_parameters`
 * (transformers 5).
 */
export function readRotaryFrequencies(config: ConfigReader, headSize: number, trained: number): RotaryFrequencies {
  const field = config.has('rope_parameters') ? 'rope_parameters' : 'rope_scaling';
  const given = config.json[field] ?? {};
  if (typeof given !== 'object' || Array.isArray(given)) throw config.wrong(field, 'an object');
  const scaling = new ConfigReader(given as JsonObject, `${config.label}: ${field}`);
  if ('full_attention' in given || 'sliding_attention' in given) {
    throw config.unsupported(field, 'supported: one setting for all layers');
  }
  scaling.only('partial_rotary_factor', 1);
  config.only('partial_rotary_factor', 1);

  const theta = scaling.number('rope_theta', config.number('rope_theta', 10_000));
  const plain = plainFrequencies(theta, headSize);
  const typeField = scaling.has('rope_type') ? 'rope_type' : 'type';
  const type = scaling.choice(typeField, 'default', ['default', 'linear', 'dynamic', 'llama3', 'yarn']);
  switch (type) {
    case 'default':
    case 'dynamic':
      return { frequencies: plain, amplitude: 1, contextLength: trained };
    case 'linear': {
      const s = positive(scaling, 'factor');
      return { frequencies: plain.map((f) => f / s), amplitude: 1, contextLength: trained };
    }
    case 'llama3':
      return { frequencies: llama3(scaling, plain, trained), amplitude: 1, contextLength: trained };
    case 'yarn':
      return yarn(scaling, plain, theta, headSize, trained);
  }
}

/** Slow pairs are stretched by s, fast ones are left, those between are blended. */
function llama3(scaling: ConfigReader, plain: readonly number[], trained: number): number[] {
  const s = positive(scaling, 'factor');
  const low = positive(scaling, 'low_freq_factor');
  const high = positive(scaling, 'high_freq_factor');
  const L = scaling.integer('original_max_position_embeddings', trained);
  return plain.map((f) => {
    const wavelength = (2 * Math.PI) / f;
    if (wavelength < L / high) return f;
    if (wavelength > L / low) return f / s;
    const smooth = (L / wavelength - low) / (high - low);
    return ((1 - smooth) * f) / s + smooth * f;
  });
}

/** YaRN: a ramp between the pairs that turn `beta_fast` times within L (left) and `beta_slow` times (stretched). */
function yarn(
  scaling: ConfigReader,
  plain: readonly number[],
  theta: number,
  headSize: number,
  trained: number,
): RotaryFrequencies {
  const L = scaling.integer('original_max_position_embeddings', trained);
  const s = scaling.has('factor') ? positive(scaling, 'factor') : trained / L;
  const pairThatTurns = (times: number): number =>
    (headSize * Math.log(L / (times * 2 * Math.PI))) / (2 * Math.log(theta));
  const whole = scaling.flag('truncate', true);
  const from = pairThatTurns(scaling.number('beta_fast', 32) || 32);
  const to = pairThatTurns(scaling.number('beta_slow', 1) || 1);
  const low = Math.max(whole ? Math.floor(from) : from, 0);
  const high = Math.min(whole ? Math.ceil(to) : to, headSize - 1);
  const width = low === high ? 0.001 : high - low;
  const frequencies = plain.map((f, i) => {
    const ramp = Math.min(1, Math.max(0, (i - low) / width));
    return (f / s) * ramp + f * (1 - ramp);
  });

  // YaRN equation 22; DeepSeek's two further numbers where a config has both.
  const gain = (m: number): number => (s <= 1 ? 1 : 0.1 * m * Math.log(s) + 1);
  const [m, mAll] = [scaling.number('mscale', 0), scaling.number('mscale_all_dim', 0)];
  const amplitude = scaling.number('attention_factor', m && mAll ? gain(m) / gain(mAll) : gain(1));
  // Qwen2.5 keeps the trained length in max_position_embeddings, others write the stretched one.
  return { frequencies, amplitude, contextLength: Math.max(trained, Math.floor(L * s)) };
}

function positive(scaling: ConfigReader, name: string): number {
  const number = scaling.number(name, 0);
  if (number > 0) return number;
  throw scaling.wrong(name, 'a number above 0');
}
