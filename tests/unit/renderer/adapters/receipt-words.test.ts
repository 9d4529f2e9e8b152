import { describe, expect, test } from 'vitest';
import type { AdapterEffect, AdapterReceipt } from '../../../../app/contracts/adapters.js';
import { sentenceOf } from '../../../../renderer/adapters/blocks.js';
import { initials } from '../../../../renderer/adapters/cards.js';
import { bakedWords, differenceWords, strengthOf, verdictWords } from '../../../../renderer/adapters/effects.js';
import { partialSentence } from '../../../../renderer/adapters/matched.js';
import { isRefused } from '../../../../renderer/words/adapters.js';
import { cardOf } from './test-cards.js';

const block = (name: string, matched: number, total: number, norm: number | null = 1) => ({
  name,
  matched,
  total,
  norm,
});
const receipt = (matched: number, blocks: AdapterReceipt['blocks']): AdapterReceipt => ({
  file: '/loras/paper-grain.safetensors',
  dialect: 'kohya',
  algorithm: 'lora',
  base: 'sd1',
  rank: [8, 8],
  alpha: null,
  scale: [1, 1],
  matched,
  unmatched: [],
  total: 264,
  fits: true,
  nonFinite: [],
  triggerWords: [],
  hashes: { sha256: '', autov2: '', autov3: '', tensors: '' },
  blocks,
});

describe('a partial match in one sentence', () => {
  test('names the part that all the missing layers are in', () => {
    expect(partialSentence(receipt(250, [block('Down 0', 24, 24), block('Up 3', 22, 36)]))).toBe(
      '250 of 264 layers match; 14 in Up 3 do not. It runs without them.',
    );
  });
  test('names none where they lie in several, or in none of the model', () => {
    const words = '250 of 264 layers match; 14 do not. It runs without them.';
    expect(partialSentence(receipt(250, [block('Down 0', 20, 24), block('Up 3', 26, 36)]))).toBe(words);
    expect(partialSentence(receipt(250, [block('Up 3', 30, 36)]))).toBe(words);
    expect(partialSentence(receipt(250, [block('Up 3', 36, 36), block('Other', 0, 14)]))).toBe(words);
  });
  test('speaks of one layer in the singular', () => {
    expect(partialSentence(receipt(263, [block('Middle', 11, 12)]))).toBe(
      '263 of 264 layers match; 1 in Middle does not. It runs without it.',
    );
  });
});

test('a receipt of another base or with broken numbers is of a file that is not applied', () => {
  const whole = receipt(264, []);
  expect(isRefused(whole)).toBe(false);
  expect(isRefused({ ...whole, fits: null })).toBe(false);
  expect(isRefused({ ...whole, fits: false })).toBe(true);
  expect(isRefused({ ...whole, nonFinite: ['lora_unet_mid.lora_up.weight'] })).toBe(true);
});

describe('the chart by block has a sentence', () => {
  test('that names its ends', () =>
    expect(sentenceOf([block('Down 0', 1, 1, 0.3), block('Up 1', 1, 1, 1.2), block('Up 3', 1, 1, null)])).toBe(
      'It moves Up 1 most and Down 0 least.',
    ));
  test('that leaves out parts of which nothing matched', () =>
    expect(sentenceOf([block('Up 1', 1, 1, 1.2), block('Other', 0, 1, 0)])).toBe('It moves Up 1 alone.'));
  test('that says when no norm is a number', () =>
    expect(sentenceOf([block('Up 3', 1, 1, null)])).toBe('No part has a norm that is a number.'));
});

const effect: AdapterEffect = {
  adapter: 'flat-ink',
  model: 'sd15',
  prompt: 'an otter',
  seed: 7,
  weight: 0.8,
  id: 'e1',
  width: 512,
  height: 512,
  pixelDifference: 11.42,
  clipSimilarity: 0.828,
  verdict: 'clear',
  createdAt: 0,
};

describe('what it does', () => {
  test('is told with its figures', () => {
    expect(`${verdictWords(effect)} ${differenceWords(effect)}`).toBe(
      'A clear effect. Pixels differ by 11.4 %, CLIP similarity 0.83.',
    );
  });
  test('is told without a similarity that could not be measured', () => {
    expect(differenceWords({ ...effect, clipSimilarity: null })).toBe('Pixels differ by 11.4 %.');
  });
  test('is asked at the strength a person set, else in the mixer, else as its maker says, else 1', () => {
    const card = cardOf({ preferredWeight: 0.6 });
    expect(strengthOf(card, new Map([[card.id, -2]]), { weight: 0.8 })).toBe(-2);
    expect(strengthOf(card, new Map(), { weight: 0.8 })).toBe(0.8);
    expect(strengthOf(card, new Map(), null)).toBe(0.6);
    expect(strengthOf(cardOf(), new Map(), null)).toBe(1);
  });
});

test('a card without a picture shows letters of its name', () => {
  expect(initials('flat-ink')).toBe('FI');
  expect(initials('plush')).toBe('PL');
  expect(initials('水墨 画')).toBe('水画');
  expect(initials('___')).toBe('');
});

test('what baking wrote is told with its networks, their format and the files beside it', () => {
  const baked = {
    path: '/m/ink.safetensors',
    alsoWritten: ['/m/ink.text_encoder.safetensors'],
    components: ['unet', 'text_encoder'],
    dtype: 'f16',
    tensors: 882,
    bytes: 900,
  };
  expect(bakedWords('ink', baked)).toBe(
    'ink is baked into /m/ink.safetensors, with 1 file beside it · whole UNet and text encoder in F16 · 900 B',
  );
  expect(bakedWords('ink', { ...baked, alsoWritten: [], components: ['unet'] })).toBe(
    'ink is baked into /m/ink.safetensors · whole UNet in F16 · 900 B',
  );
});
