/**
 * Every picture that Pillow 13.0.0 reads (made by make_decoding.py) has the same pixels here, to the last one. Where
 * libvips and Pillow decode by different libraries, as for JPEG, they still agree: their inverse transforms and chroma
 * upsampling are the same integers.
 */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

import { decodeLikePillow } from '../../main/worker/decode-like-pillow.js';
import { readGolden } from './golden.js';

const pictures = path.resolve(import.meta.dirname, '../pictures');

type Reading = { mode: string; size: [number, number]; sha256: string } | { error: string };
const { files } = readGolden<{ files: Record<string, Reading> }>('decoding', 'pillow').description;

test('the golden knows every test picture', () => {
  const names = readdirSync(pictures).flatMap((folder) =>
    readdirSync(path.join(pictures, folder)).map((name) => `${folder}/${name}`),
  );
  expect(names.toSorted()).toEqual(Object.keys(files).toSorted());
});

test.each(Object.entries(files))('%s', async (name, reading) => {
  const decoded = await decodeLikePillow(readFileSync(path.join(pictures, name)), path.extname(name));
  if ('error' in reading) {
    expect(decoded).toEqual({ problem: expect.any(String) as string });
    return;
  }
  if ('problem' in decoded) throw new Error(decoded.problem);
  const { rgb, width, height } = decoded.picture;
  expect([width, height]).toEqual(reading.size);
  expect(createHash('sha256').update(rgb).digest('hex')).toBe(reading.sha256);
});
