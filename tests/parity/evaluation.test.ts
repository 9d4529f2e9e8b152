/**
 * Whole evaluations on the command line against pytorch-fid 0.3.0 (goldens: `make_evaluation.py`): 20 pictures of all
 * kinds, and an Inception with random weights in each of the forms that people have.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeInceptionFile } from '../inception-file.js';
import { bundleInkstone, type Inkstone } from '../unit/main/command-line/run-inkstone.js';
import { readGolden } from './golden.js';

const { fid, kid } = readGolden<{ readonly fid: number; readonly kid: number }>('evaluation', 'pictures').description;
const pictures = (set: string) => fileURLToPath(new URL(`../pictures/${set}`, import.meta.url));
const folders = ['--generated', pictures('generated'), '--reference', pictures('reference')];

interface EvalJson {
  readonly generated: { readonly count: number; readonly skipped: readonly object[] };
  readonly reference: { readonly count: number };
  readonly features: { readonly network: string; readonly sha256: string; readonly comparable: boolean };
  readonly metrics: Readonly<Record<string, { value: number; low: number; high: number; n: number[]; mode: string }>>;
  readonly notices: readonly string[];
}

let inkstone: Inkstone;
let folder = '';
beforeAll(async () => {
  inkstone = await bundleInkstone();
  folder = await mkdtemp(join(tmpdir(), 'evaluation-'));
});
afterAll(async () => {
  inkstone.remove();
  await rm(folder, { recursive: true, force: true });
});

async function json<T>(args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await inkstone.run([...args, '--json']);
  expect({ code, last: code === 0 ? '' : stderr.at(-1) }).toEqual({ code: 0, last: '' });
  return JSON.parse(stdout) as T;
}

/** To four significant digits. */
const alike = (value: number, expected: number) => expect(Math.abs(value / expected - 1)).toBeLessThan(5e-5);

describe.each(['safetensors', 'torch-zip', 'torch-legacy'] as const)('with weights as %s', (form) => {
  test('FID and KID are pytorch-fid’s', async () => {
    const inception = join(folder, form === 'safetensors' ? 'inception.safetensors' : `inception-${form}.pth`);
    await writeInceptionFile(inception, form);
    const result = await json<EvalJson>(['eval', ...folders, '--inception', inception, '--metrics', 'fid,kid']);
    expect(result).toMatchObject({
      generated: { count: 10, skipped: [] },
      reference: { count: 10 },
      features: { comparable: true },
    });
    alike(result.metrics['fid']!.value, fid);
    expect(Math.abs(result.metrics['kid']!.value - kid)).toBeLessThan(1e-6);
    for (const metric of Object.values(result.metrics)) {
      expect(metric).toMatchObject({ n: [10, 10], mode: 'pytorch-fid' });
      expect(metric.low).toBeLessThan(metric.high);
    }
    await rm(inception);
  });
});

test('statistics of two folders have the distance of the folders', async () => {
  const inception = join(folder, 'inception.safetensors');
  await writeInceptionFile(inception, 'safetensors');
  const saved: string[] = [];
  for (const set of ['generated', 'reference']) {
    const out = join(folder, `${set}.npz`);
    const stats = await json<{ n: number; dimensions: number }>([
      'eval',
      'stats',
      pictures(set),
      '--out',
      out,
      '--inception',
      inception,
    ]);
    expect(stats).toMatchObject({ n: 10, dimensions: 2048 });
    saved.push(out);
  }
  const { frechet } = await json<{ frechet: number }>(['eval', 'frechet', ...saved]);
  alike(frechet, fid);
  const against = ['--generated', pictures('generated'), '--reference', saved[1]!];
  const { metrics, reference } = await json<EvalJson>([
    'eval',
    ...against,
    '--inception',
    inception,
    '--metrics',
    'fid',
  ]);
  alike(metrics['fid']!.value, fid);
  expect(reference).toMatchObject({ count: 10 });
});

test('without weights of one’s own the embedded CLIP serves, under names that say so', async () => {
  const prompts = join(folder, 'prompts.txt');
  await writeFile(prompts, Array.from({ length: 10 }, (_, i) => `a red heart ${i}`).join('\n'));
  const names = ['--metrics', 'fid,kid,clip', '--prompts', prompts];
  const result = await json<EvalJson>(['eval', ...folders, ...names]);
  expect(Object.keys(result.metrics).toSorted()).toEqual(['clip_embedded', 'fd_embedded', 'kid']);
  expect(result.features.comparable).toBe(false);
  expect(result.notices.join(' ')).toMatch(/not comparable/i);
});
