import type { EvaluatedSet, MetricResult } from '../contracts/evaluation.js';
import { showDifference } from '../contracts/measured-digits.js';
import { valueInWords } from './shown-value.js';
import { pictureCount } from './sources.js';

/** What an evaluation is about, for its sentences. */
export interface Told {
  readonly generated: Pick<EvaluatedSet, 'label' | 'count'>;
  readonly reference: Pick<EvaluatedSet, 'label'> | null;
  /** The other run, where there is one. */
  readonly against: Pick<EvaluatedSet, 'label' | 'count'> | null;
  /** Both sets hold the same pictures, to the last bit. */
  readonly identical: boolean;
  /** In their order: what carries first. */
  readonly metrics: readonly MetricResult[];
  /** Metrics on captions, by their own names. */
  readonly onCaptions: ReadonlySet<string>;
}

/** What the numbers say, in one plain sentence. */
export function verdictOf(told: Told): string {
  const [first] = told.metrics;
  if (first === undefined || first.value === null) {
    return `Nothing could be measured: ${first?.reason ?? 'there are no metrics.'}`;
  }
  if (told.identical && !told.onCaptions.has(first.metric)) {
    return `Both sets hold the same pictures: “${told.generated.label}” is measured against itself, and no distance says anything of it.`;
  }
  if (told.against !== null) return comparison(told, told.against);
  if (first.belowFloor) {
    return `${upper(pictureCount(smallest(first)))} ${smallest(first) === 1 ? 'is' : 'are'} too few to say much: ${inWords(first)}.`;
  }
  return told.onCaptions.has(first.metric) ? aboutCaptions(told, first) : aboutSets(told, first);
}

/** What leads a comparison: a metric on sets whose difference is told, else one on captions. */
function comparison(told: Told, against: NonNullable<Told['against']>): string {
  const { generated, metrics, onCaptions } = told;
  const lead = metrics.find((metric) => metric.against?.difference != null);
  if (lead?.against?.difference == null) {
    return generated.count === against.count
      ? `“${generated.label}” and “${against.label}” could not be compared: ${metrics[0]?.reason ?? 'no difference could be measured.'}`
      : `“${generated.label}” and “${against.label}” are not ranked: they hold ${generated.count.toLocaleString('en')} and ${pictureCount(against.count)}, and the metrics depend on how many there are.`;
  }
  const { difference } = lead.against;
  if (difference.low === 0 && difference.high === 0) {
    return `“${generated.label}” and “${against.label}” measure the same: their ${nameOf(lead)} does not differ.`;
  }
  const shown = showDifference(difference, lead.shownTimes);
  const chance = `${nameOf(lead)} differs by ${shown.value} ± ${shown.half}`;
  if (!difference.clear) {
    return `“${generated.label}” and “${against.label}” cannot be told apart at this size: ${chance}, which may be chance.`;
  }
  const isBetter = difference.value < 0 === (lead.better === 'lower');
  const [better, worse] = isBetter ? [generated.label, against.label] : [against.label, generated.label];
  const is = onCaptions.has(lead.metric)
    ? `“${better}” follows its prompts better than “${worse}”`
    : `“${better}” is closer to the reference than “${worse}”`;
  const direction = lead.better === 'lower' ? 'lower' : 'higher';
  const [from, to] = [Math.abs(difference.low), Math.abs(difference.high)].sort((a, b) => a - b) as [number, number];
  const size = valueInWords({
    value: Math.abs(difference.value),
    low: from,
    high: to,
    shownTimes: lead.shownTimes,
  });
  return `${is}, by more than chance: ${nameOf(lead)} is ${direction} by ${size}.`;
}

function aboutSets({ generated, reference }: Told, first: MetricResult): string {
  const of = reference === null ? 'the reference' : `“${reference.label}”`;
  // KID is 0 on average where both sets come from one source; of no other metric is the value for equal sources known.
  if (first.metric !== 'kid' || first.low === null || first.high === null) {
    return `${inWords(first, generated.label)} against ${of}.`;
  }
  if (first.low > 0) return `“${generated.label}” differs from ${of} by more than chance: ${inWords(first)}.`;
  // The estimator is unbiased, so a true KID of 0 gives values below 0 as often as above: all below is no difference either.
  const zero = first.high < 0 ? 'and a KID below 0 is no difference' : 'and 0 lies inside';
  return `“${generated.label}” cannot be told from ${of} at this size: ${inWords(first)}, ${zero}.`;
}

function aboutCaptions({ generated }: Told, first: MetricResult): string {
  return `${inWords(first, generated.label)}: how well its pictures follow their prompts.`;
}

/** `KID is 6.4 [5.6, 7.2] (× 1000)`. */
function inWords(metric: MetricResult, of?: string): string {
  const times = metric.shownTimes === 1 ? '' : ` (× ${metric.shownTimes})`;
  return `${nameOf(metric)}${of === undefined ? '' : ` of “${of}”`} is ${valueInWords(metric)}${times}`;
}

const nameOf = ({ label, comparable }: MetricResult): string =>
  comparable ? label : `${label} on the embedded network`;

const upper = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

export const smallest = ({ n: [generated, reference] }: Pick<MetricResult, 'n'>): number =>
  Math.min(generated, reference ?? generated);
