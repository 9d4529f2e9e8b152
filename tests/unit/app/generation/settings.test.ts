import { describe, expect, test } from 'vitest';
import { normaliseSettings, UnknownChoice } from '../../../../app/generation/settings.js';
import { modelDefaults } from '../../../../app/library/model-defaults.js';
import { capabilities, description, settings } from '../test-parts.js';

const model = { ...description, defaults: modelDefaults(description) };

describe('modelDefaults', () => {
  test('takes the card first, then the model’s own size, then what suits most', () => {
    const card = { defaults: { steps: 25, sampler: 'ddim', cfg: undefined } };
    expect(modelDefaults({ ...description, nativeSize: 512, card })).toEqual({
      ...{ steps: 25, cfg: 7, sampler: 'ddim', schedule: 'normal', width: 512, height: 512 },
    });
  });
});

describe('normaliseSettings', () => {
  test('leaves whole settings as they are', () => {
    expect(normaliseSettings(settings, model, capabilities)).toEqual({ settings, notices: [] });
  });

  test('fills in the model’s defaults and a 32-bit seed', () => {
    const { settings: filled } = normaliseSettings({ model: 'x' }, model, capabilities);
    expect(filled).toMatchObject({ ...model.defaults, prompt: '', negative: '', clipSkip: 1 });
    expect(filled.seed).toBeGreaterThanOrEqual(0);
    expect(filled.seed).toBeLessThan(2 ** 32);
  });

  test('rounds the size to the nearest multiple and says so', () => {
    const odd = { ...settings, width: 515, height: 637 };
    const { settings: rounded, notices } = normaliseSettings(odd, model, capabilities);
    expect(rounded).toMatchObject({ width: 512, height: 640 });
    expect(notices).toEqual(['Size set to 512 × 640: sides are multiples of 8.']);
    expect(normaliseSettings({ ...settings, width: 1 }, model, capabilities).settings.width).toBe(8);
  });

  test('refuses an unknown sampler with the list of what there is', () => {
    const ask = () => normaliseSettings({ ...settings, sampler: 'no-such-sampler' }, model, capabilities);
    expect(ask).toThrow(UnknownChoice);
    expect(ask).toThrow('There is no sampler no-such-sampler: choose one of ddim, euler, euler_a, dpmpp_2m, lcm.');
  });

  test('does without what a card asks for in vain, and says so', () => {
    const eager = { ...model, defaults: { ...model.defaults, sampler: 'no-such-sampler' } };
    const { settings: filled, notices } = normaliseSettings({}, eager, capabilities);
    expect(filled.sampler).toBe('euler');
    expect(notices).toEqual([
      "The model's card asks for the sampler no-such-sampler, which this version does not have: euler is used.",
    ]);
  });

  test.each([
    [{ steps: 0 }, 'Steps are a whole number from 1 to 1000; got 0.'],
    [{ steps: 2.5 }, 'Steps are a whole number from 1 to 1000; got 2.5.'],
    [{ cfg: NaN }, 'Guidance is a number from 0 to 100; got NaN.'],
    [{ width: 100_000 }, 'Width is a whole number of pixels from 1 to 8192; got 100000.'],
    [{ clipSkip: 0 }, 'Clip skip is a whole number from 1 to 24; got 0.'],
  ])('refuses %o in one sentence', (change, sentence) => {
    expect(() => normaliseSettings({ ...settings, ...change }, model, capabilities)).toThrow(sentence);
  });

  test('keeps a prompt writable: no NUL, no half characters', () => {
    const { settings: cleaned } = normaliseSettings({ prompt: 'a\0b \ud83d c ❤️' }, model, capabilities);
    expect(cleaned.prompt).toBe('ab \ufffd c ❤️');
  });
});
