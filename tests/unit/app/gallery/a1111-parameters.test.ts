import { describe, expect, test } from 'vitest';
import { writeLoraHashes } from '../../../../app/gallery/a1111-adapters.js';
import {
  readA1111Parameters,
  readSampler,
  writeA1111Parameters,
  type A1111Picture,
} from '../../../../app/gallery/a1111-parameters.js';

const picture: A1111Picture = {
  prompt: 'a red heart',
  negative: 'blurry',
  steps: 20,
  sampler: 'dpmpp_2m',
  schedule: 'karras',
  cfg: 7.5,
  seed: 965400086,
  width: 512,
  height: 640,
  model: 'v1-5-pruned',
  modelSha256: '6ce0161689b3853acaa03779ec93eafe75a02f4ced659bee03f50797806fa2fa',
  clipSkip: 2,
  loraHashes: null,
  noise: 'cpu',
  version: '0.1.0',
};

describe('writeA1111Parameters', () => {
  test('writes every field in the order of create_infotext', () => {
    expect(writeA1111Parameters(picture)).toBe(
      'a red heart\nNegative prompt: blurry\n' +
        'Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7.5, Seed: 965400086, Size: 512x640, ' +
        'Model hash: 6ce0161689, Model: v1-5-pruned, Clip skip: 2, RNG: CPU, Version: Inkstone 0.1.0',
    );
  });

  test('leaves out what is empty, unknown or at its default', () => {
    const plain = { ...picture, negative: '', modelSha256: null, clipSkip: 1, noise: 'given' } as const;
    expect(writeA1111Parameters(plain)).toBe(
      'a red heart\nSteps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7.5, Seed: 965400086, ' +
        'Size: 512x640, Model: v1-5-pruned, Version: Inkstone 0.1.0',
    );
  });

  test('quotes a value that holds a comma, a colon or a line end', () => {
    expect(writeA1111Parameters({ ...picture, model: 'ink, "wash": two' })).toContain(
      'Model: "ink, \\"wash\\": two", Clip skip',
    );
    expect(writeA1111Parameters({ ...picture, model: 'two\nlines' })).toContain('Model: "two\\nlines", ');
  });

  test('writes the hashes of adapters before the version, quoted', () => {
    const hashes = writeLoraHashes(
      new Map([
        ['flat-ink', '52e8b0c41d7a'],
        ['a: b, c', '0d9b3c5512ef'],
      ]),
    );
    expect(writeA1111Parameters({ ...picture, loraHashes: hashes })).toMatch(
      /, RNG: CPU, Lora hashes: "flat-ink: 52e8b0c41d7a, a b c: 0d9b3c5512ef", Version: Inkstone 0\.1\.0$/,
    );
    expect(writeLoraHashes(new Map())).toBeNull();
  });

  test('begins with the last line when the prompt is empty', () => {
    expect(writeA1111Parameters({ ...picture, prompt: '', negative: '' })).toMatch(/^Steps: 20, /);
  });
});

describe('readA1111Parameters', () => {
  test.each([
    ['plain words', 'a red heart', 'blurry'],
    ['no negative', 'a red heart', ''],
    ['nothing at all', '', ''],
    ['several lines', 'a red heart\n\non white,\n(paper:1.2)', 'blurry,\nugly'],
    ['a prompt that looks like parameters', 'Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1', 'Steps: 3'],
    ['such a line in the middle', 'a cat\nSteps: 20, Sampler: Euler a, Seed: 1\nby the sea', ''],
    ['quotes and backslashes', 'a "quoted" \\ heart', '"'],
    ['emoji and other scripts', '❤️ 赤いハート, сердце 👩‍👩‍👧‍👦', 'плохо'],
    ['a lora tag', '<lora:flat-ink:0.8> a red heart', 'easynegative'],
    ['the word negative inside', 'a photo of the Negative prompt: no', ''],
  ])('reads back %s', (_name, prompt, negative) => {
    const text = readA1111Parameters(writeA1111Parameters({ ...picture, prompt, negative, model: 'a, b: "c"' }));
    expect(text).toMatchObject({ prompt, negative });
    expect(text?.values.get('Model')).toBe('a, b: "c"');
    expect(text?.values.get('Steps')).toBe('20');
    expect(text?.values.get('Size')).toBe('512x640');
  });

  test('reads a text of the web UI itself', () => {
    const text = readA1111Parameters(
      "girl with an artist's beret, ((eyeshadow)), intricate\nNegative prompt: ugly, fat, [blurry], (extra_limb)\n" +
        'Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 965400086, Size: 512x512, Model hash: 45dee52b, ' +
        'Lora hashes: "add_detail: 7c6bad76eb54, ink: 0123456789ab", Version: v1.6.0',
    );
    expect(text).toMatchObject({
      prompt: "girl with an artist's beret, ((eyeshadow)), intricate",
      negative: 'ugly, fat, [blurry], (extra_limb)',
    });
    expect(text?.values.get('Lora hashes')).toBe('add_detail: 7c6bad76eb54, ink: 0123456789ab');
  });

  test('takes a last line of fewer than three pairs for prompt', () => {
    expect(readA1111Parameters('a cat\nSteps: 20, Seed: 1')).toMatchObject({
      prompt: 'a cat\nSteps: 20, Seed: 1',
      values: new Map(),
    });
  });

  test('leaves JSON under the same key to others', () => {
    expect(readA1111Parameters(' {"sui_image_params": {"prompt": "a"}}')).toBeNull();
  });
});

describe('readSampler', () => {
  test.each([
    ['Euler a', undefined, { sampler: 'euler_a', schedule: 'normal' }],
    ['DPM++ 2M', 'Karras', { sampler: 'dpmpp_2m', schedule: 'karras' }],
    ['DPM++ 2M', 'Automatic', { sampler: 'dpmpp_2m', schedule: 'karras' }],
    ['Euler', 'Automatic', { sampler: 'euler', schedule: 'normal' }],
    ['DPM++ 2M Karras', undefined, { sampler: 'dpmpp_2m', schedule: 'karras' }],
    ['dpm++ 2m sde exponential', undefined, { sampler: 'dpmpp_2m_sde', schedule: 'exponential' }],
    ['Euler', 'Uniform', { sampler: 'euler', schedule: 'normal' }],
    ['Euler', 'Polyexponential', { sampler: 'euler', schedule: 'Polyexponential' }],
    ['Restart', undefined, null],
  ])('understands %s with %s', (label, schedule, expected) => {
    expect(readSampler(label, schedule)).toEqual(expected);
  });
});
