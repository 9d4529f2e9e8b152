/** Adapters and models: what matches, what does not and why, and which adapters are refused. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { AdapterFile } from '../../../../native-models/adapters/adapter.js';
import { dialects } from '../../../../native-models/adapters/dialects/index.js';
import { kohya } from '../../../../native-models/adapters/dialects/kohya.js';
import { matchAdapter, requireFit } from '../../../../native-models/adapters/match-adapter.js';
import { readAdapter } from '../../../../native-models/adapters/read-adapter.js';
import { inTransformers, modelOf, pairsFor, sd1, sd2, sdxl, writeZeros, type Shapes } from './adapter-files.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'adapters-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const models = { sd1: modelOf(sd1), sd2: modelOf(sd2), sdxl: modelOf(sdxl) };
const read = async (shapes: Shapes): Promise<AdapterFile> =>
  readAdapter(await writeZeros(path.join(folder, 'red-paper.safetensors'), shapes));

describe.each([
  ['sd1', 72 + 192],
  ['sd2', 138 + 192],
  ['sdxl', 264 + 1 + 722],
] as const)('of %s', (family, count) => {
  const model = models[family];
  test.each(dialects)('a file in $id names matches whole', async (dialect) => {
    const wanted = (layer: Parameters<typeof inTransformers>[0]): boolean =>
      inTransformers(layer) || layer.path === 'text_projection';
    const adapter = await read(pairsFor(model, dialect, { wanted }));
    const match = matchAdapter(adapter, model);
    expect(match).toMatchObject({ unmatched: [], total: count, fits: true });
    expect(new Set(match.matched.map(({ layer }) => layer)).size).toBe(count);
    expect(adapter).toMatchObject({ base: family, algorithm: 'lora' });
    expect(() => requireFit(adapter, match, model)).not.toThrow();
  });

  test('a file with every layer of every network matches whole', async () => {
    const adapter = await read(pairsFor(model, kohya));
    expect(matchAdapter(adapter, model)).toMatchObject({ unmatched: [], fits: true });
    expect(adapter.algorithm).toBe('locon');
  });

  test('a file with every layer under the names of Stability’s own code matches whole', async () => {
    const adapter = await read(pairsFor(model, kohya, { ldm: true }));
    expect([...adapter.components.keys()].filter((key) => /_(down|up)_blocks_/.test(key))).toEqual([]);
    const match = matchAdapter(adapter, model);
    expect(match).toMatchObject({ unmatched: [], fits: true });
    expect(new Set(match.matched.map(({ layer }) => layer)).size).toBe(match.total);
    expect(adapter.base).toBe(family);
  });
});

describe('a file of another base', () => {
  test.each([
    ['sd1', 'sd2', 'red-paper was made for Stable Diffusion 1.x; '],
    ['sd1', 'sdxl', 'red-paper was made for Stable Diffusion 1.x; '],
    ['sd2', 'sd1', 'red-paper was made for Stable Diffusion 2.x; '],
    ['sdxl', 'sd1', 'red-paper was made for SDXL; '],
  ] as const)('%s is not applied to %s', async (from, to, sentence) => {
    const adapter = await read(pairsFor(models[from], kohya, { wanted: inTransformers }));
    const match = matchAdapter(adapter, models[to]);
    expect(match.fits).toBe(false);
    expect(() => requireFit(adapter, match, models[to])).toThrow(
      `${sentence}${match.matched.length} of ${match.total} layers match ${models[to].label}. It is not applied.`,
    );
  });

  test('of which not one layer is there says so', async () => {
    const block = 'lora_unet_double_blocks_0_img_attn_proj';
    const adapter = await read({ [`${block}.lora_down.weight`]: [4, 3072], [`${block}.lora_up.weight`]: [3072, 4] });
    const match = matchAdapter(adapter, models.sd1);
    expect(match).toMatchObject({ matched: [], total: 1, fits: false });
    expect(match.unmatched).toEqual([{ key: block, reason: 'this model has no such layer' }]);
    expect(() => requireFit(adapter, match, models.sd1)).toThrow(
      'red-paper was made for Flux; 0 of 1 layers match Stable Diffusion 1.5. It is not applied.',
    );
  });

  test('of SDXL’s under the names of its first layout is told by its text', async () => {
    const keys = 'lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k';
    const adapter = await read({ [`${keys}.lora_down.weight`]: [4, 2048], [`${keys}.lora_up.weight`]: [640, 4] });
    const match = matchAdapter(adapter, models.sd1);
    expect(match.unmatched).toEqual([{ key: keys, reason: 'made for 2048 wide text, this model’s is 768' }]);
    expect(() => requireFit(adapter, match, models.sd1)).toThrow(
      'red-paper was made for SDXL; 0 of 1 layers match Stable Diffusion 1.5. It is not applied.',
    );
  });

  test('is told by most of its cross-attention: a file with some wrong layers runs in part', async () => {
    const key = 'lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k';
    const { [`${key}.lora_down.weight`]: _own, ...shapes } = pairsFor(models.sd1, kohya, { wanted: inTransformers });
    const [unknown, half] = [
      'lora_unet_down_blocks_9_attentions_0_proj_in',
      'lora_unet_mid_block_attentions_0_proj_in',
    ];
    const adapter = await read({
      [`${key}.lora_down.weight`]: [4, 2048], // before all others in the file
      ...shapes,
      ...{ [`${unknown}.lora_down.weight`]: [4, 320], [`${unknown}.lora_up.weight`]: [320, 4] },
      [`${half}.lora_up.weight`]: [1280, 7],
    });
    const match = matchAdapter(adapter, models.sd1);
    expect(adapter.base).toBe('sd1');
    expect(match.unmatched.map((layer) => layer.key).toSorted()).toEqual([key, unknown, half].toSorted());
    expect(match.unmatched).toContainEqual({ key, reason: 'made for 2048 wide text, this model’s is 768' });
    expect(match).toMatchObject({ fits: true, total: match.matched.length + 3 });
    expect(matchAdapter(adapter, models.sdxl).fits).toBe(false);
  });

  test('of no known base is refused in the same words', async () => {
    const block = 'lora_unet_down_blocks_9_attentions_0_proj_in';
    const adapter = await read({ [`${block}.lora_down.weight`]: [4, 320], [`${block}.lora_up.weight`]: [320, 4] });
    expect(() => requireFit(adapter, matchAdapter(adapter, models.sd1), models.sd1)).toThrow(
      'red-paper was not made for Stable Diffusion 1.5: 0 of 1 layers match. It is not applied.',
    );
  });

  test('names the width of its text', async () => {
    const adapter = await read(pairsFor(models.sd1, kohya, { wanted: inTransformers }));
    const reasons = matchAdapter(adapter, models.sd2).unmatched.filter(({ key }) => key.endsWith('attn2_to_k'));
    expect(new Set(reasons.map(({ reason }) => reason))).toEqual(
      new Set(['made for 768 wide text, this model’s is 1024']),
    );
    expect(reasons).toHaveLength(16);
  });
});

describe('a layer', () => {
  const projection = 'lora_unet_down_blocks_0_attentions_0_proj_in';
  const kernel = (down: readonly number[], up: readonly number[]): Shapes => ({
    [`${projection}.lora_down.weight`]: down,
    [`${projection}.lora_up.weight`]: up,
  });

  test.each(['sd1', 'sd2'] as const)('of %s may be a matrix or a 1 x 1 convolution', async (family) => {
    const forms: [number[], number[]][] = [
      [
        [4, 320],
        [320, 4],
      ],
      [
        [4, 320, 1, 1],
        [320, 4, 1, 1],
      ],
      [
        [4, 320, 1, 1],
        [320, 4],
      ],
    ];
    for (const [down, up] of forms) {
      const match = matchAdapter(await read(kernel(down, up)), models[family]);
      expect(match).toMatchObject({ matched: [{ layer: { inFeatures: 320 } }], fits: true });
    }
  });

  test.each([
    ['[4, 640] does not fit [320]', kernel([4, 640], [320, 4])],
    ['[640, 4] does not fit [320]', kernel([4, 320], [640, 4])],
    ['its kernel is 3 x 3, this model’s is 1 x 1', kernel([4, 320, 3, 3], [320, 4, 1, 1])],
  ])('of another shape: %s', async (reason, shapes) => {
    const match = matchAdapter(await read(shapes), models.sd1);
    expect(match).toMatchObject({ matched: [], unmatched: [{ key: projection, reason }], fits: false });
  });

  test('that a file has under two names is changed once', async () => {
    const dotted = 'unet.down_blocks.0.attentions.0.proj_in';
    const adapter = await read({
      ...kernel([4, 320], [320, 4]),
      [`${dotted}.lora_A.weight`]: [4, 320],
      [`${dotted}.lora_B.weight`]: [320, 4],
    });
    expect(matchAdapter(adapter, models.sd1)).toMatchObject({
      matched: [{ module: { key: projection } }],
      unmatched: [{ key: dotted, reason: 'the same layer twice' }],
      total: 2,
      fits: true,
    });
  });
});
