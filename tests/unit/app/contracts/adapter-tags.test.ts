import { assert, constantFrom, double, property, record, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { adapterTags, withoutAdapterTags, writeAdapterTag } from '../../../../app/contracts/adapter-tags.js';

const only = (prompt: string) => {
  const tags = adapterTags(prompt);
  expect(tags).toHaveLength(1);
  return tags[0];
};

describe('adapterTags', () => {
  // Each row is what extra_networks_lora.py of A1111 1.10 makes of it: te first, unet from te unless told.
  test.each([
    ['<lora:flat-ink>', { textWeight: 1, weight: 1 }],
    ['<lora:flat-ink:0.8>', { textWeight: 0.8, weight: 0.8 }],
    ['<lora:flat-ink:0.8:0.5>', { textWeight: 0.8, weight: 0.5 }],
    ['<lora:flat-ink:te=0.2>', { textWeight: 0.2, weight: 0.2 }],
    ['<lora:flat-ink:unet=0.2>', { textWeight: 1, weight: 0.2 }],
    ['<lora:flat-ink:te=0.3:unet=0.7>', { textWeight: 0.3, weight: 0.7 }],
    ['<lora:flat-ink:unet=0.7:te=0.3>', { textWeight: 0.3, weight: 0.7 }],
    ['<lora:flat-ink:0.9:te=0.3>', { textWeight: 0.3, weight: 0.3 }],
    ['<lora:flat-ink:te=0.3:0.9:0.6>', { textWeight: 0.3, weight: 0.6 }],
    ['<lora:flat-ink:-1.5>', { textWeight: -1.5, weight: -1.5 }],
    ['<lora:flat-ink:−1.5>', { textWeight: -1.5, weight: -1.5 }],
    ['<lora:flat-ink: .5 >', { textWeight: 0.5, weight: 0.5 }],
    ['<lora:flat-ink:1e-1>', { textWeight: 0.1, weight: 0.1 }],
    ['<lora:flat-ink:0>', { textWeight: 0, weight: 0 }],
    ['<lyco:flat-ink:0.8>', { textWeight: 0.8, weight: 0.8 }],
    ['<LoRA:flat-ink:0.8>', { textWeight: 0.8, weight: 0.8 }],
  ])('reads %s', (tag, strengths) => {
    expect(only(`a cat ${tag}, red`)).toEqual({
      ...{ name: 'flat-ink', problem: null, ignored: [], start: 6, end: 6 + tag.length },
      ...strengths,
    });
  });

  test('forgives the ending of the file', () => {
    expect(only('<lora:ink.v1.safetensors:0.5>')).toMatchObject({ name: 'ink.v1', weight: 0.5, problem: null });
    expect(only('<lora:ink.SafeTensors>')).toMatchObject({ name: 'ink' });
  });

  test('takes any name that a file can have', () => {
    for (const name of ['墨絵 v2', 'a, b (c) [d]', 'x=1', 'ink.v1', 'add_detail']) {
      expect(only(`<lora:${name}:0.5>`)).toMatchObject({ name, weight: 0.5, problem: null });
    }
  });

  test('finds several, also across lines, and none in ordinary text', () => {
    expect(adapterTags('<lora:a:1>x<lora:b\n:0.5>').map(({ name }) => name)).toEqual(['a', 'b']);
    expect(adapterTags('a <3 heart, (x:1.2), <hypernet:y:1>, lora:z:1, <lora:w:1')).toEqual([]);
  });

  test.each([
    ['<lora:flat-ink:strong>', 'In <lora:flat-ink:strong> the strength “strong” is no number from −100 to 100.'],
    ['<lora:flat-ink:>', 'In <lora:flat-ink:> the strength “” is no number from −100 to 100.'],
    ['<lora:flat-ink:0,8>', 'In <lora:flat-ink:0,8> the strength “0,8” has a comma: write 0.8.'],
    ['<lora:flat-ink:1:unet=x>', 'In <lora:flat-ink:1:unet=x> the strength “x” is no number from −100 to 100.'],
    ['<lora:flat-ink:101>', 'In <lora:flat-ink:101> the strength “101” is no number from −100 to 100.'],
    ['<lora:flat-ink:nan>', 'In <lora:flat-ink:nan> the strength “nan” is no number from −100 to 100.'],
    ['<lora:flat-ink:inf>', 'In <lora:flat-ink:inf> the strength “inf” is no number from −100 to 100.'],
    ['<lora::1>', '<lora::1> names no adapter.'],
    ['<lora:>', '<lora:> names no adapter.'],
  ])('says what is wrong with %s', (tag, problem) => {
    expect(only(tag)?.problem).toBe(problem);
    expect(withoutAdapterTags(`a ${tag}b`)).toBe('a b');
  });

  test('tells which parts have no effect here', () => {
    expect(only('<lora:a:1:0.5:8>')).toMatchObject({ weight: 0.5, textWeight: 1, ignored: ['8'], problem: null });
    expect(only('<lora:a:1:dyn=8:lbw=MIDD>')).toMatchObject({ weight: 1, ignored: ['dyn=8', 'lbw=MIDD'] });
  });
});

test('withoutAdapterTags leaves all but the tags, commas too', () => {
  expect(withoutAdapterTags('a cat, <lora:a:1>, <lora:b>red')).toBe('a cat, , red');
  expect(withoutAdapterTags('a <3 cat <hypernet:y:1>')).toBe('a <3 cat <hypernet:y:1>');
});

test('a written tag reads back as the same strengths', () => {
  const strength = double({ min: -100, max: 100, noNaN: true });
  const name = string({ unit: 'grapheme', minLength: 1 }).filter((text) => !/[<>:]/.test(text) && text === text.trim());
  assert(
    property(record({ name, weight: strength, textWeight: strength }), constantFrom('', 'a cat '), (use, before) => {
      const tag = only(before + writeAdapterTag(use));
      expect(tag).toMatchObject({ name: use.name, problem: null, start: before.length });
      // 0 and -0 are one strength.
      expect([tag?.weight === use.weight, tag?.textWeight === use.textWeight]).toEqual([true, true]);
    }),
  );
});

test('equal strengths are written once', () => {
  expect(writeAdapterTag({ name: 'a', weight: 0.8, textWeight: 0.8 })).toBe('<lora:a:0.8>');
  expect(writeAdapterTag({ name: 'a', weight: 0.5, textWeight: 0.8 })).toBe('<lora:a:0.8:0.5>');
});
