import type { MetricResult } from '../../contracts/evaluation.js';
import { showNumber } from '../../contracts/measured-digits.js';
import type { FeatureMap } from '../../contracts/measures.js';
import { html, type Html } from './html.js';

/** Drawings of the report: SVG in the page itself. Colours and strokes are classes of report-style.ts. */

const at = (value: number): string => (Math.round(100 * value) / 100).toString();

/** A metric's interval as a bar with its value, and the other run's value as a stroke; null without an interval. */
export function intervalChart({ value, low, high, against }: MetricResult): Html | null {
  if (value === null || low === null || high === null) return null;
  const other = against?.value ?? null;
  const all = [value, low, high, ...(other === null ? [] : [other])];
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const x = (of: number) => at(most === least ? 100 : 10 + (180 * (of - least)) / (most - least));
  return html`<svg class="interval" viewBox="0 0 200 16" width="200" height="16" aria-hidden="true">
    <line class="axis" x1="0" x2="200" y1="8" y2="8" />
    <line class="span" x1="${x(low)}" x2="${x(high)}" y1="8" y2="8" />
    <circle class="own" cx="${x(value)}" cy="8" r="4" />
    ${other === null ? null : html`<line class="other" x1="${x(other)}" x2="${x(other)}" y1="2" y2="14" />`}
  </svg>`;
}

const mapWidth = 560;
const mapHeight = 360;

/** Both sets in one plane: generated pictures as dots, reference ones as triangles. */
export function mapChart(map: FeatureMap): Html {
  const points = [...map.generated, ...map.reference];
  const bounds = (values: readonly number[]) => {
    const [least, most] = values.reduce<[number, number]>(
      ([a, b], value) => [Math.min(a, value), Math.max(b, value)],
      [Infinity, -Infinity],
    );
    return { least, span: most - least || 1 };
  };
  const [xs, ys] = [bounds(points.map(({ x }) => x)), bounds(points.map(({ y }) => y))];
  const margin = 12;
  // One scale for both axes: distances in the plane are distances.
  const scale = Math.min((mapWidth - 2 * margin) / xs.span, (mapHeight - 2 * margin) / ys.span);
  const [left, top] = [(mapWidth - xs.span * scale) / 2, (mapHeight - ys.span * scale) / 2];
  const place = ({ x, y }: { x: number; y: number }) => ({
    x: left + (x - xs.least) * scale,
    y: mapHeight - top - (y - ys.least) * scale,
  });
  // Many marks, one path: a page with thousands of elements is slow.
  const triangles = map.reference.map(place).map(({ x, y }) => `M${at(x)} ${at(y - 3.2)}l3 5.2h-6z`);
  const dots = map.generated.map(place).map(({ x, y }) => `M${at(x)} ${at(y)}h0`);
  const sentence = `Map of both sets: ${map.generated.length} generated and ${map.reference.length} reference pictures; the axes show ${percent(map.shares[0])} and ${percent(map.shares[1])} of the variance.`;
  return html`<figure>
    <svg class="map" viewBox="0 0 ${mapWidth} ${mapHeight}" role="img" aria-label="${sentence}">
      <path class="reference" d="${triangles.join('')}" />
      <path class="generated" d="${dots.join('')}" />
    </svg>
    <figcaption>
      <span class="key dot">generated</span> <span class="key triangle">reference</span> · first two principal axes of
      both sets together, ${percent(map.shares[0])} and ${percent(map.shares[1])} of the variance
    </figcaption>
  </figure>`;
}

const percent = (share: number): string => `${Math.round(100 * share)} %`;

const histogramWidth = 560;
const histogramHeight = 200;
const bins = 24;

/** How many pictures have which CLIP score, and the other run's shares as strokes. */
export function histogramChart(scores: readonly number[], others: readonly number[]): Html {
  const all = [...scores, ...others].sort((a, b) => a - b);
  const [least, most] = [all[0] ?? 0, all.at(-1) ?? 1];
  const width = (most - least) / bins || 1;
  const shares = (values: readonly number[]) => {
    const counts = Array.from({ length: bins }, () => 0);
    for (const value of values) {
      const bin = Math.min(bins - 1, Math.floor((value - least) / width));
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    return counts.map((count) => count / Math.max(values.length, 1));
  };
  const [own, other] = [shares(scores), shares(others)];
  const highest = Math.max(...own, ...other, 1e-9);
  const x = (bin: number) => (bin * histogramWidth) / bins;
  const height = (share: number) => (share / highest) * (histogramHeight - 24);
  const floor = histogramHeight - 18;
  const bars = own.map((share, bin) => {
    const tall = height(share);
    return html`<rect
      class="bar"
      x="${at(x(bin) + 1)}"
      y="${at(floor - tall)}"
      width="${at(histogramWidth / bins - 2)}"
      height="${at(tall)}"
    />`;
  });
  const strokes = other.map((share, bin) =>
    share === 0
      ? null
      : html`<line
          class="other"
          x1="${at(x(bin) + 2)}"
          x2="${at(x(bin + 1) - 2)}"
          y1="${at(floor - height(share))}"
          y2="${at(floor - height(share))}"
        />`,
  );
  const labels = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const anchor = part === 0 ? 'start' : part === 1 ? 'end' : 'middle';
    const score = showNumber(least + part * (most - least), 1);
    return html`<text x="${at(part * histogramWidth)}" y="${histogramHeight - 3}" text-anchor="${anchor}"
      >${score}</text
    >`;
  });
  const sentence = `Histogram of ${scores.length} CLIP scores from ${showNumber(least, 1)} to ${showNumber(most, 1)}.`;
  return html`<figure>
    <svg class="histogram" viewBox="0 0 ${histogramWidth} ${histogramHeight}" role="img" aria-label="${sentence}">
      ${bars}${strokes}
      <line class="axis" x1="0" x2="${histogramWidth}" y1="${floor}" y2="${floor}" />
      ${labels}
    </svg>
    <figcaption>
      CLIP score of each picture and its caption, ${scores.length.toLocaleString('en')}
      pictures${others.length === 0 ? '' : '; strokes: the other run, by shares'}
    </figcaption>
  </figure>`;
}
