import { expect, test } from 'vitest';
import { mergePairs } from '../../../../native-models/adapters/merge.js';
import { seeded } from '../../../parity/seeded-weights.js';

const [OUT, COLUMNS] = [6, 18];

const pair = (rank: number, scale: number) => ({
  rank,
  scale,
  down: seeded(`down ${rank}`, [rank, COLUMNS]),
  up: seeded(`up ${rank}`, [OUT, rank]),
});

// Four ranks are added at a time: every rest of that.
test.each([1, 2, 3, 4, 5, 7, 8])('a pair of rank %i is merged to the last bit', (rank) => {
  const weight = seeded('weight', [OUT, COLUMNS]);
  const before = weight.slice();
  const { up, down, scale } = pair(rank, 0.5);
  const merged = mergePairs(weight, OUT, [{ pair: { rank, up, down, scale }, strength: -1.25 }]);
  merged.forEach((value, i) => {
    let sum = weight[i]!;
    for (let r = 0; r < rank; r++) {
      sum += -1.25 * scale * up[Math.floor(i / COLUMNS) * rank + r]! * down[r * COLUMNS + (i % COLUMNS)]!;
    }
    // The order of the sum is another one: the float32 next to it at most.
    expect(Math.abs(value - sum)).toBeLessThanOrEqual(Math.abs(sum) * 2 ** -23);
  });
  expect(weight).toEqual(before);
});

test('a small delta on a large weight is not lost beside another that is taken back', () => {
  const weight = new Float32Array(OUT * COLUMNS).fill(1000);
  const large = { pair: pair(3, 1e4), strength: 1 };
  const back = { pair: pair(3, 1e4), strength: -1 };
  const small = { pair: pair(2, 0.01), strength: 1 };
  expect(mergePairs(weight, OUT, [large, small, back])).toEqual(mergePairs(weight, OUT, [small]));
});
