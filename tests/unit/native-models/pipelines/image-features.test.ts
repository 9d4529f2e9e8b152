import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { loadImageFeatures } from '../../../../native-models/pipelines/image-features.js';

const embedded = path.resolve(import.meta.dirname, '../../../../native-models/embedded/pictures');

let scratch = '';
beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'image-features-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

test('settings that make another size of pictures than the network takes are told, not guessed around', async () => {
  const folder = path.join(scratch, 'clip');
  await cp(path.join(embedded, 'clip'), folder, { recursive: true });
  await writeFile(path.join(folder, 'preprocessor_config.json'), '{"size": 56, "do_center_crop": false}');
  const features = await loadImageFeatures(folder, 'cpu');
  const picture = { rgb: new Uint8Array(30 * 20 * 3), width: 30, height: 20 };
  await expect(features.vector(picture)).rejects.toThrow(
    'clip: its preprocessor_config.json makes 84 x 56 pixels of a picture, its network takes 64 x 64.',
  );
  await features.release();
});
