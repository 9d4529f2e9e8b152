import type { Range } from '../components/slider-arithmetic.js';

export const STEPS: Range = { min: 1, max: 60, hardMin: 1, hardMax: 1000, step: 1, grain: 1, decimals: 0 };
export const GUIDANCE: Range = { min: 1, max: 20, hardMin: 0, hardMax: 100, step: 0.5, grain: 0.05, decimals: 1 };
export const COUNT: Range = { min: 1, max: 16, hardMin: 1, hardMax: 1000, step: 1, grain: 1, decimals: 0 };
export const CLIP_SKIP: Range = { min: 1, max: 12, hardMin: 1, hardMax: 24, step: 1, grain: 1, decimals: 0 };
/** Of an adapter: popular detail sliders run from −2 to 2. */
export const STRENGTH: Range = {
  min: -2,
  max: 2,
  hardMin: -100,
  hardMax: 100,
  step: 0.05,
  dragStep: 0.05,
  grain: 0.001,
  decimals: 2,
};
/** Pixels. */
export const SIDE_MOST = 8192;
/** Seeds are drawn from 32 bits, so that every other studio can repeat them; larger ones may be typed. */
export const SEED_DRAWN_BELOW = 2 ** 32;
