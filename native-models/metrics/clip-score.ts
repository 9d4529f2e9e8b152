/**
 * CLIP score: how well pictures follow their captions, by the cosine of CLIP's two vectors. Hessel, Holtzman, Forbes,
 * Le Bras and Choi 2021, "CLIPScore: a reference-free evaluation metric for image captioning". Two scales are in use:
 *
 *   clip        max(0, mean of 100 cos), as torchmetrics 1.9 has it
 *   clip_paper  mean of 2.5 max(cos, 0), the paper's w = 2.5, with "A photo depicts " before every caption (section 3)
 *
 * A cosine of 0.31 is 31 in the first and 0.78 in the second, and another CLIP gives other numbers: name scale and network.
 *
 * Interval: pictures of one caption are averaged first, since captions are what was sampled; then Student's t over
 * captions. Where these have unequal numbers of pictures, the mean over pictures is a ratio of sums, and its variance that
 * of a ratio (Cochran 1977, "Sampling techniques", section 6.3).
 */
import { cosineSimilarity } from './cosine-similarity.js';
import type { FeatureSet } from './feature-set.js';
import {
  difference,
  unmeasured,
  type Captioned,
  type CaptionsMetric,
  type Difference,
  type Measured,
  type MetricFacts,
} from './metric.js';
import { studentT975 } from './student-t.js';

export const CAPTION_PREFIX = 'A photo depicts ';

interface Scale {
  readonly facts: MetricFacts;
  readonly texts: (captioned: Captioned) => FeatureSet | null;
  /** One picture's score from its cosine. */
  readonly score: (cosine: number) => number;
}

const clip: Scale = {
  facts: {
    id: 'clip',
    label: 'CLIP score',
    hint: '100 × cosine',
    better: 'higher',
    needs: 'captions',
    shownTimes: 1,
    floor: 50,
    captionPrefix: '',
    byDefault: true,
    paper: 'Hessel and others 2021',
  },
  texts: ({ texts }) => texts,
  score: (cosine) => 100 * cosine,
};

const clipPaper: Scale = {
  facts: {
    ...clip.facts,
    id: 'clip_paper',
    label: 'CLIPScore',
    hint: 'the paper’s 2.5 × cosine',
    captionPrefix: CAPTION_PREFIX,
    byDefault: false,
  },
  texts: ({ prefixed }) => prefixed,
  score: (cosine) => 2.5 * Math.max(cosine, 0),
};

const metricOf = (scale: Scale): CaptionsMetric => ({
  needs: 'captions',
  gives: [scale.facts],
  async measure(captioned, against) {
    const { id } = scale.facts;
    const own = await scoresOf(captioned, scale);
    const measured = measuredOf(own, captioned, id);
    if (against === null || own === null) return { measured: { [id]: measured }, differences: {} };
    const other = await scoresOf(against, scale);
    const apart = other === null ? null : pairedDifference(own, captioned.captions, other, against.captions);
    return { measured: { [id]: measured }, differences: apart === null ? {} : { [id]: apart } };
  },
});

export const clipScore = metricOf(clip);
export const clipScorePaper = metricOf(clipPaper);

/** 100 x cosine of each picture and its caption. */
export async function captionScores(captioned: Captioned): Promise<number[]> {
  return (await scoresOf(captioned, clip)) ?? [];
}

async function scoresOf(captioned: Captioned, scale: Scale): Promise<number[] | null> {
  const texts = scale.texts(captioned);
  if (texts === null) return null;
  const scores: number[] = [];
  for (let row = 0; row < captioned.pictures.rows; row++) {
    const [picture, text] = [await captioned.pictures.block(row, row + 1), await texts.block(row, row + 1)];
    scores.push(scale.score(cosineSimilarity(picture, text)));
  }
  return scores;
}

function measuredOf(scores: readonly number[] | null, { captions }: Captioned, id: string): Measured {
  const n: [number, null] = [captions.length, null];
  if (scores === null) return unmeasured(n, `${id} needs captions with “${CAPTION_PREFIX.trim()}” before them.`);
  if (scores.length === 0) return unmeasured(n, 'No picture has a caption.');
  if (!scores.every(Number.isFinite)) {
    return unmeasured(n, 'Vectors hold numbers that are not finite: make them again with another network.');
  }
  const { value, half } = meanOverCaptions(byCaption(scores, captions));
  const shown = (score: number): number => Math.max(0, score);
  return {
    value: shown(value),
    reason: null,
    low: half === null ? null : shown(value - half),
    high: half === null ? null : shown(value + half),
    interval: half === null ? null : 'Student’s t over captions',
    n,
    bias: null,
    details: {},
  };
}

interface OfCaption {
  readonly sum: number;
  readonly count: number;
}

function byCaption(scores: readonly number[], captions: readonly number[]): Map<number, OfCaption> {
  const groups = new Map<number, OfCaption>();
  for (const [row, score] of scores.entries()) {
    const caption = captions[row]!;
    const { sum, count } = groups.get(caption) ?? { sum: 0, count: 0 };
    groups.set(caption, { sum: sum + score, count: count + 1 });
  }
  return groups;
}

/** Half the width of the interval is null where one caption is all there is. */
function meanOverCaptions(groups: ReadonlyMap<number, OfCaption>): { value: number; half: number | null } {
  const all = [...groups.values()];
  const pictures = all.reduce((sum, { count }) => sum + count, 0);
  const value = all.reduce((sum, group) => sum + group.sum, 0) / pictures;
  if (all.length < 2) return { value, half: null };
  const residuals = all.reduce((sum, group) => sum + (group.sum - group.count * value) ** 2, 0);
  const captions = all.length;
  const error = Math.sqrt((residuals * captions) / (captions - 1)) / pictures;
  return { value, half: studentT975(captions - 1) * error };
}

/** Caption by caption, so that what is hard about a caption is hard for both runs; null unless both have the same ones. */
function pairedDifference(
  own: readonly number[],
  ownCaptions: readonly number[],
  other: readonly number[],
  otherCaptions: readonly number[],
): Difference | null {
  const [mine, theirs] = [byCaption(own, ownCaptions), byCaption(other, otherCaptions)];
  if (mine.size !== theirs.size || mine.size < 2) return null;
  const gaps: number[] = [];
  for (const [caption, { sum, count }] of mine) {
    const group = theirs.get(caption);
    if (group === undefined) return null;
    gaps.push(sum / count - group.sum / group.count);
  }
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const squares = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0);
  const half = studentT975(gaps.length - 1) * Math.sqrt(squares / (gaps.length - 1) / gaps.length);
  return Number.isFinite(mean) ? difference(mean, mean - half, mean + half) : null;
}
