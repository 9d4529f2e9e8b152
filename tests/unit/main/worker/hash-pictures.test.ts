import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hashPictures } from '../../../../main/worker/hash-pictures.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'inkstone-hashes-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

test('contents are told apart, names are not', async () => {
  const paths = [file('a.png', 'one'), file('b.png', 'two'), file('c.jpg', 'one')];
  const sha256 = (content: string) => ({ sha256: createHash('sha256').update(content).digest('hex') });
  expect(await hashPictures({ paths })).toEqual(['one', 'two', 'one'].map(sha256));
});

test('a file of many pieces has the hash of the whole', async () => {
  const content = Uint8Array.from({ length: 1_000_003 }, (_, i) => (i * 31) % 251);
  const sha256 = createHash('sha256').update(content).digest('hex');
  expect(await hashPictures({ paths: [file('large.png', content)] })).toEqual([{ sha256 }]);
});

test('what has no content is told in its place, and the others are hashed', async () => {
  const paths = [file('empty.png', ''), join(folder, 'gone.png'), folder, file('whole.png', 'x')];
  expect(await hashPictures({ paths })).toEqual([
    { problem: 'is empty' },
    { problem: 'is not there any more' },
    { problem: 'is a folder, not a picture' },
    { sha256: createHash('sha256').update('x').digest('hex') },
  ]);
});
