import type { MetricFacts } from '../../app/contracts/measures.js';
import { useStudio } from '../studio/studio-store.js';
import { isChosen, toggleMetric, whyNotMetric } from './drafting.js';
import { useEvaluate } from './evaluate-store.js';

/** Metrics that the studio has; one that cannot be computed from what is chosen says what it needs. */
export function MetricChoice() {
  const metrics = useStudio(({ capabilities }) => capabilities.metrics);
  const draft = useEvaluate((state) => state.draft);
  const looks = useEvaluate((state) => state.looks);
  return (
    <div className="group" role="group" aria-labelledby="evaluate-metrics">
      <h2 id="evaluate-metrics">Metrics</h2>
      <div className="metric-ticks">
        {metrics.map((metric) => {
          const why = whyNotMetric(metric, draft, looks);
          return (
            <label key={metric.id} title={titleOf(metric, why, draft.inception === null)}>
              <input
                type="checkbox"
                checked={isChosen(draft, metric)}
                onChange={() => toggleMetric(metric.id)}
                aria-describedby={why === null ? undefined : `metric-why-${metric.id}`}
              />
              <span className={why === null ? '' : 'dim'}>{metric.label}</span>
              {why === null ? null : (
                <span id={`metric-why-${metric.id}`} className="read-only">
                  {waitWords(metric, why)}
                </span>
              )}
            </label>
          );
        })}
      </div>
      <Missing />
    </div>
  );
}

/** Vendi tells of one set, yet it is computed with the metrics that compare two. */
const waitWords = ({ id }: MetricFacts, why: string): string =>
  id === 'vendi'
    ? `${why}: it tells of the generated pictures alone, but is computed with the metrics on two sets`
    : why;

/** What a metric waits for, else where it comes from and under which name its row stands. */
function titleOf(metric: MetricFacts, why: string | null, embedded: boolean): string {
  const { id, label, paper } = metric;
  if (why !== null) return `${label} ${waitWords(metric, why)}`;
  if (!embedded || !id.startsWith('fid')) return paper;
  return `${paper}. On the embedded network it is called ${label.replace('FID', 'FD')}.`;
}

/** One sentence for all that have to wait. */
function Missing() {
  const metrics = useStudio(({ capabilities }) => capabilities.metrics);
  const draft = useEvaluate((state) => state.draft);
  const looks = useEvaluate((state) => state.looks);
  if (draft.generated === null) return null;
  const reasons = new Map<string, string[]>();
  for (const metric of metrics) {
    const why = isChosen(draft, metric) ? whyNotMetric(metric, draft, looks) : null;
    if (why !== null) reasons.set(why, [...(reasons.get(why) ?? []), metric.label]);
  }
  return (
    <>
      {[...reasons].map(([why, labels]) => (
        <p key={why} className="note">
          {why === 'needs a reference' ? 'Without a reference' : 'Without prompts'} there is no {labels.join(', ')}.
        </p>
      ))}
    </>
  );
}
