import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { allBelow, isUpToDate, takeStamp } from '../../../../main/set-up/stamp.mjs';

let folder: string;
let stampFile: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'inkstone-stamp-'));
  stampFile = path.join(folder, 'stamp.json');
  fs.mkdirSync(path.join(folder, 'src/inner'), { recursive: true });
  fs.writeFileSync(path.join(folder, 'src/a.ts'), 'a');
  fs.writeFileSync(path.join(folder, 'src/inner/b.ts'), 'b');
  fs.writeFileSync(stampFile, JSON.stringify(takeStamp(folder, allBelow(folder, ['src', 'no-such-file']))));
});
afterEach(() => {
  fs.rmSync(folder, { recursive: true });
});

test('nothing changed: up to date', () => {
  expect(isUpToDate(stampFile, folder)).toBe(true);
});

test.each([
  ['a file was edited', () => fs.writeFileSync(path.join(folder, 'src/inner/b.ts'), 'longer')],
  ['a file was touched', () => fs.utimesSync(path.join(folder, 'src/a.ts'), 0, 0)],
  ['a file was deleted', () => fs.rmSync(path.join(folder, 'src/a.ts'))],
  ['a file was added', () => fs.writeFileSync(path.join(folder, 'src/inner/c.ts'), 'c')],
  ['a file that was absent appeared', () => fs.writeFileSync(path.join(folder, 'no-such-file'), '')],
  ['the stamp was cut short', () => fs.writeFileSync(stampFile, '{"src"')],
  ['the stamp is gone', () => fs.rmSync(stampFile)],
])('%s: stale', (_what, change) => {
  change();
  expect(isUpToDate(stampFile, folder)).toBe(false);
});
