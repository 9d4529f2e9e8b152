import CircleCheck from 'lucide-react/icons/circle-check';
import CircleHelp from 'lucide-react/icons/circle-question-mark';
import TriangleAlert from 'lucide-react/icons/triangle-alert';
import type { MetricResult } from '../../app/contracts/evaluation.js';
import { showDifference, showMeasure } from '../../app/contracts/measured-digits.js';
import { Icon } from '../components/icon.js';
import { count } from '../words/numbers.js';
import { IntervalBar } from './interval-bar.js';

interface MetricsTableProps {
  /** In the order in which they are to be shown. */
  readonly metrics: readonly MetricResult[];
  readonly name: string;
  /** The other run's name. */
  readonly other: string;
}

/** One row a metric: value, interval, the other run, the change, how many pictures, how many it wants. */
export function MetricsTable({ metrics, name, other }: MetricsTableProps) {
  // Where no number can be set beside published ones it is said once.
  const ownScale = metrics.every(({ comparable }) => !comparable);
  const compared = metrics.some(({ against }) => against !== null);
  return (
    <table className={`metric-table num${compared ? ' compared' : ''}`}>
      <caption className="read-only">Metrics of {name}, each with its 95 % interval</caption>
      <thead>
        <tr>
          <th scope="col">
            Metric
            {ownScale ? <OwnScale /> : null}
          </th>
          <th scope="col" className="r">
            {name}
          </th>
          <th scope="col" title="Each bar begins at 0; precision, recall and coverage end at 1.">
            95 % interval
            {compared ? <Key name={name} other={other} /> : null}
          </th>
          {compared ? (
            <th scope="col" className="r" colSpan={2}>
              Change from {other}
            </th>
          ) : null}
          <th scope="col" className="r" title="Pictures that went in: generated / reference">
            N
          </th>
          <th scope="col" className="r" title="Pictures from which on the metric says something">
            Floor
          </th>
        </tr>
      </thead>
      <tbody>
        {metrics.map((metric) => (
          <Row key={metric.id} metric={metric} compared={compared} other={other} mixed={!ownScale} />
        ))}
      </tbody>
    </table>
  );
}

/** Made by an embedded network. */
const OwnScale = () => (
  <span className="badge" title="By the embedded network: set it beside numbers of the same network only.">
    own scale
  </span>
);

function Key({ name, other }: { name: string; other: string }) {
  return (
    <span className="key" aria-hidden="true">
      <svg width="10" height="10">
        <circle cx="5" cy="5" r="3" className="mark-a" />
      </svg>
      {name}
      <svg width="10" height="10">
        <path d="M5 1v8" className="line-b" />
      </svg>
      {other}
    </span>
  );
}

/** "× 1000, lower is better"; below its floor, how far off it reads. */
export function hintOf({ hint, better, belowFloor, bias, shownTimes }: MetricResult): string {
  if (belowFloor && bias !== null && bias > 0) return `reads about ${biasWords(bias * shownTimes)} too high here`;
  return [hint, `${better} is better`].filter((words) => words !== '').join(', ');
}

/** A guess: two figures at most. */
const biasWords = (bias: number): string => String(Number(bias.toPrecision(2)));

interface RowProps {
  readonly metric: MetricResult;
  readonly compared: boolean;
  readonly other: string;
  /** Some of the table's numbers can be compared with published ones, others not. */
  readonly mixed: boolean;
}

function Row({ metric, compared, other, mixed }: RowProps) {
  const { label, value, reason, interval, n, floor, belowFloor, shownTimes, protocol, comparable } = metric;
  const { low, high } = metric;
  const shown = value === null ? null : showMeasure({ value, low, high }, shownTimes);
  return (
    <tr className={belowFloor ? 'below' : ''}>
      <th scope="row" title={protocol}>
        {label} <small>{hintOf(metric)}</small>
        {comparable || !mixed ? null : <OwnScale />}
      </th>
      {shown === null ? (
        <td colSpan={compared ? 4 : 2} className="reason">
          {reason ?? 'It could not be computed.'}
        </td>
      ) : (
        <>
          <td className="r">
            <b>{shown.value}</b>
          </td>
          <td className="interval-cell" title={interval ?? 'No interval can be had for it.'}>
            <IntervalBar metric={metric} />
            <small>{shown.low === null ? 'no interval' : `${shown.low} – ${shown.high}`}</small>
          </td>
          {compared ? <Change metric={metric} other={other} /> : null}
        </>
      )}
      <td className="r">
        {count(n[0])}
        {n[1] === null || n[1] === n[0] ? null : ` / ${count(n[1])}`}
      </td>
      <td className="r">
        {belowFloor ? (
          <span className="match warn" title={`Fewer pictures than ${count(floor)}: it is not to be quoted.`}>
            <Icon of={TriangleAlert} size={14} />
            {count(floor)}
            <span className="read-only">, not reached</span>
          </span>
        ) : (
          count(floor)
        )}
      </td>
    </tr>
  );
}

function Change({ metric: { against, shownTimes }, other }: { metric: MetricResult; other: string }) {
  if (!against) return <td colSpan={2} />;
  if (!against.difference) {
    return (
      <td colSpan={2} className="r dim" title={`${other} and this run cannot be ranked by this metric.`}>
        not compared
      </td>
    );
  }
  const { value: change, half } = showDifference(against.difference, shownTimes);
  const { clear } = against.difference;
  return (
    <>
      <td className="r">
        {change} <small>± {half}</small>
      </td>
      <td>
        <span className={`match${clear ? ' ok' : ''}`}>
          <Icon of={clear ? CircleCheck : CircleHelp} size={14} />
          {clear ? 'clear' : 'could be chance'}
        </span>
      </td>
    </>
  );
}
