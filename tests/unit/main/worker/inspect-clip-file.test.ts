import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inspectModel } from '../../../../main/worker/inspect-model.js';
import { writeSafetensors } from '../../../../native-models/weight-formats/write-safetensors.js';
import { readGolden } from '../../../parity/golden.js';
import { seededTensors } from '../../../parity/seeded-weights.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'inkstone-clip-file-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const { tensors } = readGolden<{ tensors: Record<string, number[]> }>('clip-spellings', 'transformers').description;
const look = (file: string) => inspectModel({ path: join(folder, file), checkFinite: true });

test('a CLIP in a single file is a CLIP, with what was guessed about it', async () => {
  await writeSafetensors(join(folder, 'vit-tiny.safetensors'), seededTensors(tensors));
  expect(await look('vit-tiny.safetensors')).toMatchObject({
    name: 'vit-tiny',
    kind: 'clip',
    format: 'safetensors',
    dtype: 'F32',
    nativeSize: 24,
    notices: [
      'This network compares pictures and texts: it serves Evaluate.',
      expect.stringContaining('It is taken as QuickGELU') as string,
    ],
  });
});

test('weights that are not numbers, and a tower with a tensor missing, are refused', async () => {
  const whole = seededTensors(tensors);
  const bytes = new Uint8Array(40 * 128 * 4).fill(0xff);
  const broken = { ...whole, 'visual_projection.weight': { dtype: 'F32', shape: [40, 128], bytes } };
  await writeSafetensors(join(folder, 'nan.safetensors'), broken);
  await expect(look('nan.safetensors')).rejects.toThrow('visual_projection.weight holds values that are not numbers');

  const { 'vision_model.pre_layrnorm.weight': _, ...without } = whole;
  await writeSafetensors(join(folder, 'part.safetensors'), without);
  await expect(look('part.safetensors')).rejects.toThrow('has no tensor vision_model.pre_layrnorm.weight');
});

test('a file that is no CLIP is told as before', async () => {
  await writeSafetensors(join(folder, 'tower.safetensors'), seededTensors({ 'text_model.a.weight': [4] }));
  await expect(look('tower.safetensors')).rejects.toThrow('holds one component of a model');
  writeFileSync(join(folder, 'notes.txt'), 'nothing');
  await expect(look('notes.txt')).rejects.toThrow('notes.txt is no model');
});
