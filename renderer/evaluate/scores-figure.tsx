import { useMemo } from 'react';
import { count, fixed, plural } from '../words/numbers.js';
import { histogramOf, quantile, ticks, type Histogram } from './binning.js';

interface ScoresFigureProps {
  readonly scores: readonly number[];
  /** Those of the other run; empty where there is none. */
  readonly others: readonly number[];
  readonly name: string;
  readonly other: string;
}

const WIDTH = 300;
const HEIGHT = 242;
const BASE = 214;
const TOP = 8;
const SIDE = 8;
const TICKS = 5;

/** How the CLIP scores of the pictures spread: bars for this run, dashes for the other. */
export function ScoresFigure({ scores, others, name, other }: ScoresFigureProps) {
  const histogram = useMemo(() => histogramOf(scores, others), [scores, others]);
  if (!histogram) return null;
  const sentence = scoresSentence(scores, others, name, other);
  return (
    <figure className="plot scores">
      <figcaption>
        <b>CLIP score</b>
        {others.length > 0 ? (
          <span className="key" aria-hidden="true">
            <i className="square-a" />
            {name}
            <i className="dash-b" />
            {other}
          </span>
        ) : (
          <span className="dim num">{plural(scores.length, 'picture')}</span>
        )}
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={sentence}>
        <Bars histogram={histogram} />
      </svg>
      <p className="note num">{sentence}</p>
      <BinsTable histogram={histogram} name={name} other={others.length > 0 ? other : null} />
    </figure>
  );
}

function Bars({ histogram: { start, step, counts, others } }: { histogram: Histogram }) {
  const total = (of: readonly number[]): number =>
    Math.max(
      1,
      of.reduce((sum, one) => sum + one, 0),
    );
  // Runs of different size are compared by shares.
  const shares = counts.map((one) => one / total(counts));
  const otherShares = others.map((one) => one / total(others));
  const most = Math.max(...shares, ...otherShares, 1e-9);
  const wide = (WIDTH - 2 * SIDE) / counts.length;
  const y = (share: number): number => BASE - (share / most) * (BASE - TOP);
  const x = (score: number): number => SIDE + ((score - start) / step) * wide;
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return (
    <>
      {shares.map((share, bin) => (
        <rect
          key={bin}
          x={SIDE + bin * wide + 0.5}
          y={y(share)}
          width={Math.max(1, wide - 1.5)}
          height={BASE - y(share)}
          className="bar-fill"
        />
      ))}
      {otherShares.map((share, bin) =>
        share > 0 ? <path key={bin} d={`M${SIDE + bin * wide} ${y(share)}h${wide}`} className="line-b" /> : null,
      )}
      <path d={`M${SIDE} ${BASE + 0.5}H${WIDTH - SIDE}`} className="axis strong" />
      {ticks(start, start + step * counts.length, TICKS).map((mark) => (
        <text key={mark} x={x(mark)} y={BASE + 18} textAnchor="middle">
          {fixed(mark, Number.isInteger(mark) ? 0 : Math.min(2, decimals))}
        </text>
      ))}
    </>
  );
}

/** "Half of run-12 scores 30.1 to 32.2, its middle is 31.2; the middle of run-11 is 30.1." */
export function scoresSentence(
  scores: readonly number[],
  others: readonly number[],
  name: string,
  other: string,
): string {
  const at = (share: number): string => fixed(quantile(scores, share), 1);
  if (scores.length === 1) return `The one picture of ${name} has ${at(0.5)}.`;
  const own = `Half of ${name} scores ${at(0.25)} to ${at(0.75)}; its middle is ${at(0.5)}`;
  return others.length === 0 ? `${own}.` : `${own}, that of ${other} ${fixed(quantile(others, 0.5), 1)}.`;
}

function BinsTable({ histogram, name, other }: { histogram: Histogram; name: string; other: string | null }) {
  const { start, step, counts, others } = histogram;
  const decimals = Math.max(1, -Math.floor(Math.log10(step) + 1e-9));
  return (
    <table className="read-only">
      <caption>Pictures by CLIP score</caption>
      <thead>
        <tr>
          <th scope="col">From</th>
          <th scope="col">{name}</th>
          {other === null ? null : <th scope="col">{other}</th>}
        </tr>
      </thead>
      <tbody>
        {counts.map((pictures, bin) => (
          <tr key={bin}>
            <th scope="row">{fixed(start + bin * step, decimals)}</th>
            <td>{count(pictures)}</td>
            {other === null ? null : <td>{count(others[bin] ?? 0)}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
