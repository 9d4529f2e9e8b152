import { array, assert, integer, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { justify, verticalNeighbour } from '../../../../renderer/gallery/justified-layout.js';

const options = { width: 1000, rowHeight: 180, gap: 6 };
const square = { width: 64, height: 64 };

describe('justified rows', () => {
  test('fill the width to the pixel, but for the last', () => {
    const items = Array.from({ length: 23 }, (_, index) => ({ width: 100 + 37 * (index % 5), height: 100 }));
    const rows = justify(items, options);
    for (const { cells } of rows.slice(0, -1)) {
      const last = cells.at(-1);
      expect((last?.left ?? 0) + (last?.width ?? 0)).toBe(1000);
    }
    expect(rows.at(-1)?.height).toBeLessThanOrEqual(rows.at(-2)?.height ?? 0);
  });

  test('hold every picture once and in order, whatever their sizes', () => {
    const sizes = array(record({ width: integer({ min: 1, max: 4096 }), height: integer({ min: 1, max: 4096 }) }), {
      maxLength: 200,
    });
    assert(
      property(sizes, integer({ min: 50, max: 2600 }), (items, width) => {
        const rows = justify(items, { ...options, width });
        const places = rows.flatMap(({ cells }) => cells.map(({ index }) => index));
        expect(places).toEqual(items.map((_, index) => index));
        let bottom = -options.gap;
        for (const row of rows) {
          expect(row.top).toBe(bottom + options.gap);
          expect(row.height).toBeGreaterThan(0);
          bottom = row.top + row.height;
          for (const cell of row.cells) expect(cell.width).toBeGreaterThan(0);
        }
      }),
    );
  });

  test('stay near the wished height', () => {
    const rows = justify(
      Array.from({ length: 100 }, (_, index) => ({ width: 80 + (index % 7) * 20, height: 100 })),
      options,
    );
    for (const { height } of rows) {
      expect(height).toBeGreaterThan(180 * 0.8);
      expect(height).toBeLessThan(180 * 1.4);
    }
  });

  test('are none without room', () => {
    expect(justify([square], { ...options, width: 0 })).toEqual([]);
  });
});

test('up and down go to the picture whose middle is nearest', () => {
  const rows = justify(
    Array.from({ length: 12 }, () => square),
    options,
  );
  const perRow = rows[0]?.cells.length ?? 0;
  expect(verticalNeighbour(rows, 1, 1)).toBe(perRow + 1);
  expect(verticalNeighbour(rows, perRow + 1, -1)).toBe(1);
  expect(verticalNeighbour(rows, 1, -1)).toBe(1);
});
