import type {
  EvaluatedSet,
  EvaluationResult,
  EvaluationSettings,
  MetricResult,
  UsedNetwork,
} from '../../contracts/evaluation.js';
import { showMeasure, showNumber } from '../../contracts/measured-digits.js';
import type { Worker } from '../../contracts/worker.js';
import type { EvaluationFiles } from '../shown-files.js';
import { shownDifference, shownValue } from '../shown-value.js';
import { pictureCount } from '../sources.js';
import { histogramChart, intervalChart, mapChart } from './charts.js';
import { embedPictures, type EmbeddedPictures } from './embedded-pictures.js';
import { foreign, Html, html } from './html.js';
import { reportStyle } from './report-style.js';

export interface ReportParts {
  readonly result: EvaluationResult;
  readonly settings: EvaluationSettings;
  readonly files: EvaluationFiles;
  readonly worker: Pick<Worker, 'makeThumbnail'>;
  /** The run's name; the generated set's without one. */
  readonly name?: string;
  /** Name of the other run. */
  readonly against?: string | null;
  /** Milliseconds since 1970; now without it. */
  readonly madeAt?: number;
}

/**
 * The report: one page with everything in it, no script and no address outside, that states every setting which changes
 * the number. Texts from strangers (names, prompts) are escaped.
 */
export async function htmlReport(parts: ReportParts): Promise<string> {
  const { result, settings, files, worker, madeAt = Date.now() } = parts;
  const picture = await embedPictures(result, files, worker);
  const name = parts.name ?? result.generated.label;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="content-security-policy"
          content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"
        />
        <title>${name}: evaluation by Inkstone Studio</title>
        <style>
          ${unescaped(reportStyle)}
        </style>
      </head>
      <body>
        <h1>${foreign(result.verdict)}</h1>
        <p class="soft">
          ${foreign(name)}, measured by Inkstone Studio ${result.versions.inkstone} on ${dateOf(madeAt)}
        </p>
        ${sentences(result.warnings)}
        ${result.metrics.some(({ comparable }) => !comparable) ? html`<p class="soft">Numbers of the embedded network stand for themselves: they are not comparable with published numbers.</p>` : null}
        ${metricsTable(result, name, parts.against ?? null)}
        <h2>To paste into a paper</h2>
        <pre>${result.metrics.map(protocolWithValue).join('\n')}</pre>
        ${plots(result)} ${neighbourPictures(result, picture)} ${captionPictures(result, picture)}
        ${setting(result, settings)} ${skippedFiles(result)}
      </body>
    </html>`;
  return page.markup;
}

/** Our own style sheet: in it nothing is escaped. */
const unescaped = (css: string): Html => new Html(css);

const dateOf = (time: number): string => new Date(time).toISOString().slice(0, 16).replace('T', ' ') + ' UTC';

const sentences = (warnings: readonly string[]): Html | null =>
  warnings.length === 0
    ? null
    : html`<ul class="warnings">
        ${warnings.map((warning) => html`<li>${foreign(warning)}</li>`)}
      </ul>`;

function metricsTable({ metrics }: EvaluationResult, name: string, against: string | null): Html {
  const compares = metrics.some((metric) => metric.against !== null);
  const rows = metrics.map((metric) => {
    const { value, interval } = shownValue(metric);
    const { label, hint, better, reason, interval: how, n, floor, belowFloor, comparable } = metric;
    const about = [hint, `${better} is better`, comparable ? '' : 'embedded network'];
    const difference = shownDifference(metric);
    const isClear = metric.against?.difference?.clear === true;
    return html`<tr class="${belowFloor ? 'below' : ''}">
      <td>${label} <small>${about.filter((each) => each !== '').join(', ')}</small></td>
      <td class="number value">${value ?? 'none'}</td>
      <td>${intervalChart(metric)}</td>
      <td>
        ${interval ?? (value === null ? (reason ?? '') : 'no interval')}
        <small>${interval === null ? '' : (how ?? '')}</small>
      </td>
      ${
        compares
          ? html`<td class="${isClear ? 'clear' : ''}">
              ${difference === null ? '' : `${difference}, ${isClear ? 'clear' : 'could be chance'}`}
            </td>`
          : null
      }
      <td class="number">
        ${n
          .map((each) => each?.toLocaleString('en') ?? '?')
          .slice(0, metric.n[1] === null && metric.metric.startsWith('clip') ? 1 : 2)
          .join(' / ')}
      </td>
      <td class="number">${floor.toLocaleString('en')}${belowFloor ? ' ⚠' : ''}</td>
    </tr>`;
  });
  return html`<table>
      <thead>
        <tr>
          <th>Metric</th>
          <th class="number">${foreign(name)}</th>
          <th colspan="2">95 % interval</th>
          ${compares ? html`<th>Change from ${foreign(against ?? 'the other run')}</th>` : null}
          <th class="number">N</th>
          <th class="number">Floor</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
    ${otherForms(metrics)}`;
}

/** Biases and other forms of the numbers: what a reader needs to set them beside those of another tool. */
function otherForms(metrics: readonly MetricResult[]): Html | null {
  const lines = metrics.flatMap(({ label, bias, details, shownTimes }) => {
    const digits = (value: number) => showMeasure({ value, low: null, high: null }, shownTimes).value;
    const { corrected, correctedLow, correctedHigh, subsetsMean, subsetsDeviation, ...others } = details;
    const forms = [
      ...(bias === null
        ? []
        : [
            `reads about ${(bias * shownTimes).toPrecision(2)} too high at this size (a formula’s estimate from the eigenvalues)`,
          ]),
      ...(corrected === undefined ? [] : [correctedInWords(corrected, correctedLow, correctedHigh)]),
      ...(subsetsMean === undefined
        ? []
        : [`over torch-fidelity’s subsets ${digits(subsetsMean)}, their deviation ${digits(subsetsDeviation ?? 0)}`]),
      ...Object.entries(others).map(([form, value]) => `${form} ${digits(value)}`),
    ];
    return forms.length === 0 ? [] : [`${label}: ${forms.join(', ')}.`];
  });
  return lines.length === 0 ? null : html`<p class="soft">${lines.join(' ')}</p>`;
}

function correctedInWords(value: number, low: number | undefined, high: number | undefined): string {
  const shown = showMeasure({ value, low: low ?? null, high: high ?? null });
  return `${shown.value}${shown.low === null ? '' : ` [${shown.low}, ${shown.high}]`} with the bias taken off as half samples show it`;
}

/** Full digits: the interval beside them says how many count. */
function protocolWithValue({ protocol, value, low, high, reason }: MetricResult): string {
  const number = (each: number) => each.toPrecision(6);
  if (value === null) return `${protocol} none: ${reason ?? ''}`;
  return `${protocol} = ${number(value)}${low === null || high === null ? '' : ` (95 % ${number(low)} to ${number(high)})`}`;
}

function plots({ map, scores, againstScores }: EvaluationResult): Html {
  return html`${
    map === null
      ? null
      : html`<h2>Map of both sets</h2>
          ${mapChart(map)}`
  }${
    scores.length === 0
      ? null
      : html`<h2>CLIP scores</h2>
          ${histogramChart(scores, againstScores)}`
  }`;
}

function neighbourPictures({ nearest, farthest }: EvaluationResult, picture: EmbeddedPictures): Html | null {
  if (nearest.length === 0) return null;
  const pairs = (list: EvaluationResult['nearest']) =>
    html`<div class="pictures">
      ${list.map(
        (pair) =>
          html`<figure>
            <div class="pair">${image(pair.picture, picture)}${image(pair.reference, picture)}</div>
            <figcaption>
              ${showNumber(pair.distance, 2)} · ${foreign(pair.picture.name)} and ${foreign(pair.reference.name)}
            </figcaption>
          </figure>`,
      )}
    </div>`;
  return html`<h2>Nearest to the reference</h2>
    <p class="soft">Each generated picture with the reference picture that is nearest to it, and how far that is.</p>
    ${pairs(nearest)}
    <h2>Farthest from the reference</h2>
    <p class="soft">Subjects that the reference lacks are far from it too: far is not the same as failed.</p>
    ${pairs(farthest)}`;
}

function captionPictures({ best, worst }: EvaluationResult, picture: EmbeddedPictures): Html | null {
  if (best.length === 0) return null;
  const list = (scored: EvaluationResult['best']) =>
    html`<div class="pictures">
      ${scored.map(
        (each) =>
          html`<figure>
            ${image(each.picture, picture)}
            <figcaption><strong>${showNumber(each.score, 1)}</strong> ${foreign(each.prompt)}</figcaption>
          </figure>`,
      )}
    </div>`;
  return html`<h2>Best captions</h2>
    ${list(best)}
    ${
      worst.length === 0
        ? null
        : html`<h2>Worst captions</h2>
            ${list(worst)}`
    }`;
}

function image(shown: EvaluationResult['best'][number]['picture'], picture: EmbeddedPictures): Html {
  const url = picture(shown);
  return url === null ? html`<span class="soft">gone</span>` : html`<img src="${url}" alt="${shown.name}" />`;
}

function setting(result: EvaluationResult, settings: EvaluationSettings): Html {
  const { generated, reference, features, captions, versions, device, seconds, computed } = result;
  const facts: [string, string | null][] = [
    ['Generated', setInWords(generated)],
    ['Reference', reference && setInWords(reference)],
    ['Computed as', settings.mode],
    ['Features', features && networkInWords(features)],
    ['Captions by', captions && networkInWords(captions)],
    ['Captions from', captions && (settings.prompts === null ? 'each picture’s own prompt' : 'a prompts file')],
    ['Seed', String(settings.seed)],
    ['Decoder', 'as Pillow’s convert("RGB"): transparency dropped, EXIF orientation and colour profiles not followed'],
    ['Device', device],
    ['Versions', `Inkstone Studio ${versions.inkstone}, ONNX Runtime ${versions.onnxruntime}`],
    ['Time', `${showNumber(seconds.total, 1)} s, ${pictureCount(computed)} computed, the others known before`],
  ];
  return html`<h2>How it was measured</h2>
    <dl>
      ${facts.map(([term, value]) =>
        value === null
          ? null
          : html`<dt>${term}</dt>
              <dd>${foreign(value)}</dd>`,
      )}
    </dl>
    ${
      result.notices.length === 0
        ? null
        : html`<p></p>
            <ul>
              ${result.notices.map((notice) => html`<li>${foreign(notice)}</li>`)}
            </ul>`
    }`;
}

function setInWords({ label, count, skipped, duplicates, notes }: EvaluatedSet): string {
  const parts = [
    count === 0 ? 'statistics, of how many pictures they do not say' : pictureCount(count),
    ...(skipped.length === 0 ? [] : [`${skipped.length.toLocaleString('en')} skipped`]),
    ...(duplicates === 0 ? [] : [`${duplicates.toLocaleString('en')} copies of others`]),
    ...notes.map(({ note, count: of }) => `${note}: ${of.toLocaleString('en')}`),
  ];
  return `${label}: ${parts.join(', ')}`;
}

const networkInWords = ({ label, sha256, dimensions, comparable, checked }: UsedNetwork): string =>
  `${label}, ${dimensions} dimensions, sha256 ${sha256} (${comparable ? checked : 'ships with the studio; not comparable with published numbers'})`;

const mostListed = 200;

function skippedFiles({ generated, reference }: EvaluationResult): Html | null {
  const all = [generated, ...(reference === null ? [] : [reference])].flatMap(({ label, skipped }) =>
    skipped.map((each) => ({ label, ...each })),
  );
  if (all.length === 0) return null;
  return html`<h2>Skipped files</h2>
    <table>
      <tbody>
        ${all.slice(0, mostListed).map(
          ({ label, file, reason }) =>
            html`<tr>
              <td>${foreign(label)}</td>
              <td>${foreign(file)}</td>
              <td>${foreign(reason)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
    ${all.length > mostListed ? html`<p class="soft">and ${(all.length - mostListed).toLocaleString('en')} more; the JSON lists them all.</p>` : null}`;
}
