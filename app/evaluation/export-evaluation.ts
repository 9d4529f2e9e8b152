import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Desktop } from '../contracts/desktop.js';
import type { EvaluationResult, EvaluationRun } from '../contracts/evaluation.js';
import { StudioError } from '../contracts/studio-error.js';
import type { Worker } from '../contracts/worker.js';
import type { Home } from '../storage/home.js';
import type { Evaluations } from './evaluations.js';
import { csvReport } from './report/csv-report.js';
import { htmlReport } from './report/html-report.js';
import { jsonReport } from './report/json-report.js';

export interface ExportParts {
  readonly evaluations: Evaluations;
  readonly desktop: Desktop;
  readonly worker: Worker;
  readonly home: Home;
}

type Format = 'html' | 'json' | 'csv';

/** Write a run's report to a file that the person chooses; null when they close the dialog. */
export async function exportEvaluation(
  parts: ExportParts,
  { id, format }: { readonly id: string; readonly format: Format },
): Promise<{ path: string } | null> {
  const { evaluations, desktop } = parts;
  const { run, result } = evaluations.done(id);
  const ending = `.${format}`;
  const chosen = await desktop.chooseSave('Export the evaluation', fileName(run.name) + ending);
  if (chosen === null) return null;
  const text = await report(parts, run, result, format);
  // A name that was typed without an ending gets the right one, unless that would replace a file unasked.
  const path = /\.[^./\\]+$/.test(chosen) || (await exists(chosen + ending)) ? chosen : chosen + ending;
  await writeWhole(path, text);
  return { path };
}

/** The HTML report in the person's own browser; it lies in the studio's home. */
export async function openReport(parts: ExportParts, id: string): Promise<void> {
  const { run, result } = parts.evaluations.done(id);
  const path = join(parts.home.evaluations, id, 'report.html');
  await writeWhole(path, await report(parts, run, result, 'html'));
  await parts.desktop.openFile(path);
}

async function report(
  { evaluations, worker }: ExportParts,
  run: EvaluationRun,
  result: EvaluationResult,
  format: Format,
): Promise<string> {
  switch (format) {
    case 'json':
      return jsonReport(run, result);
    case 'csv':
      return csvReport(result);
    case 'html': {
      const other = run.settings.against === null ? null : evaluations.nameOf(run.settings.against);
      return htmlReport({
        ...{ result, settings: run.settings, files: evaluations.files(run.id), worker },
        ...{ name: run.name, against: other, madeAt: run.finishedAt ?? run.createdAt },
      });
    }
  }
}

/** Beside it and renamed: a file that was there stays whole until the new one is. */
async function writeWhole(path: string, text: string): Promise<void> {
  const half = `${path}.part-${randomUUID()}`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(half, text, { flag: 'wx' });
    await rename(half, path);
  } catch (cause) {
    await rm(half, { force: true });
    throw new StudioError('storage', `${path} could not be written; check that its folder is yours and has room.`, {
      file: path,
      cause,
    });
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** What every file system takes. */
function fileName(title: string): string {
  const safe = title
    .replace(/[\p{Cc}<>:"/\\|?*…]/gu, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[. ]+|[. ]+$/g, '');
  return safe.slice(0, 100).trim() || 'evaluation';
}
