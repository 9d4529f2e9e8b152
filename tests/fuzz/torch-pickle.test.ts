/**
 * Files of torch with random faults, thousands of them, by a seed that a failure prints: each is read or refused in one
 * sentence, soon, and what was read lies within the file.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { ModelError } from '../../native-models/errors.js';
import { EndOfBytes } from '../../native-models/weight-formats/torch-pickle/byte-reader.js';
import { unpickle } from '../../native-models/weight-formats/torch-pickle/pickle-machine.js';
import { TorchFaults } from '../../native-models/weight-formats/torch-pickle/torch-faults.js';
import { readWeightFile } from '../../native-models/weight-formats/read-weight-file.js';
import { uniform } from '../parity/seeded-weights.js';

const goldens = path.resolve(import.meta.dirname, '../parity/goldens/torch-files');

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'fuzz-torch-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Whole numbers below a limit, the same for the same seed. */
class Dice {
  #rolled = 0;

  constructor(readonly seed: number) {}

  below(limit: number): number {
    return Math.floor(((uniform('', this.#rolled++, this.seed) + 1) / 2) * limit);
  }
}

/** Bytes that decide something: instructions of pickles, ends of lengths, borders of numbers. */
const telling = Buffer.from(
  '(.0123aetuls}])NRbQcio\x80\x81\x85\x88\x8a\x8b\x92\x93\x94\x95\x00\x01\x7f\xff\n',
  'latin1',
);

function mutated(bytes: Buffer, dice: Dice): Buffer {
  let result = Buffer.from(bytes);
  for (let count = 1 + dice.below(4); count > 0; count--) {
    const at = dice.below(result.length);
    switch (dice.below(6)) {
      case 0:
        result[at] = dice.below(256);
        break;
      case 1:
        result[at] = telling[dice.below(telling.length)]!;
        break;
      case 2:
        result[at] = (result[at] ?? 0) ^ (1 << dice.below(8));
        break;
      case 3: // gone
        result = Buffer.concat([result.subarray(0, at), result.subarray(at + 1 + dice.below(20))]);
        break;
      case 4: {
        // A piece of it once more, somewhere else.
        const from = dice.below(result.length);
        const piece = result.subarray(from, from + 1 + dice.below(60));
        result = Buffer.concat([result.subarray(0, at), piece, result.subarray(at)]);
        break;
      }
      default:
        result.fill(0xff, at, Math.min(result.length, at + 1 + dice.below(8)));
    }
    if (result.length === 0) return Buffer.from([telling[0]!]);
  }
  return result;
}

function isRefusal(error: unknown): boolean {
  return error instanceof ModelError && /^[^\n]{20,500}\.$/.test(error.message) && /\.pth /.test(error.message);
}

describe('pickles', () => {
  const faults = new TorchFaults('/a/b.pth', 'b.pth');

  test.each(['rich-legacy', 'legacy-protocol-4', 'evil-system-legacy'])('of %s', async (name) => {
    const whole = await readFile(path.join(goldens, `${name}.pth`));
    // From the object's own pickle on, behind the three small ones.
    let start = 0;
    for (let i = 0; i < 3; i++) start = unpickle(whole, start, faults).end;
    const pickle = whole.subarray(start);
    const ends = { read: 0, refused: 0, short: 0 };
    for (let seed = 1; seed <= 3000; seed++) {
      try {
        unpickle(mutated(pickle, new Dice(seed)), 0, faults);
        ends.read++;
      } catch (error) {
        if (error instanceof EndOfBytes) ends.short++;
        else if (isRefusal(error)) ends.refused++;
        else throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
      }
    }
    expect(ends.refused).toBeGreaterThan(500);
    // What wants to run is read in no case, whatever else is wrong with it ...
    if (name.startsWith('evil')) expect(ends.read).toBeLessThan(600);
    else expect(ends.read).toBeGreaterThan(100);
  });
});

describe('whole files', () => {
  test.each(['zip', 'rich-zip', 'legacy', 'rich-legacy', 'script'])('of %s', async (name) => {
    const whole = await readFile(path.join(goldens, `${name}.pth`));
    const file = path.join(folder, `${name}.pth`);
    const ends = { read: 0, refused: 0 };
    for (let seed = 1; seed <= 300; seed++) {
      const bytes = mutated(whole, new Dice(seed));
      await writeFile(file, bytes);
      try {
        const { tensors } = await readWeightFile(file);
        for (const { offset, byteLength } of tensors.values()) {
          expect(offset).toBeGreaterThanOrEqual(0);
          expect(offset + byteLength).toBeLessThanOrEqual(bytes.length);
        }
        ends.read++;
      } catch (error) {
        if (!isRefusal(error)) throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
        ends.refused++;
      }
    }
    expect(ends.read).toBeGreaterThan(10);
    expect(ends.refused).toBeGreaterThan(100);
  });
});
