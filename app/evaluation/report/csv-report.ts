import type { EvaluationResult } from '../../contracts/evaluation.js';

type Cell = string | number | boolean | null;

const columns = [
  ...['metric', 'label', 'value', 'low', 'high', 'interval', 'n_generated', 'n_reference', 'bias', 'floor'],
  ...['below_floor', 'better', 'comparable', 'mode', 'network', 'sha256', 'against', 'difference', 'difference_low'],
  ...['difference_high', 'difference_clear', 'protocol', 'reason'],
] as const;

/** One line for each metric, in plain numbers of full precision; RFC 4180. */
export function csvReport({ metrics, mode, features, captions }: EvaluationResult): string {
  const rows = metrics.map((metric): Cell[] => {
    const network = metric.metric.startsWith('clip') ? captions : features;
    const difference = metric.against?.difference ?? null;
    const [generated, reference] = metric.n;
    return [
      ...[metric.id, metric.label, metric.value, metric.low, metric.high, metric.interval, generated, reference],
      ...[metric.bias, metric.floor, metric.belowFloor, metric.better, metric.comparable, mode],
      ...[network?.label ?? null, network?.sha256 ?? null, metric.against?.value ?? null, difference?.value ?? null],
      ...[difference?.low ?? null, difference?.high ?? null, difference?.clear ?? null, metric.protocol, metric.reason],
    ];
  });
  return [columns, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

function cell(value: Cell): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  // A table program takes a text that begins so for a formula, and labels are names from strangers.
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
