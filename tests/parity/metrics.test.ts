import { afterAll, describe, expect, test } from 'vitest';
import { captionScores, clipScore, clipScorePaper } from '../../native-models/metrics/clip-score.js';
import { densityCoverage } from '../../native-models/metrics/density-coverage.js';
import { FeatureSet } from '../../native-models/metrics/feature-set.js';
import { fidInfinity } from '../../native-models/metrics/fid-infinity.js';
import { fid } from '../../native-models/metrics/fid.js';
import { frechetOfMoments } from '../../native-models/metrics/frechet-distance.js';
import { kid } from '../../native-models/metrics/kid.js';
import type { Sets, SetsMetric, Work } from '../../native-models/metrics/metric.js';
import { momentsOf } from '../../native-models/metrics/moments.js';
import { Pace } from '../../native-models/metrics/pace.js';
import { precisionRecall } from '../../native-models/metrics/precision-recall.js';
import { RandomState } from '../../native-models/metrics/random-state.js';
import { TorchGenerator } from '../../native-models/noise/torch-generator.js';
import { MatrixProducts } from '../../native-models/runtime/matrix-products.js';
import { goldenNames, readGolden } from './golden.js';

/** Fixed features through our metrics and the field's own tools (`make_metrics.py`). */

interface Made {
  seed: number;
  rows: number;
  columns: number;
  shift: number;
}

interface MetricsGolden {
  generated: Made;
  reference: Made;
  sum: [number, number];
  fid: Record<string, number>;
  'fid-infinity': { sizes: number[]; values: number[]; intercept: number; slope: number };
  kid: { formula: number; subsetsMean?: number; subsetsDeviation?: number };
  prc: { precision: number; recall: number };
  'density-coverage': { density: number; coverage: number };
}

const products = new MatrixProducts();
afterAll(() => products.release());

const work: Work = {
  products,
  pace: new Pace(),
  random: () => new RandomState(1),
  progress: () => undefined,
  intervals: false,
  mode: 'torch-fidelity',
};

/** `features` of make_metrics.py. */
function features({ seed, rows, columns, shift }: Made): Float32Array {
  const f32 = Math.fround;
  const scales = Float32Array.from({ length: columns }, (_, j) => 2 / (1 + j / 8));
  return new TorchGenerator(seed)
    .randn(rows * columns)
    .map((value, i) => Math.max(0, f32(f32(value * scales[i % columns]!) + f32(shift))));
}

const sets = goldenNames('metrics').filter((name) => !['captions', 'gaussians', 'npz', 'random-state'].includes(name));

describe.each(sets)('metrics of %s', (name) => {
  const golden = readGolden<MetricsGolden>('metrics', name).description;
  const [x, y] = [features(golden.generated), features(golden.reference)];
  const generated = FeatureSet.of(x, golden.generated.columns);
  const reference = FeatureSet.of(y, golden.reference.columns);
  const compared: Sets = { generated, reference: { kind: 'features', set: reference }, against: null };
  const measured = async (metric: SetsMetric, id: string, to: Sets = compared) =>
    (await metric.measure(to, work)).measured[id]!;

  test('are of the very features that the tools were given', () => {
    const sumOf = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0);
    expect([sumOf(x), sumOf(y)]).toEqual([expect.closeTo(golden.sum[0], 8), expect.closeTo(golden.sum[1], 8)]);
  });

  test('FID is that of pytorch-fid, torch-fidelity and torchmetrics to 6 digits', async () => {
    const { value } = await measured(fid, 'fid');
    expect(Object.keys(golden.fid)).toHaveLength(3);
    for (const theirs of Object.values(golden.fid)) expect(Math.abs(value! - theirs)).toBeLessThan(1e-6 * theirs);
  });

  test('FID against saved statistics, and between two of them, is the same', async () => {
    const { value } = await measured(fid, 'fid');
    const [a, b] = [await momentsOf(generated, products, work.pace), await momentsOf(reference, products, work.pace)];
    const saved = await measured(fid, 'fid', { ...compared, reference: { kind: 'statistics', moments: b, n: null } });
    expect(Math.abs(saved.value! - value!)).toBeLessThan(1e-6 * value!);
    expect(Math.abs((await frechetOfMoments(a, b, products, work.pace)) - value!)).toBeLessThan(1e-6 * value!);
  });

  test('FID∞ is the intercept through pytorch-fid’s distances of the same subsets', async () => {
    const { intercept, slope } = golden['fid-infinity'];
    const { value, details } = await measured(fidInfinity, 'fid_infinity');
    expect(Math.abs(value! - intercept)).toBeLessThan(1e-6 * intercept);
    expect(Math.abs(details['slope']! - slope)).toBeLessThan(1e-6 * slope);
  });

  test('KID is the formula’s over all pairs to 1e-10', async () => {
    const { value, details } = await measured(kid, 'kid');
    expect(Math.abs(value! - golden.kid.formula)).toBeLessThan(1e-10);
    if (golden.kid.subsetsMean === undefined) expect(details).toEqual({});
  });

  test('precision and recall are torch-fidelity’s', async () => {
    const results = await precisionRecall.measure(compared, work);
    expect(results.measured['precision']!.value).toBeCloseTo(golden.prc.precision, 6);
    expect(results.measured['recall']!.value).toBeCloseTo(golden.prc.recall, 6);
  });

  test('density and coverage are those of their authors’ prdc', async () => {
    const { measured: results } = await densityCoverage.measure(compared, work);
    expect(results['density']!.value).toBeCloseTo(golden['density-coverage'].density, 10);
    expect(results['coverage']!.value).toBeCloseTo(golden['density-coverage'].coverage, 10);
  });

  test.runIf(golden.kid.subsetsMean)('KID’s subsets are those that torch-fidelity draws', async () => {
    const { details } = await measured(kid, 'kid');
    expect(Math.abs(details['subsetsMean']! - golden.kid.subsetsMean!)).toBeLessThan(1e-10);
    expect(Math.abs(details['subsetsDeviation']! - golden.kid.subsetsDeviation!)).toBeLessThan(1e-10);
  });
});

test('there are sets with fewer pictures than dimensions, with more, with both, and enough for subsets', () => {
  expect(sets).toHaveLength(5);
});

test('CLIP score has the scale of torchmetrics, and that of the paper', async () => {
  const golden = readGolden<{ torchmetrics: number; cosines: number[]; paper: number }>(
    'metrics',
    'captions',
  ).description;
  const less = (offset: number, made: Made): FeatureSet =>
    FeatureSet.of(
      features(made).map((value) => value - Math.fround(offset)),
      made.columns,
    );
  const pictures = less(0.3, { seed: 300, rows: 30, columns: 32, shift: 0.3 });
  const texts = less(0.2, { seed: 301, rows: 30, columns: 32, shift: 0.6 });
  const captioned = { pictures, texts, prefixed: texts, captions: golden.cosines.map((_, i) => i) };
  const value = async (metric: typeof clipScore, id: string) =>
    (await metric.measure(captioned, null)).measured[id]!.value!;
  expect(Math.abs((await value(clipScore, 'clip')) - golden.torchmetrics)).toBeLessThan(1e-5 * golden.torchmetrics);
  expect(await value(clipScorePaper, 'clip_paper')).toBeCloseTo(golden.paper, 10);
  (await captionScores(captioned)).forEach((score, i) => expect(score).toBeCloseTo(100 * golden.cosines[i]!, 10));
});

test('the distance between Gaussians of any rank is exact, and pytorch-fid’s', async () => {
  const { pairs } = readGolden<{
    pairs: { mu: number[][]; sigma: number[][]; rank: number; exact: number; 'pytorch-fid': number }[];
  }>('metrics', 'gaussians').description;
  expect(pairs.map(({ rank }) => rank)).toEqual([12, 5]);
  for (const { mu, sigma, exact, 'pytorch-fid': theirs } of pairs) {
    const [a, b] = [0, 1].map((i) => ({ mu: Float64Array.from(mu[i]!), sigma: Float64Array.from(sigma[i]!) })) as [
      { mu: Float64Array; sigma: Float64Array },
      { mu: Float64Array; sigma: Float64Array },
    ];
    const value = await frechetOfMoments(a, b, products, work.pace);
    expect(Math.abs(value - exact)).toBeLessThan(1e-12 * exact);
    expect(Math.abs(value - theirs)).toBeLessThan(1e-6 * exact);
  }
});

test('RandomState(2020).choice draws what numpy draws', () => {
  const { counts, choices } = readGolden<{ counts: number[]; choices: number[][] }>(
    'metrics',
    'random-state',
  ).description;
  const random = new RandomState(2020);
  expect(counts.map((n) => [...random.choice(n, 7)])).toEqual(choices);
});
