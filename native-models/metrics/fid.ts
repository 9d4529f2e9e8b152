/**
 * Frechet Inception Distance: Heusel, Ramsauer, Unterthiner, Nessler and Hochreiter 2017, "GANs trained by a two time-scale
 * update rule converge to a local Nash equilibrium". The Frechet distance between the Gaussians that have the means and
 * covariances (N - 1) of both sets' features; `frechet-distance.ts` has formula and ways to compute it. Agrees with
 * pytorch-fid 0.3, torch-fidelity 0.4 and torchmetrics 1.9 on the same features. Nothing is clamped: a value a little below
 * 0 is rounding.
 *
 * It reads too high on samples, by what `bias` says (`frechet-bias.ts`); values at different N cannot be compared. The
 * interval is that of the value as it stands, at this N, and ends at 0 at the lowest; `details` have the value with its bias
 * taken off (`fid-interval.ts`). The two do not add up: `bias` is the formula's estimate from the eigenvalues, the other is
 * what half samples show. A set against itself is no sample of anything: its 0 has neither bias nor interval.
 */
import { fidInterval, type FidInterval } from './fid-interval.js';
import { frechetBiasFactor, pooledSpectrum } from './frechet-bias.js';
import { FrechetSide } from './frechet-side.js';
import { countsOf, unmeasured, type Counts, type Measured, type SetsMetric } from './metric.js';

export const fid: SetsMetric = {
  needs: 'sets',
  gives: [
    {
      id: 'fid',
      label: 'FID',
      hint: '',
      better: 'lower',
      needs: 'sets',
      shownTimes: 1,
      floor: 2048,
      captionPrefix: '',
      byDefault: true,
      paper: 'Heusel and others 2017',
    },
  ],
  async measure(sets, work) {
    const n = countsOf(sets);
    const { generated, reference, against } = sets;
    const fewest = Math.min(generated.rows, reference.kind === 'features' ? reference.set.rows : Infinity);
    if (fewest < 2) {
      const reason = 'FID needs two pictures a side: one alone has no spread.';
      return { measured: { fid: unmeasured(n, reason) }, differences: {} };
    }
    const dimensions = generated.columns;
    const [mine, theirs] = [new FrechetSide(generated, work), new FrechetSide(reference, work)];
    const value = await mine.distanceTo(theirs, dimensions);
    work.progress(0.2);
    const factor = frechetBiasFactor(await pooledSpectrum(mine, theirs, dimensions, work.products, work.pace));
    const bias = factor * (1 / n[0] + (n[1] === null ? 0 : 1 / n[1]));
    work.progress(0.4);
    if (isItself(value, bias)) {
      return { measured: { fid: { ...measuredOf(value, null, n), bias: null } }, differences: {} };
    }

    const other =
      against !== null && against.rows === generated.rows
        ? { set: against, value: await new FrechetSide(against, work).distanceTo(theirs, dimensions) }
        : null;
    const told = { progress: (part: number, what?: string) => work.progress(0.4 + 0.6 * part, what) };
    const interval = work.intervals ? await fidInterval(sets, value, other, { ...work, ...told }) : null;
    return {
      measured: { fid: { ...measuredOf(value, interval, n), bias } },
      differences: interval?.difference ? { fid: interval.difference } : {},
    };
  },
};

/** Two samples of one source are about `bias` apart, never a thousandth of it: what is left is rounding. */
const isItself = (value: number, bias: number): boolean => bias > 0 && value < 1e-3 * bias;

function measuredOf(value: number, interval: FidInterval | null, n: Counts): Measured {
  const none = { value, reason: null, low: null, high: null, interval: null, n, bias: null, details: {} };
  if (interval === null) return none;
  const { low, high, how, corrected, correctedHalf: half } = interval;
  const around = half === null ? {} : { correctedLow: corrected - half, correctedHigh: corrected + half };
  const details = { corrected, ...around };
  return { ...none, low, high, interval: how, details };
}
