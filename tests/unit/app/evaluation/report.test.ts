import { mkdir, cp, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { EvaluationRun } from '../../../../app/contracts/evaluation.js';
import { csvReport } from '../../../../app/evaluation/report/csv-report.js';
import { htmlReport } from '../../../../app/evaluation/report/html-report.js';
import { jsonReport } from '../../../../app/evaluation/report/json-report.js';
import { SourceLooks } from '../../../../app/evaluation/source-looks.js';
import { homeAt } from '../../../../app/storage/home.js';
import { temporaryFolder, workerInProcess } from '../test-parts.js';
import { evaluated, evaluationSettings, folder, pictures, textFile } from './evaluation-parts.js';

const hostile = `"><img src=x onerror=alert(1)>`;

/** A run whose folder, files and prompts want to be markup. */
async function hostileRun() {
  const path = join(temporaryFolder(), process.platform === 'win32' ? 'set' : `=1+1 ${hostile.replace('/', '')}`);
  await mkdir(path);
  for (const name of await readdir(join(pictures, 'generated'))) {
    await cp(join(pictures, 'generated', name), join(path, name));
  }
  const prompts = await textFile(Array.from({ length: 10 }, (_, i) => `${hostile}</figcaption>${i}\u202e`).join('\n'));
  const settings = { ...evaluationSettings, generated: folder(path), prompts, metrics: ['kid', 'fid', 'clip'] };
  return { settings, ...(await evaluated(settings)) };
}

describe('the report', () => {
  test('is one page with everything in it: no script, no address outside, nothing of a stranger as markup', async () => {
    const { result, files, settings } = await hostileRun();
    const page = await htmlReport({ result, settings, files, worker: workerInProcess() });
    expect(page.startsWith('<!doctype html>')).toBe(true);
    expect(page).not.toMatch(/<script|onerror=alert\(1\)>|<img src=x/i);
    expect(page).toContain('&lt;img src=x onerror=alert(1)&gt;');
    const addresses = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address?.slice(0, 23));
    expect(new Set(addresses)).toEqual(new Set(['data:image/webp;base64,']));
    expect(page).toContain(`default-src 'none'; img-src data:; style-src 'unsafe-inline'`);
    expect(page).not.toMatch(/undefined|NaN|\[object|>null</);
  });

  test('states every setting that changes the numbers', async () => {
    const { result, files, settings } = await hostileRun();
    const page = await htmlReport({ result, settings: { ...settings, seed: 4711 }, files, worker: workerInProcess() });
    for (const stated of [
      ...['pytorch-fid', '4711', result.features?.sha256 ?? '?', 'Pillow', '1.30.0', '0.1.0', '10 pictures'],
      ...result.metrics.map(({ protocol }) => protocol.split('[')[0] ?? '?'),
      ...['transparency dropped', 'Do not quote the FD', 'half samples', 'a prompts file'],
      // Two estimates of one thing that do not add up: each says whose it is.
      ...[
        'too high at this size (a formula’s estimate from the eigenvalues)',
        'bias taken off as half samples show it',
      ],
    ]) {
      expect(page).toContain(stated);
    }
  });

  test('as a table has a line for each metric, and no text that a table program runs', async () => {
    const { result } = await hostileRun();
    const lines = csvReport(result).trimEnd().split('\r\n');
    expect(lines).toHaveLength(1 + result.metrics.length);
    expect(lines[0]).toMatch(/^metric,label,value,low,high,interval,n_generated/);
    expect(lines[1]?.split(',')[2]).toBe(String(result.metrics[0]?.value));
    expect(lines.every((line) => !/(^|,)[=+@]/.test(line))).toBe(true);
  });

  test('as JSON names folders and not where they lie', async () => {
    const { result, settings } = await hostileRun();
    const run: EvaluationRun = {
      ...{ id: 'a', name: 'run', state: 'done', settings, createdAt: 0, finishedAt: 1, error: null, verdict: null },
    };
    const text = jsonReport(run, result);
    expect(JSON.parse(text)).toMatchObject({
      settings: { mode: 'pytorch-fid', seed: 0, prompts: 'prompts.txt', reference: 'reference' },
      metrics: { kid: { n: [10, 10], mode: 'pytorch-fid' }, fd_embedded: { comparable: false } },
    });
    expect(text).not.toContain(pictures);
  });
});

describe('a look at a source', () => {
  const open = () => {
    const home = homeAt(join(temporaryFolder(), 'home'));
    return new SourceLooks({ worker: workerInProcess(), home, galleryPicture: () => Promise.resolve(null) });
  };

  test('tells what there is and shows its first pictures', async () => {
    const looks = open();
    const look = await looks.look(folder(join(pictures, 'generated')));
    expect(look).toMatchObject({ label: 'generated', count: 10, shown: 4, carriesPrompts: false, skipped: [] });
    const small = await looks.file(look.token, 3);
    expect((await readFile(small ?? '')).subarray(8, 12).toString()).toBe('WEBP');
    expect(await looks.file(look.token, 4)).toBeNull();
    expect(await looks.file('../../etc', 0)).toBeNull();
  });

  test('tells what is missing in one sentence', async () => {
    await expect(open().look(folder('/nowhere/at/all'))).rejects.toMatchObject({ kind: 'missing-file' });
    const statistics = { kind: 'statistics', path: '/nowhere.npz' } as const;
    await expect(open().look(statistics)).rejects.toMatchObject({ kind: 'missing-file', file: '/nowhere.npz' });
    const broken = { kind: 'statistics', path: await textFile('no statistics', 'a.npz') } as const;
    await expect(open().look(broken)).rejects.toMatchObject({ kind: 'bad-file' });
  });
});
