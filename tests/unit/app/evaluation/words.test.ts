import { describe, expect, test } from 'vitest';
import type { EvaluatedSet, MetricResult } from '../../../../app/contracts/evaluation.js';
import type { MeasuredDifference, MetricFacts } from '../../../../app/contracts/measures.js';
import { holm } from '../../../../app/evaluation/holm.js';
import { metricResults, type ResultContext } from '../../../../app/evaluation/metric-results.js';
import { checkedByName } from '../../../../app/evaluation/networks.js';
import { warningsOfKinds, type PictureKinds } from '../../../../app/evaluation/picture-kinds.js';
import { shownDifference, shownValue } from '../../../../app/evaluation/shown-value.js';
import { TimeLeft } from '../../../../app/evaluation/time-left.js';
import { verdictOf, type Told } from '../../../../app/evaluation/verdict.js';
import { warningsOf } from '../../../../app/evaluation/warnings.js';
import { metricFacts } from '../../../../native-models/metrics/index.js';

const factsOf = (id: string): MetricFacts => {
  const facts = metricFacts.find((each) => each.id === id);
  if (facts === undefined) throw new Error(`There is no ${id}.`);
  return facts;
};

function metric(id: string, change: Partial<MetricResult> = {}): MetricResult {
  const { label, hint, better, shownTimes, floor } = factsOf(id);
  return {
    ...{ id, metric: id, label, hint, better, shownTimes, floor, comparable: true, protocol: '', against: null },
    ...{ value: 0.0064, low: 0.0056, high: 0.0072, reason: null, interval: 'jackknife', n: [1000, 1000], bias: null },
    ...{ details: {}, belowFloor: false, ...change },
  };
}

const set = (label: string, count = 1000): EvaluatedSet => ({ label, count, skipped: [], duplicates: 0, notes: [] });
const compared = (value: number, difference: MeasuredDifference | null) => ({ against: { value, difference } });

const told = (metrics: readonly MetricResult[], change: Partial<Told> = {}): Told => ({
  ...{ generated: set('run-12'), reference: set('flat-ink'), against: null, identical: false, metrics },
  onCaptions: new Set(['clip', 'clip_paper']),
  ...change,
});

describe('the verdict', () => {
  const run11 = { against: set('run-11') };

  test.each<[string, Told, string]>([
    [
      'tells which run is closer, and by how much',
      told([metric('kid', compared(0.0083, { value: -0.0019, low: -0.0027, high: -0.0011, clear: true }))], run11),
      '“run-12” is closer to the reference than “run-11”, by more than chance: KID is lower by 1.9 [1.1, 2.7].',
    ],
    [
      'tells that the other run is closer',
      told([metric('kid', compared(0.0045, { value: 0.0019, low: 0.0011, high: 0.0027, clear: true }))], run11),
      '“run-11” is closer to the reference than “run-12”, by more than chance: KID is lower by 1.9 [1.1, 2.7].',
    ],
    [
      'tells that a difference may be chance',
      told([metric('kid', compared(0.0065, { value: -0.0001, low: -0.0009, high: 0.0007, clear: false }))], run11),
      '“run-12” and “run-11” cannot be told apart at this size: KID differs by −0.1 ± 0.8, which may be chance.',
    ],
    [
      'tells whose pictures follow their prompts better',
      told(
        [
          metric('clip', {
            ...{ value: 31.2, low: 30.9, high: 31.5 },
            ...compared(30.1, { value: 1.1, low: 0.7, high: 1.5, clear: true }),
          }),
        ],
        run11,
      ),
      '“run-12” follows its prompts better than “run-11”, by more than chance: CLIP score is higher by 1.1 [0.7, 1.5].',
    ],
    [
      'ranks no sets of different sizes',
      told([metric('kid')], { against: set('run-11', 500) }),
      '“run-12” and “run-11” are not ranked: they hold 1,000 and 500 pictures, and the metrics depend on how many there are.',
    ],
    [
      'tells one run against the reference',
      told([metric('kid')]),
      '“run-12” differs from “flat-ink” by more than chance: KID is 6.4 [5.6, 7.2] (× 1000).',
    ],
    [
      'tells that a run cannot be told from the reference',
      told([metric('kid', { value: 0.0001, low: -0.0005, high: 0.0007 })]),
      '“run-12” cannot be told from “flat-ink” at this size: KID is 0.1 [−0.5, 0.7] (× 1000), and 0 lies inside.',
    ],
    [
      'never says that 0 lies inside where it does not: below 0 is no difference either',
      told([metric('kid', { value: -0.0006, low: -0.0009, high: -0.0003 })]),
      '“run-12” cannot be told from “flat-ink” at this size: KID is −0.6 [−0.9, −0.3] (× 1000), and a KID below 0 is no difference.',
    ],
    [
      'says that both sets hold the same pictures, whatever the numbers are',
      told([metric('kid', { value: -0.291, low: -0.31, high: -0.272 })], { identical: true }),
      'Both sets hold the same pictures: “run-12” is measured against itself, and no distance says anything of it.',
    ],
    [
      'says it before it compares, and of few pictures too',
      told([metric('kid', compared(1, { value: -1, low: -2, high: -0.5, clear: true }))], {
        ...run11,
        identical: true,
      }),
      'Both sets hold the same pictures: “run-12” is measured against itself, and no distance says anything of it.',
    ],
    [
      'tells captions',
      told([metric('clip', { value: 31.2, low: 30.9, high: 31.5, n: [1000, null] })], { reference: null }),
      'CLIP score of “run-12” is 31.2 [30.9, 31.5]: how well its pictures follow their prompts.',
    ],
    [
      'says that few pictures say little',
      told([metric('kid', { value: 0.003, low: -0.012, high: 0.018, n: [20, 20], belowFloor: true })]),
      '20 pictures are too few to say much: KID is 3 [−12, 18] (× 1000).',
    ],
    [
      'says why nothing could be measured',
      told([metric('kid', { value: null, reason: 'KID needs two pictures a side.' })]),
      'Nothing could be measured: KID needs two pictures a side.',
    ],
  ])('%s', (_, given, sentence) => {
    expect(verdictOf(given)).toBe(sentence);
  });
});

describe('warnings', () => {
  const known = {
    ...{ generated: set('run-12'), reference: set('flat-ink', 1350), against: null, features: null, captions: null },
    ...{
      metrics: [],
      kinds: { generated: null, reference: null },
      shared: 0,
      otherShared: 0,
      identical: false,
      lost: [],
      readable: 1000,
      uncaptioned: 0,
    },
    ...{ cutCaptions: 0, heldBack: [], squashes: false },
  };
  const network = { label: 'pt_inception.pth', sha256: 'ab', dimensions: 2048, comparable: true } as const;

  test('forbid to quote a FID of few pictures, and name the known bias and what carries', () => {
    const fid = metric('fid', { value: 47.8, bias: 9.61, n: [1000, 1000], belowFloor: true });
    expect(warningsOf({ ...known, metrics: [metric('kid'), fid] })).toEqual([
      'Do not quote the FID of this run. With 1,000 pictures it reads about 9.6 too high; it needs 2,048 or more. Compare by KID.',
    ]);
    const unequal = { ...fid, n: [1000, 1350] as [number, number], bias: 0.0341 };
    expect(warningsOf({ ...known, metrics: [unequal] })[0]).toBe(
      'Do not quote the FID of this run. With 1,000 generated and 1,350 reference pictures it reads about 0.034 too high; it needs 2,048 or more.',
    );
  });

  test('say nothing of how much too high a set’s distance to itself reads', () => {
    const fid = metric('fid', { value: 0, bias: null, low: null, high: null, belowFloor: true });
    expect(warningsOf({ ...known, metrics: [fid], shared: 1000, identical: true })).toEqual([
      '“run-12” and “flat-ink” hold the same pictures: every distance is that of a set to itself.',
    ]);
  });

  test('say nothing where there is nothing to say', () => {
    expect(warningsOf({ ...known, metrics: [metric('kid'), metric('fid', { n: [5000, 5000] })] })).toEqual([]);
  });

  test('tell first that more than a tenth of a set’s pictures is lost', () => {
    const lost = [
      { label: 'run-12', listed: 1000, lost: 400 },
      { label: 'flat-ink', listed: 1000, lost: 100 },
    ];
    expect(warningsOf({ ...known, lost, shared: 12 })[0]).toBe(
      '400 of the 1,000 pictures in “run-12” vanished or could not be read: the numbers are of the other 600.',
    );
    expect(warningsOf({ ...known, lost })).toHaveLength(1);
  });

  test('tell a file that is not what its name promises', () => {
    const features = { ...network, checked: 'does not match' as const };
    expect(warningsOf({ ...known, features })[0]).toMatch(/^pt_inception\.pth is not the file that its name promises/);
  });

  test('tell pictures that both sets hold', () => {
    expect(warningsOf({ ...known, shared: 12 })[0]).toBe(
      '12 of the 1,000 pictures in “run-12” are in “flat-ink” too, to the last bit: a set that holds its own reference scores too well.',
    );
  });

  test('tell that the other run holds the reference', () => {
    expect(warningsOf({ ...known, against: set('run-11'), otherShared: 1000 })[0]).toBe(
      '1,000 of the 1,000 pictures in “run-11” are in “flat-ink” too, to the last bit: it scores too well, and the comparison with it does not hold.',
    );
  });

  test('tell what Holm’s rule took back', () => {
    const metrics = [metric('kid', compared(1, { value: 1, low: 0.1, high: 2, clear: false }))];
    expect(warningsOf({ ...known, metrics, heldBack: ['KID'] })[0]).toMatch(/KID does not hold by Holm’s rule\.$/);
  });

  const kinds: PictureKinds = {
    ...{ label: 'run-12', looked: 200, jpeg: 0, side: 512, notSquare: 0, sizes: [{ size: '512 × 512', count: 200 }] },
  };

  test('tell formats, sizes and shapes that move the numbers', () => {
    const reference = {
      ...kinds,
      label: 'flat-ink',
      jpeg: 1,
      side: 1024,
      sizes: [{ size: '1,024 × 1,024', count: 200 }],
    };
    expect(warningsOfKinds(kinds, reference, true)).toEqual([
      '“run-12” has no JPEG and “flat-ink” is all JPEG: JPEG’s losses alone move every metric on sets, so save both sets in one format.',
      'The pictures of “run-12” are mostly 512 × 512, those of “flat-ink” 1,024 × 1,024: how sharp they are after resizing alone moves the metrics on sets.',
    ]);
    expect(warningsOfKinds({ ...kinds, notSquare: 50 }, null, true)).toEqual([
      '25 % of the pictures of “run-12” are not square: the network sees them squashed to a square, as the papers’ tools do it.',
    ]);
    expect(warningsOfKinds({ ...kinds, notSquare: 50 }, kinds, false)).toEqual([]);
  });
});

describe('metrics of a result', () => {
  const measured = (value: number, n: [number, number | null]) => ({
    ...{ value, low: value - 1, high: value + 1, reason: null, interval: 'x', n, bias: null, details: {} },
  });
  const context: ResultContext = {
    ...{ facts: metricFacts, mode: 'clean-fid', version: '0.1.0', captions: null, referenceHash: '0123456789ab' },
    features: {
      label: 'pt_inception',
      sha256: 'f'.repeat(64),
      dimensions: 2048,
      comparable: true,
      checked: 'verified',
    },
  };

  test('come with what carries at this size first', () => {
    const all = {
      fid: measured(40, [1000, 1000]),
      precision: measured(0.5, [1000, 1000]),
      kid: measured(1, [1000, 1000]),
    };
    const order = (n: [number, number]) => {
      const metrics = Object.fromEntries(Object.entries(all).map(([id, value]) => [id, { ...value, n }]));
      return metricResults({ metrics, against: {}, differences: {} }, context).map(({ id }) => id);
    };
    expect(order([1000, 1000])).toEqual(['kid', 'precision', 'fid']);
    expect(order([50, 5000])).toEqual(['kid', 'precision', 'fid']);
    expect(
      metricResults({ metrics: all, against: {}, differences: {} }, context).map(({ belowFloor }) => belowFloor),
    ).toEqual([false, false, true]);
  });

  test('have a line to paste that states what changes the number', () => {
    const [fid] = metricResults(
      { metrics: { fid: measured(4, [5000, 50_000]) }, against: {}, differences: {} },
      context,
    );
    expect(fid?.protocol).toBe(
      'fid[pt_inception sha256:ffffffffffff, clean-fid: PIL-bicubic-299, (x-128)/128, N=5000/50000, ref=0123456789ab, inkstone 0.1.0]',
    );
  });

  test('show no more digits than their interval allows', () => {
    const kid = metric('kid', compared(0.0083, { value: -0.0019, low: -0.0027, high: -0.0011, clear: true }));
    expect(shownValue(kid)).toEqual({ value: '6.4', interval: '5.6 – 7.2' });
    expect(shownDifference(kid)).toBe('−1.9 ± 0.8');
    expect(shownValue({ ...kid, value: null })).toEqual({ value: null, interval: null });
  });
});

describe('Holm’s rule', () => {
  const difference = (value: number, half: number): MeasuredDifference => ({
    ...{ value, low: value - half, high: value + half, clear: Math.abs(value) > half },
  });

  test('takes one difference at its interval’s word', () => {
    expect(holm({ kid: difference(1.01, 1) })).toEqual(new Set(['kid']));
  });

  test('takes back what is clear only because many are told', () => {
    // p of 0.03 and 0.04: either below 0.05, neither of two below 0.025.
    expect(holm({ a: difference(2.17, 1.96), b: difference(2.05, 1.96) })).toEqual(new Set());
    // 0.001 holds, and lets 0.04 count by itself.
    expect(holm({ a: difference(3.29, 1.96), b: difference(2.05, 1.96) })).toEqual(new Set(['a', 'b']));
  });
});

describe('a network’s checksum', () => {
  const sha256 = `6726825d${'0'.repeat(56)}`;
  test.each([
    ['pt_inception-2015-12-05-6726825d.pth', 'verified'],
    ['weights-inception-2015-12-05-6726825d.PTH', 'verified'],
    ['pt_inception-2015-12-05-6726825e.pth', 'does not match'],
    ['inception.pth', 'not verified'],
    ['pt_inception-2015-12-05-6726825e.safetensors', 'not verified'],
    ['pt_inception-2015-12-05.pth', 'not verified'],
  ])('of %s is %s', (name, checked) => {
    expect(checkedByName(`/models/${name}`, sha256)).toBe(checked);
  });
});

describe('the time left', () => {
  test('is measured, counts what has not begun by its guess, and what was known before for nothing', () => {
    const time = new TimeLeft({ pictures: 1, metrics: 0.5 });
    time.plan('a', 'pictures', 100);
    time.plan('b', 'pictures', 50);
    time.plan('c', 'metrics', 10);
    expect(time.seconds()).toBeNull();
    time.tell('a', 0.5, 0); // half of them were known
    time.tell('a', 0.6, 20);
    expect(time.seconds()).toBeCloseTo(40 * 2 + 50 * 2 + 10 * 0.5);
    time.finish('a');
    time.finish('b');
    expect(time.seconds()).toBeCloseTo(5);
    expect(time.paces()).toMatchObject({ pictures: 2, metrics: 0.5 });
  });

  test('never takes what was known at the beginning of a stretch for speed, nor the time between two stretches', () => {
    const time = new TimeLeft({ pictures: 1 });
    time.plan('a', 'pictures', 100);
    time.plan('b', 'pictures', 100);
    time.tell('a', 0.9, 1); // 90 were known
    time.tell('a', 1, 11);
    time.finish('a');
    time.tell('b', 0, 500);
    expect(time.seconds()).toBeCloseTo(100);
    time.resize('b', 40);
    expect(time.seconds()).toBeCloseTo(40);
  });

  test('is told at once where the pace was measured another time', () => {
    const time = new TimeLeft({ pictures: 1 }, { pictures: 3 });
    time.plan('a', 'pictures', 10);
    time.tell('a', 0, 0);
    expect(time.seconds()).toBeCloseTo(30);
  });
});
