import { expect, test } from 'vitest';
import { actualBox, boxFor } from '../../../../renderer/components/picture-box.js';

test('a large picture takes the largest box of its aspect', () => {
  expect(boxFor({ width: 900, height: 625 }, { width: 768, height: 512 }, 1)).toMatchObject({
    width: 900,
    height: 600,
    crisp: false,
  });
  expect(boxFor({ width: 900, height: 500 }, { width: 1024, height: 1024 }, 1)).toMatchObject({
    width: 500,
    height: 500,
  });
});

test('a small picture is enlarged by a whole number, so that its pixels stay equal squares', () => {
  expect(boxFor({ width: 900, height: 625 }, { width: 64, height: 64 }, 1)).toEqual({
    width: 576,
    height: 576,
    crisp: true,
    scale: 9,
  });
});

test('whole numbers are counted in pixels of the screen, not of the page', () => {
  expect(boxFor({ width: 300, height: 300 }, { width: 64, height: 64 }, 2)).toEqual({
    width: 288,
    height: 288,
    crisp: true,
    scale: 9,
  });
});

test('no room is no box', () => {
  expect(boxFor({ width: 0, height: 0 }, { width: 64, height: 64 }, 1)).toMatchObject({ width: 0, height: 0 });
});

test('100 % is one pixel of the screen for one of the picture', () => {
  expect(actualBox({ width: 64, height: 32 }, 2)).toMatchObject({ width: 32, height: 16, scale: 1 });
});
