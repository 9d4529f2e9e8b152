import type { EvaluationResult, MetricResult, UsedNetwork } from '../../app/contracts/evaluation.js';
import { shownDifference, shownValue } from '../../app/evaluation/shown-value.js';
import { pictureCount } from '../../app/evaluation/sources.js';
import { table } from './table.js';

/** The object of `eval --json`; its first fields are the contract's. */
export function evaluationJson(result: EvaluationResult): object {
  const { generated, reference, features, captions, mode, metrics, verdict, warnings, notices } = result;
  return {
    generated: { count: generated.count, skipped: generated.skipped, duplicates: generated.duplicates },
    reference: reference && { count: reference.count, skipped: reference.skipped, duplicates: reference.duplicates },
    features: features && networkJson(features),
    captions: captions && networkJson(captions),
    metrics: Object.fromEntries(metrics.map((metric) => [metric.id, { ...metricJson(metric), mode }])),
    verdict,
    warnings,
    notices: [...warnings, ...notices],
    device: result.device,
    versions: result.versions,
    computed: result.computed,
    seconds: result.seconds,
  };
}

const networkJson = ({ label, ...rest }: UsedNetwork): object => ({ network: label, ...rest });

const metricJson = ({
  value,
  reason,
  low,
  high,
  n,
  interval,
  bias,
  details,
  comparable,
  against,
  protocol,
}: MetricResult) => ({
  ...{ value, reason, low, high, n, interval, bias, details, comparable, protocol },
  ...(against && { against }),
});

export function evaluationText(result: EvaluationResult): string {
  const { generated, reference, metrics, warnings, notices, verdict } = result;
  const sets = [generated, ...(reference ? [reference] : [])].map(({ label, count, skipped }) => {
    return `${label}  ${pictureCount(count)}${skipped.length === 0 ? '' : `, ${skipped.length} skipped`}`;
  });
  const skipped = [...generated.skipped, ...(reference?.skipped ?? [])];
  return [
    ...sets,
    ...skipped.slice(0, 10).map(({ file, reason }) => `  ${file}: ${reason}`),
    ...(skipped.length > 10 ? [`  and ${skipped.length - 10} more; --json lists them all`] : []),
    '',
    table([['metric', 'value', '95 % interval', 'pictures', ''], ...metrics.map(cells)]),
    '',
    verdict,
    ...[...warnings, ...notices].map((sentence) => `· ${sentence}`),
  ].join('\n');
}

function cells(metric: MetricResult): string[] {
  const { label, hint, reason, n, against } = metric;
  const { value, interval } = shownValue(metric);
  const difference = against?.difference;
  const change = difference ? `${shownDifference(metric)}, ${difference.clear ? 'clear' : 'could be chance'}` : '';
  return [
    `${label} ${hint}`.trim(),
    value ?? `none: ${reason}`,
    interval ?? '',
    n.filter((each) => each !== null).join(' / '),
    change,
  ];
}
