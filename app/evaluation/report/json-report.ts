import { basename } from 'node:path';
import type { EvaluationResult, EvaluationRun, ReferenceSource } from '../../contracts/evaluation.js';

/** Everything that was measured and how, for programs. Folders are named, not where they lie: a report is given away. */
export function jsonReport(run: EvaluationRun, result: EvaluationResult): string {
  const { metrics, ...rest } = result;
  const { generated, reference, prompts, inception, clip, ...settings } = run.settings;
  const report = {
    tool: `Inkstone Studio ${result.versions.inkstone}`,
    name: run.name,
    createdAt: new Date(run.createdAt).toISOString(),
    finishedAt: run.finishedAt === null ? null : new Date(run.finishedAt).toISOString(),
    settings: {
      ...settings,
      generated: sourceName(generated),
      reference: reference && sourceName(reference),
      prompts: prompts && basename(prompts),
      inception: inception && basename(inception),
      clip: clip && basename(clip),
    },
    metrics: Object.fromEntries(metrics.map(({ id, ...metric }) => [id, { ...metric, mode: result.mode }])),
    ...rest,
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

const sourceName = (source: ReferenceSource): string =>
  source.kind === 'gallery' ? `${source.ids.length} pictures of the gallery` : basename(source.path);
