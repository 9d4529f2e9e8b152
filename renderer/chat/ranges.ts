import type { Range } from '../components/slider-arithmetic.js';

/** Of the sampling sliders; the hard ends are the contract's. */
export const TEMPERATURE: Range = {
  min: 0,
  max: 2,
  hardMin: 0,
  hardMax: 10,
  step: 0.05,
  dragStep: 0.05,
  grain: 0.01,
  decimals: 2,
};
export const TOP_P: Range = {
  min: 0,
  max: 1,
  hardMin: 0,
  hardMax: 1,
  step: 0.05,
  dragStep: 0.01,
  grain: 0.001,
  decimals: 2,
};
export const TOP_K: Range = { min: 0, max: 100, hardMin: 0, hardMax: 1_000_000, step: 1, grain: 1, decimals: 0 };
export const MIN_P: Range = {
  min: 0,
  max: 0.5,
  hardMin: 0,
  hardMax: 1,
  step: 0.01,
  dragStep: 0.01,
  grain: 0.001,
  decimals: 2,
};
export const REPETITION: Range = {
  min: 1,
  max: 2,
  hardMin: 0.1,
  hardMax: 10,
  step: 0.05,
  dragStep: 0.01,
  grain: 0.01,
  decimals: 2,
};
/** Tokens. */
export const LONGEST: Range = {
  min: 16,
  max: 2048,
  hardMin: 1,
  hardMax: 1_000_000,
  step: 16,
  dragStep: 16,
  grain: 1,
  decimals: 0,
};
