import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Desktop } from '../contracts/desktop.js';
import type { EvaluationResult, EvaluationRun } from '../contracts/evaluation.js';
import type { Worker } from '../contracts/worker.js';
import type { Home } from '../storage/home.js';
import { chooseFile, writeWhole } from '../storage/save-as.js';
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
  const path = await chooseFile(desktop, {
    ...{ title: 'Export the evaluation', name: run.name, otherwise: 'evaluation', ending },
  });
  if (path === null) return null;
  const text = await report(parts, run, result, format);
  await writeWhole(path, text);
  return { path };
}

/** The HTML report in the person's own browser; it lies in the studio's home. */
export async function openReport(parts: ExportParts, id: string): Promise<void> {
  const { run, result } = parts.evaluations.done(id);
  const folder = join(parts.home.evaluations, id);
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'report.html');
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
