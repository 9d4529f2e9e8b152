import { join } from 'node:path';
import type { EvaluationResult } from '../contracts/evaluation.js';
import type { FeatureMatrix } from '../contracts/features.js';
import type { Measured, MeasuredCaptions, MeasuredDifference } from '../contracts/measures.js';
import { StudioError } from '../contracts/studio-error.js';
import { captionedPictures, prefixesOf } from './captioned-pictures.js';
import type { EvaluationWork } from './evaluate.js';
import type { CaptionedSource, Gathered } from './gather.js';
import { setVectors, type SetVectors } from './set-vectors.js';
import { mostShown, shown } from './shown-pictures.js';
import { textVectors } from './text-vectors.js';

/** What the metrics on captions gave, and of what. */
export interface MeasuredCaptionSets {
  readonly generated: SetVectors | null;
  readonly metrics: Readonly<Record<string, Measured>>;
  /** The other run's values. */
  readonly against: Readonly<Record<string, Measured>>;
  readonly differences: Readonly<Record<string, MeasuredDifference>>;
  /** 100 x cosine of each captioned picture, and those of the other run. */
  readonly scores: readonly number[];
  readonly otherScores: readonly number[];
  readonly best: EvaluationResult['best'];
  readonly worst: EvaluationResult['worst'];
  /** Pictures with no caption. */
  readonly uncaptioned: number;
  /** Captions that were longer than the network reads. */
  readonly cut: number;
  readonly notices: readonly string[];
  readonly computed: number;
  readonly device: string | null;
}

/** Pictures and captions as matrices: row i of one belongs to row i of the other. */
interface Captioned {
  readonly set: SetVectors;
  readonly captions: readonly string[];
  readonly cut: number;
  readonly request: {
    readonly pictures: FeatureMatrix;
    readonly texts: FeatureMatrix;
    readonly prefixed: FeatureMatrix | null;
    readonly captions: number[];
  };
}

/** Null where no metric on captions is asked for. */
export async function measureCaptions(work: EvaluationWork, gathered: Gathered): Promise<MeasuredCaptionSets | null> {
  const { parts, progress, signal } = work;
  const { captions: network, generated, against, facts } = gathered;
  if (network === null) return null;
  const metrics = facts.filter(({ needs }) => needs === 'captions').map(({ id }) => id);
  const uncaptioned = generated.hashed.length - captionedPictures(generated).length;
  if (uncaptioned === generated.hashed.length) return withoutCaptions(work, gathered, metrics);

  const numbers = new Map<string, number>();
  const own = await captioned(work, gathered, 'generated', generated, numbers);
  const hasOther = against !== null && captionedPictures(against).length > 0;
  const other = hasOther ? await captioned(work, gathered, 'against', against, numbers) : null;
  const stretch = { name: 'caption metrics', phase: 'measures', what: 'CLIP score', of: 1 } as const;
  const measured = await progress.during(stretch, () =>
    parts.engine.measureCaptions({ ...own.request, against: other?.request ?? null, metrics }, signal),
  );
  const measuredOther =
    other && (await parts.engine.measureCaptions({ ...other.request, against: null, metrics }, signal));
  return {
    generated: own.set,
    metrics: measured.metrics,
    differences: measured.differences,
    against: measuredOther?.metrics ?? {},
    ...bestAndWorst(own, measured),
    scores: measured.scores,
    otherScores: measuredOther?.scores ?? [],
    uncaptioned,
    cut: own.cut,
    notices: measured.notices,
    computed: own.set.computed + (other?.set.computed ?? 0),
    device: own.set.device ?? other?.set.device ?? null,
  };
}

async function captioned(
  work: EvaluationWork,
  { captions: network, facts }: Gathered,
  name: string,
  source: CaptionedSource,
  numbers: Map<string, number>,
): Promise<Captioned> {
  const { parts, progress, signal, folder } = work;
  if (network === null) throw new TypeError('captions need a network');
  const pictures = captionedPictures(source);
  const set = await progress.during(
    {
      ...{ name: `captioned ${name}`, phase: 'features', of: pictures.length },
      what: `Features of “${source.label}” for its captions`,
    },
    (tell, load) =>
      setVectors({
        ...{ store: work.store, network, device: parts.device, source, pictures, signal },
        out: join(folder, `captioned-${name}.f32`),
        ...{ onProgress: tell, onLoad: load },
      }),
  );
  const captions = set.rows.map(({ index }) => source.captions?.[index] ?? '');
  for (const caption of captions) if (!numbers.has(caption)) numbers.set(caption, numbers.size);
  const prefixes = prefixesOf(facts);
  const different = new Set(captions).size;
  const of = different * prefixes.length;
  const matrices = await progress.during(
    { name: `captions ${name}`, phase: 'captions', what: `Captions of “${source.label}”`, of },
    async (tell) => {
      const made = [];
      for (const [index, prefix] of prefixes.entries()) {
        const out = join(folder, `captions-${name}-${index}.f32`);
        const onProgress = (done: number) => tell(index * different + done);
        const { engine, device } = parts;
        made.push(
          await textVectors({
            ...{ engine, device, network: network.network, texts: captions, prefix, out, onProgress, signal },
          }),
        );
      }
      return made;
    },
  );
  const [texts, prefixed] = matrices;
  if (texts === undefined) throw new TypeError('captions have at least their plain form');
  return {
    ...{ set, captions, cut: texts.cut },
    request: {
      pictures: set.matrix,
      texts: texts.matrix,
      prefixed: prefixed?.matrix ?? null,
      captions: captions.map((caption) => numbers.get(caption) ?? 0),
    },
  };
}

/** Pictures with their captions by score, at most 12 of either end and none in both. */
function bestAndWorst(
  { set, captions }: Captioned,
  { scores }: MeasuredCaptions,
): Pick<MeasuredCaptionSets, 'best' | 'worst'> {
  const ranked = scores
    .flatMap((score, row) => {
      const picture = set.rows[row];
      return picture === undefined
        ? []
        : [{ picture: shown('generated', picture), prompt: captions[row] ?? '', score }];
    })
    .sort((a, b) => b.score - a.score);
  const half = Math.min(mostShown, Math.ceil(ranked.length / 2));
  return { best: ranked.slice(0, half), worst: ranked.slice(half).slice(-mostShown).reverse() };
}

/** Metrics on sets go on without; with nothing else to measure it is an error. */
function withoutCaptions(
  { settings }: EvaluationWork,
  { generated, facts }: Gathered,
  metrics: readonly string[],
): MeasuredCaptionSets {
  const reason =
    settings.prompts === null
      ? `No picture in “${generated.label}” carries its prompt: give a prompts file, or leave the CLIP score out.`
      : `${settings.prompts} has no caption for any picture in “${generated.label}”.`;
  if (facts.every(({ needs }) => needs === 'captions')) throw new StudioError('bad-input', reason);
  const none: Measured = {
    ...{ value: null, reason, low: null, high: null, interval: null, n: [0, null], bias: null, details: {} },
  };
  return {
    ...{ generated: null, metrics: Object.fromEntries(metrics.map((id) => [id, none])), against: {}, differences: {} },
    ...{ scores: [], otherScores: [], best: [], worst: [], uncaptioned: 0, cut: 0, notices: [reason] },
    ...{ computed: 0, device: null },
  };
}
