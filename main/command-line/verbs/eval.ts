import { basename, resolve } from 'node:path';
import { deviceWish } from '../../../app/contracts/capabilities.js';
import type { EvaluationSettings } from '../../../app/contracts/evaluation.js';
import { pictureMode } from '../../../app/contracts/features.js';
import type { MetricFacts } from '../../../app/contracts/measures.js';
import { StudioError } from '../../../app/contracts/studio-error.js';
import { evaluate } from '../../../app/evaluation/evaluate.js';
import { htmlReport } from '../../../app/evaluation/report/html-report.js';
import { exists, writeWhole } from '../../../app/storage/save-as.js';
import { carriesPrompts, evaluationParts, folderOf, referenceOf, seedFlag } from '../evaluation-parts.js';
import { evaluationJson, evaluationText } from '../evaluation-report.js';
import type { GivenFlags } from '../flags.js';
import { UsageError } from '../usage-error.js';
import type { Verb } from '../verb.js';
import { secondsInWords } from '../words.js';

export const evalVerb: Verb = {
  name: 'eval',
  usage: '--generated DIR [--reference DIR|STATS.npz] [--prompts FILE]',
  summary: 'score pictures: FID, KID, precision and recall against a reference, CLIP score against their prompts',
  flags: {
    generated: { value: 'DIR', help: 'the folder of pictures to score' },
    reference: { value: 'PATH', help: 'a folder of pictures, or statistics (.npz) as pytorch-fid writes them' },
    against: { value: 'DIR', help: 'another folder: the difference to it is told with its interval' },
    prompts: { value: 'FILE', help: 'JSON lines {"file","prompt"}, or text, line i for the i-th picture' },
    metrics: { value: 'LIST', help: 'names with commas between; an unknown name lists them all' },
    mode: { value: 'NAME', help: `whose resizing: ${pictureMode.options.join(', ')}; pytorch-fid without it` },
    inception: { value: 'FILE', help: 'FID Inception weights; without them the embedded CLIP serves' },
    clip: { value: 'M', help: 'a CLIP for the captions: a path, library id or name; else the embedded one' },
    ...seedFlag,
    'no-intervals': { help: 'leave out the intervals that take long' },
    report: { value: 'FILE', help: 'also write the report, one HTML page' },
    force: { help: 'replace a report that is there' },
  },
  positionals: [],
  async run(given, session) {
    const form = 'inkstone eval --generated pictures --reference photos --metrics fid,kid';
    const generated = folderOf(given.required('generated', form));
    const reference = given.text('reference') === undefined ? null : referenceOf(given.text('reference')!);
    const prompts = given.text('prompts');
    const mode = given.choice('mode', pictureMode.options) ?? 'pytorch-fid';
    const seed = given.integer('seed', { least: 0, most: Number.MAX_SAFE_INTEGER }) ?? 0;
    const device = given.choice('device', deviceWish.options) ?? 'auto';
    const against = given.text('against');
    const report = given.text('report');
    if (report !== undefined && !given.has('force') && (await exists(resolve(report)))) {
      const sentence = `${resolve(report)} is there already: choose another name, or replace it with --force.`;
      throw new StudioError('bad-input', sentence, { file: resolve(report) });
    }
    const { metrics: known } = await session.engine.capabilities();
    const parts = await evaluationParts(session, device);
    // Asked only where nothing else tells which metrics there can be.
    const carried = given.text('metrics') === undefined && prompts === undefined;
    const captioned = prompts !== undefined || (carried && (await carriesPrompts(parts, generated)));
    const settings: EvaluationSettings = {
      ...{ generated, reference, mode, seed },
      prompts: prompts === undefined ? null : resolve(prompts),
      inception: given.text('inception') ?? null,
      clip: given.text('clip') ?? null,
      metrics: metricsOf(given, known, { reference: reference !== null, captions: captioned || reference === null }),
      against: against ?? null,
    };
    const other =
      against === undefined
        ? null
        : { name: basename(against), settings: { ...settings, generated: folderOf(against) } };
    const { result, files } = await evaluate({ ...parts, otherRun: () => Promise.resolve(other) }, settings, {
      intervals: !given.has('no-intervals'),
      signal: session.signal,
      onProgress: ({ what, done, of, secondsLeft }) => {
        const left = secondsLeft === null ? '' : ` · ${secondsInWords(secondsLeft)} left`;
        const far = of > 1 ? ` · ${done} of ${of}` : ` · ${Math.round((100 * done) / Math.max(of, 1))} %`;
        session.progress.show(`${what}${far}${left}`);
      },
    });
    if (report !== undefined) {
      const html = await htmlReport({ result, settings, files, worker: session.worker });
      await writeWhole(resolve(report), html);
      session.progress.say(`The report is in ${resolve(report)}.`);
    }
    return { json: evaluationJson(result), text: evaluationText(result) };
  },
};

/** Those asked for; else what can be had from what was given. */
function metricsOf(
  given: GivenFlags,
  known: readonly MetricFacts[],
  has: { reference: boolean; captions: boolean },
): string[] {
  const ids = known.map(({ id }) => id);
  const asked = given.text('metrics');
  if (asked === undefined) {
    return known
      .filter(({ needs, byDefault }) => byDefault && (needs === 'sets' ? has.reference : has.captions))
      .map(({ id }) => id);
  }
  const names = [...new Set(asked.split(',').map((name) => name.trim()))].filter((name) => name !== '');
  const unknown = names.find((name) => !ids.includes(name));
  if (unknown !== undefined || names.length === 0) {
    throw new UsageError(`--metrics has no “${unknown ?? asked}”; there is ${ids.join(', ')}.`);
  }
  const needing = known.find(({ id, needs }) => names.includes(id) && needs === 'sets');
  if (needing !== undefined && !has.reference) {
    throw new UsageError(`${needing.label} needs pictures to compare with: add --reference DIR, or a STATS.npz.`);
  }
  return names;
}
