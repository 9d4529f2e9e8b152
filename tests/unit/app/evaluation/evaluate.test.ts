import { rmSync } from 'node:fs';
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { EvaluationSettings, MetricResult } from '../../../../app/contracts/evaluation.js';
import { writeStatistics } from '../../../../app/evaluation/write-statistics.js';
import type { Memory } from '../../../../app/storage/memory.js';
import { writeStatistics as writeNpz } from '../../../../native-models/weight-formats/npz/statistics.js';
import { writeInceptionFile } from '../../../inception-file.js';
import { temporaryFolder } from '../test-parts.js';
import {
  evaluated,
  evaluationParts,
  evaluationSettings,
  folder,
  folderOf,
  pictures,
  textFile,
} from './evaluation-parts.js';

const metric = (metrics: readonly MetricResult[], id: string): MetricResult => {
  const found = metrics.find((each) => each.id === id);
  if (found === undefined) throw new Error(`There is no ${id} among ${metrics.map((each) => each.id).join(', ')}.`);
  return found;
};

describe('two sets on the embedded network', () => {
  test('are measured under names that no paper has, the least misleading number first', async () => {
    const { result, told, parts } = await evaluated({ metrics: ['fid', 'precision', 'kid'] });
    expect(result.metrics.map(({ id }) => id)).toEqual(['kid', 'precision', 'fd_embedded']);
    expect(result.generated).toMatchObject({ label: 'generated', count: 10, skipped: [] });
    expect(result.features).toMatchObject({ label: 'Embedded CLIP', comparable: false });
    expect(result.warnings[0]).toMatch(
      /^Do not quote the FD of this run\. With 10 pictures it reads about \d+ too high; it needs 2,048 or more\. Compare by KID\.$/,
    );
    expect(result.notices[0]).toMatch(/not comparable with published numbers\.$/);
    expect(result.verdict).toMatch(/^10 pictures are too few to say much: KID on the embedded network is /);
    expect(result.map?.generated).toHaveLength(10);
    expect([result.nearest.length, result.farthest.length]).toEqual([5, 5]);
    expect(told.at(-1)).toMatchObject({ phase: 'measures' });
    expect(new Set(told.map(({ phase }) => phase))).toEqual(new Set(['listing', 'features', 'measures']));
    expect(await readdir(parts.home.evaluations)).toEqual([]);
  });

  test('cost only what is missing: nothing the second time, one picture when one was added', async () => {
    const first = await evaluated({ metrics: ['kid'] });
    expect(first.result.computed).toBe(20);
    const again = await evaluated({ metrics: ['kid'] }, { parts: first.parts });
    expect(again.result.computed).toBe(0);
    expect(again.result.metrics).toEqual(first.result.metrics);
    const more = await folderOf('generated', (name) => name);
    await cp(join(pictures, 'formats', 'rgb.bmp'), join(more, 'zz.bmp'));
    const added = await evaluated({ generated: folder(more), metrics: ['kid'] }, { parts: first.parts });
    expect([added.result.computed, added.result.generated.count]).toEqual([1, 11]);
  });

  test('have a time left that counts what is missing of both, and nothing before that is known', async () => {
    const memory = { recall: () => ({ clip: 10, sets: 0 }) as never, keep: () => undefined };
    const parts = evaluationParts({ memory: memory as unknown as Memory });
    const some = await folderOf('reference', (name, index) => (index < 4 ? name : null));
    await evaluated({ reference: folder(some), metrics: ['kid'] }, { parts });
    const { told } = await evaluated({ metrics: ['kid'] }, { parts });
    const listing = told.filter(({ phase }) => phase === 'listing');
    expect(listing.length).toBeGreaterThan(0);
    expect(listing.every(({ secondsLeft }) => secondsLeft === null)).toBe(true);
    // All ten generated pictures and four of the reference are known: six are left.
    expect(told.find(({ phase }) => phase === 'features')?.secondsLeft).toBeCloseTo(60);
  });

  test('that are the same are told to be so, and copies inside one too', async () => {
    const own = await folderOf('generated', (name) => name);
    const { result } = await evaluated({ reference: folder(own) });
    expect(Math.abs(metric(result.metrics, 'fd_embedded').value ?? 1)).toBeLessThan(1e-6);
    expect(result.warnings).toContain(
      '“generated” and “set” hold the same pictures: every distance is that of a set to itself.',
    );
    expect(result.verdict).toMatch(/^Both sets hold the same pictures: “generated” is measured against itself/);
    await cp(join(own, '01-rgb.png'), join(own, 'copy.png'));
    const copied = await evaluated({ generated: folder(own) });
    expect(copied.result.generated.duplicates).toBe(1);
    expect(copied.result.warnings.join('\n')).toMatch(/1 of 11 pictures in “set” are copies of others/);
  });

  test('may be set against statistics, which give the same distance', async () => {
    const parts = evaluationParts();
    const out = join(temporaryFolder(), 'reference.npz');
    const wish = {
      folder: join(pictures, 'reference'),
      out,
      overwrite: false,
      mode: 'pytorch-fid',
      inception: null,
    } as const;
    const options = { signal: new AbortController().signal, onProgress: () => undefined };
    const written = await writeStatistics(parts, wish, options);
    expect(written).toMatchObject({ n: 10, dimensions: 192, features: { comparable: false } });
    await expect(writeStatistics(parts, wish, options)).rejects.toMatchObject({ kind: 'bad-input', file: out });

    const { result } = await evaluated({ reference: { kind: 'statistics', path: out } }, { parts });
    const direct = await evaluated({}, { parts });
    const [fd, same] = [metric(result.metrics, 'fd_embedded'), metric(direct.result.metrics, 'fd_embedded')];
    expect(fd.value).toBeCloseTo(same.value ?? 0, 3);
    expect(metric(result.metrics, 'kid')).toMatchObject({ value: null, reason: expect.stringContaining('') as string });
    expect(result.reference).toMatchObject({ label: 'reference.npz', count: 10 });
    expect(result.map).toBeNull();
  });

  test('are refused in one sentence against statistics of another network', async () => {
    const path = join(temporaryFolder(), 'other.npz');
    await writeNpz(path, {
      mu: new Float64Array(4),
      sigma: Float64Array.from({ length: 16 }, (_, i) => Number(i % 5 === 0)),
      ...{ n: null, meta: null },
    });
    const evaluating = evaluated({ reference: { kind: 'statistics', path }, metrics: ['fid'] });
    await expect(evaluating).rejects.toMatchObject({ kind: 'bad-input', file: path });
  });
});

test('on an Inception of one’s own numbers have the papers’ names, and a wrong checksum is told', async () => {
  const inception = join(temporaryFolder(), 'pt_inception-2015-12-05-6726825d.pth');
  await writeInceptionFile(inception, 'torch-legacy');
  const { result } = await evaluated({ inception, metrics: ['fid', 'kid'], mode: 'clean-fid' });
  expect(result.metrics.map(({ id, comparable }) => [id, comparable])).toEqual([
    ['kid', true],
    ['fid', true],
  ]);
  expect(result.features).toMatchObject({ dimensions: 2048, comparable: true, checked: 'does not match' });
  expect(metric(result.metrics, 'fid').value).toBeGreaterThan(0);
  expect(metric(result.metrics, 'fid').protocol).toMatch(/clean-fid: PIL-bicubic-299, \(x-128\)\/128, N=10\/10/);
  expect(result.warnings.join(' ')).toMatch(/is not the file that its name promises/);
  expect(result.warnings.join(' ')).toMatch(/pictures of “generated” are not square: the network sees them squashed/);
  expect(result.notices.join(' ')).not.toMatch(/not comparable/);
}, 120_000);

test('on an Inception whose name has no hash a notice says that it is not verified', async () => {
  const inception = join(temporaryFolder(), 'inception.pth');
  await writeInceptionFile(inception, 'torch-legacy');
  const { result } = await evaluated({ inception, metrics: ['kid'] });
  expect(result.notices.join(' ')).toMatch(
    /inception\S* is not verified: its name has no published hash of this file; the numbers are pytorch-fid’s only if/,
  );
  expect((await evaluated({ metrics: ['kid'] })).result.notices.join(' ')).not.toMatch(/not verified/);
}, 120_000);

describe('a folder', () => {
  test('that vanishes while it is measured is told first, with counts', async () => {
    const vanishing = await folderOf('generated', (name) => name);
    const parts = evaluationParts();
    const some = await folderOf('generated', (name, index) => (index < 4 ? name : null));
    await evaluated({ generated: folder(some), metrics: ['kid'] }, { parts });
    const onProgress = ({ what }: { what: string }) =>
      what === 'Sizes and formats' && rmSync(vanishing, { recursive: true, force: true });
    const { result } = await evaluated({ generated: folder(vanishing), metrics: ['kid'] }, { parts, onProgress });
    expect(result.warnings[0]).toBe(
      '6 of the 10 pictures in “set” vanished or could not be read: the numbers are of the other 4.',
    );
  });

  test('with odd files is measured by what can be read, and the rest is listed with reasons', async () => {
    const { result } = await evaluated({ generated: folder(join(pictures, 'odd')), metrics: ['kid'] });
    const { count, skipped } = result.generated;
    expect(count).toBeGreaterThan(0);
    expect(skipped.length).toBeGreaterThan(3);
    for (const { file, reason } of skipped) {
      expect(file).not.toContain('/');
      expect(reason).toMatch(/\w/);
    }
    expect(metric(result.metrics, 'kid').n[0]).toBe(count);
  });

  test('is searched below only in mode clean-fid; the others say what they left out', async () => {
    const deep = join(temporaryFolder(), 'deep');
    await mkdir(join(deep, 'below'), { recursive: true });
    for (const name of ['01-rgb.png', '03-420.jpg']) {
      await cp(join(pictures, 'generated', name), join(deep, name));
      await cp(join(pictures, 'generated', name), join(deep, 'below', name));
    }
    const flat = await evaluated({ generated: folder(deep), metrics: ['kid'] });
    expect(flat.result.generated.count).toBe(2);
    expect(flat.result.notices.join(' ')).toMatch(/2 pictures in folders below it that are not measured/);
    const clean = await evaluated({ generated: folder(deep), metrics: ['kid'], mode: 'clean-fid' });
    expect(clean.result.generated.count).toBe(4);
  });

  test('of one picture gives numbers or reasons, never NaN', async () => {
    const one = await folderOf('generated', (name, index) => (index === 0 ? name : null));
    const { result } = await evaluated({ generated: folder(one), metrics: ['kid', 'fid', 'precision', 'recall'] });
    for (const { value, reason, low, high } of result.metrics) {
      if (value === null) expect(reason).toMatch(/\w/);
      for (const number of [value, low, high]) expect(number === null || Number.isFinite(number)).toBe(true);
    }
    expect(result.verdict).not.toMatch(/NaN|undefined|null/);
  });

  test.each<[string, () => Promise<Partial<EvaluationSettings>>, RegExp]>([
    ['without pictures', async () => ({ generated: folder(temporaryFolder()) }), /^There are no pictures in /],
    ['that is not there', async () => ({ generated: folder('/nowhere/at/all') }), /nowhere/],
    ['whose files are no pictures', async () => ({ generated: folder(await brokenFolder()) }), /can be read/],
    ['with no reference to compare with', async () => ({ reference: null }), /^KID compares with reference pictures/],
    [
      'by a metric that is none',
      async () => ({ metrics: ['sharpness'] }),
      /^There is no metric sharpness: choose from /,
    ],
    ['against a run that is gone', async () => ({ against: 'gone' }), /^The run to compare with is not there any more/],
    [
      'for captions that it has none of',
      async () => ({ metrics: ['clip'] }),
      /^No picture in “generated” carries its prompt/,
    ],
  ])('%s is refused in one sentence', async (_, change, sentence) => {
    const refused = await evaluated(await change()).then(
      () => new Error('It was measured.'),
      (error: unknown) => error as Error,
    );
    expect(refused.message).toMatch(sentence);
    expect(refused.message.trim()).toMatch(/[.]$/);
  });
});

async function brokenFolder(): Promise<string> {
  const broken = temporaryFolder();
  await writeFile(join(broken, 'a.png'), 'not a picture');
  await writeFile(join(broken, 'b.jpg'), '');
  return broken;
}

describe('captions', () => {
  const lines = (prompts: readonly string[]) => textFile(`${prompts.join('\n')}\n`);
  const ten = [
    'a red boat',
    'a blue sky',
    'a cat',
    'a dog',
    'a house',
    'a tree',
    'a star',
    'a moon',
    'a fish',
    'a bird',
  ];

  test('of a text file are scored, the best and the worst first', async () => {
    const { result } = await evaluated({ prompts: await lines(ten), metrics: ['clip', 'clip_paper'], reference: null });
    expect(result.metrics.map(({ id }) => id)).toEqual(['clip_embedded', 'clip_paper_embedded']);
    const [clip] = result.metrics;
    expect(result.scores).toHaveLength(10);
    const mean = result.scores.reduce((sum, score) => sum + score, 0) / 10;
    expect(clip?.value).toBeCloseTo(Math.max(0, mean), 6);
    expect(result.best[0]?.score).toBe(Math.max(...result.scores));
    expect(result.worst[0]?.score).toBe(Math.min(...result.scores));
    const best = result.scores.indexOf(Math.max(...result.scores));
    expect(result.best[0]).toMatchObject({ prompt: ten[best], picture: { set: 'generated', index: best } });
    expect(result.features).toBeNull();
  });

  test('may be missing for some pictures, which are counted', async () => {
    const prompts = await textFile(
      [
        JSON.stringify({ file: '03-420.jpg', prompt: 'a house <lora:ink:1>' }),
        JSON.stringify({ file: './01-rgb.png', prompt: 'a boat' }),
        JSON.stringify({ file: 'nobody.png', prompt: 'nothing' }),
      ].join('\n'),
      'prompts.jsonl',
    );
    const { result } = await evaluated({ prompts, metrics: ['clip'], reference: null });
    expect(result.scores).toHaveLength(2);
    expect(
      result.best
        .concat(result.worst)
        .map(({ prompt }) => prompt)
        .sort(),
    ).toEqual(['a boat', 'a house']);
    expect(result.warnings.join(' ')).toMatch(/8 of 10 pictures in “generated” have no caption/);
    expect(result.notices.join(' ')).toMatch(/1 line for files that are not among the pictures \(nobody\.png\)/);
  });

  test('that are missing leave the other metrics alone', async () => {
    const { result } = await evaluated({ metrics: ['kid', 'clip'] });
    expect(metric(result.metrics, 'clip_embedded')).toMatchObject({ value: null });
    expect(metric(result.metrics, 'kid').value).not.toBeNull();
  });

  test('longer than the network reads are told', async () => {
    const prompts = await lines([...ten.slice(0, 9), 'a very long caption '.repeat(80)]);
    const { result } = await evaluated({ prompts, metrics: ['clip'], reference: null });
    expect(result.warnings.join(' ')).toMatch(/1 caption is longer than the network reads/);
  });
});

describe('another run', () => {
  const against = (path: string, prompts: string | null = null) =>
    evaluationParts({
      otherRun: async () => ({ name: 'run-11', settings: { ...evaluationSettings, generated: folder(path), prompts } }),
    });

  test('of as many pictures gives differences with their intervals', async () => {
    const other = await folderOf('formats', (name, index) => (index < 10 ? name : null));
    const { result } = await evaluated({ against: 'run-11', metrics: ['kid', 'fid'] }, { parts: against(other) });
    const kid = metric(result.metrics, 'kid');
    expect(kid.against?.difference?.low).toBeLessThanOrEqual(kid.against?.difference?.value ?? -Infinity);
    const direct = await evaluated({ generated: folder(other), metrics: ['kid'] });
    expect(kid.against?.value).toBeCloseTo(metric(direct.result.metrics, 'kid').value ?? 0, 6);
    expect(result.verdict).toMatch(/“generated” and “run-11” cannot be told apart|is closer to the reference than/);
  });

  test('of more or fewer pictures is not ranked', async () => {
    const other = await folderOf('formats', (name, index) => (index < 7 ? name : null));
    const { result } = await evaluated({ against: 'run-11', metrics: ['kid'] }, { parts: against(other) });
    expect(metric(result.metrics, 'kid').against).toBeNull();
    expect(result.verdict).toMatch(/^“generated” and “run-11” are not ranked: they hold 10 and 7 pictures/);
    expect(result.warnings.join(' ')).toMatch(/“generated” holds 10 pictures and “run-11” 7/);
  });

  test('with the same captions is compared by them', async () => {
    const prompts = await textFile(Array.from({ length: 10 }, (_, i) => `caption ${i}`).join('\n'));
    const other = await folderOf('formats', (name, index) => (index < 10 ? name : null));
    const { result } = await evaluated(
      { against: 'run-11', metrics: ['clip'], prompts, reference: null },
      { parts: against(other, prompts) },
    );
    const mean = (scores: readonly number[]) => scores.reduce((sum, score) => sum + score, 0) / scores.length;
    const clip = metric(result.metrics, 'clip_embedded');
    expect(result.againstScores).toHaveLength(10);
    expect(clip.against?.difference?.value).toBeCloseTo(mean(result.scores) - mean(result.againstScores), 4);
  });
});

describe('stopping', () => {
  test('keeps the vectors that were computed', async () => {
    const stop = new AbortController();
    const parts = evaluationParts();
    const stopped = evaluated(
      { metrics: ['kid'] },
      {
        ...{ parts, signal: stop.signal },
        onProgress: ({ phase, what }) => phase === 'features' && what.includes('reference') && stop.abort(),
      },
    );
    await expect(stopped).rejects.toMatchObject({ kind: 'cancelled' });
    const { result } = await evaluated({ metrics: ['kid'] }, { parts });
    expect(result.computed).toBeLessThanOrEqual(10);
  });
});
