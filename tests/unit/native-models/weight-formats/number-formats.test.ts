import { expect, test } from 'vitest';
import {
  brainsToFloats,
  floatsToBrains,
  floatsToHalves,
  halfToNumber,
  halvesToFloats,
} from '../../../../native-models/weight-formats/number-formats.js';

const allWords = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);

test('every half becomes the number that its bits say, and the same half again', () => {
  const floats = halvesToFloats(allWords);
  expect(floats.findIndex((value, bits) => !Object.is(value, Math.fround(halfToNumber(bits))))).toBe(-1);
  const back = floatsToHalves(floats);
  expect(back.findIndex((bits, i) => bits !== i && !Number.isNaN(floats[i]))).toBe(-1);
  // By hand: 1, the largest, the smallest normal and subnormal ones, minus zero.
  const some = halvesToFloats(Uint16Array.of(0x3c00, 0x7bff, 0x0400, 0x0001, 0x8000, 0xfc00));
  expect([...some]).toEqual([1, 65504, 2 ** -14, 2 ** -24, -0, -Infinity]);
});

test('every bfloat16 becomes a float and the same bfloat16 again', () => {
  const floats = brainsToFloats(allWords);
  const back = floatsToBrains(floats);
  expect(back.findIndex((bits, i) => bits !== i && !Number.isNaN(floats[i]))).toBe(-1);
  expect([...brainsToFloats(Uint16Array.of(0x3f80, 0xc000, 0x7f80))]).toEqual([1, -2, Infinity]);
});
