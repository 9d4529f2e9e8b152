import { cpSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { inspectModel } from '../../../../main/worker/inspect-model.js';
import { writeInceptionFile } from '../../../inception-file.js';
import { Pickle, writeTorchZip, writeZip } from '../../../torch-files.js';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 }); // a file of 95 MB is written and read

let folder: string;
beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'inkstone-weight-file-')));
  await writeInceptionFile(join(folder, 'pt_inception.pth'), 'torch-legacy');
});
afterAll(() => rmSync(folder, { recursive: true }));

const inspect = (name: string) => inspectModel({ path: join(folder, name), checkFinite: true });

test('the FID Inception of a torch file is one, and a card beside it names it', async () => {
  const path = join(folder, 'pt_inception.pth');
  expect(await inspect('pt_inception.pth')).toMatchObject({
    name: 'pt_inception',
    path,
    kind: 'inception',
    family: 'inception-v3',
    format: 'torch',
    dtype: 'F32',
    nativeSize: 299,
    hashedFile: path,
    card: null,
    notices: ['This network measures pictures: it serves Evaluate.'],
  });
  writeFileSync(join(folder, 'pt_inception.inkstone.json'), JSON.stringify({ name: 'FID of 2015' }));
  expect(await inspect('pt_inception.pth')).toMatchObject({ name: 'FID of 2015', card: { name: 'FID of 2015' } });
});

test('the CLIP of a folder of its own is told for what it serves', async () => {
  const embedded = fileURLToPath(new URL('../../../../native-models/embedded/pictures/clip', import.meta.url));
  cpSync(embedded, join(folder, 'clip'), { recursive: true });
  expect(await inspect('clip')).toMatchObject({
    kind: 'clip',
    notices: ['This network compares pictures and texts: it serves Evaluate.'],
  });
});

test('a pickle that wants to run code is refused by what it wanted', async () => {
  const evil = new Pickle().global('posix', 'system').op('(').text('true').op('tR').end();
  await writeZip(join(folder, 'evil.ckpt'), [['data.pkl', evil]]);
  await expect(inspect('evil.ckpt')).rejects.toMatchObject({
    kind: 'unsupported',
    file: join(folder, 'evil.ckpt'),
    message: expect.stringMatching(
      /^evil\.ckpt wants to run posix\.system when it is opened: it is not read\./,
    ) as string,
  });
});

test.each([
  ['lora_unet_mid_block.lora_down.weight', 'is a LoRA'],
  ['model.diffusion_model.double_blocks.0.img_attn.qkv.weight', 'is a Flux model'],
  ['something.else', 'holds no model that this studio knows'],
])('a torch file with %s says what it is', async (tensor, words) => {
  await writeTorchZip(join(folder, 'file.pt'), { [tensor]: { dtype: 'F32', shape: [1], bytes: new Uint8Array(4) } });
  await expect(inspect('file.pt')).rejects.toMatchObject({
    kind: words === 'is a Flux model' ? 'unfit-model' : 'unsupported',
    message: expect.stringContaining(`file.pt ${words}`) as string,
  });
});
