import TriangleAlert from 'lucide-react/icons/triangle-alert';
import type { EvaluatedSet, EvaluationResult, EvaluationRun } from '../../app/contracts/evaluation.js';
import { Icon } from '../components/icon.js';
import { count, duration, plural } from '../words/numbers.js';
import { runById, useEvaluate } from './evaluate-store.js';
import { networkWords } from './evaluate-words.js';
import { FeatureMapFigure } from './feature-map.js';
import { MetricsTable } from './metrics-table.js';
import { EndsFigure } from './ends-figure.js';
import { ScoresFigure } from './scores-figure.js';

/** The verdict, what it cannot carry, the numbers, and the plots that show why. */
export function Summary({ run, result }: { run: EvaluationRun; result: EvaluationResult }) {
  const other = useEvaluate(({ runs }) => runById(runs, run.settings.against)?.name ?? null);
  const otherName = other ?? 'the other run';
  return (
    <>
      <p className="verdict">{result.verdict}</p>
      <Warnings texts={result.warnings} />
      <MetricsTable metrics={result.metrics} name={run.name} other={otherName} />
      <div className="plots">
        {result.map ? <FeatureMapFigure run={run} result={result} map={result.map} /> : null}
        {result.scores.length > 0 ? (
          <ScoresFigure scores={result.scores} others={result.againstScores} name={run.name} other={otherName} />
        ) : null}
        {result.nearest.length > 0 ? <EndsFigure run={run} result={result} /> : null}
      </div>
      <Facts result={result} seed={run.settings.seed} />
    </>
  );
}

/** So many that the numbers stay in sight; the others are one click away, and counted. */
const WARNINGS_SHOWN = 3;

function Warnings({ texts }: { texts: readonly string[] }) {
  if (texts.length === 0) return null;
  const shown = texts.length <= WARNINGS_SHOWN + 1 ? texts.length : WARNINGS_SHOWN;
  return (
    <div className="notice warn warnings" role="note" aria-label="Warnings">
      <Icon of={TriangleAlert} />
      <div>
        {texts.slice(0, shown).map((text) => (
          <Warning key={text} text={text} />
        ))}
        {texts.length > shown ? (
          <details>
            <summary>{plural(texts.length - shown, 'more warning')}</summary>
            {texts.slice(shown).map((text) => (
              <Warning key={text} text={text} />
            ))}
          </details>
        ) : null}
      </div>
    </div>
  );
}

/** What the numbers cannot carry: the first sentence is the warning, the rest why. */
function Warning({ text }: { text: string }) {
  const [first, rest] = splitFirst(text);
  if (rest === '') return <p>{text}</p>;
  return (
    <p>
      <b>{first}</b> {rest}
    </p>
  );
}

/** A sentence ends before a space and a capital letter: "FID 9.6" goes on. */
export function splitFirst(text: string): readonly [string, string] {
  const end = /[.:] (?=[A-Z])/.exec(text);
  return end ? [text.slice(0, end.index + 1), text.slice(end.index + 2)] : [text, ''];
}

/** Whatever changes the numbers, in words. */
function Facts({ result, seed }: { result: EvaluationResult; seed: number }) {
  const { features, captions, generated, reference, seconds, computed, device, versions } = result;
  const rows: { name: string; value: string }[] = [
    { name: 'Generated', value: setWords(generated) },
    ...(reference ? [{ name: 'Reference', value: setWords(reference) }] : []),
    ...(features ? [{ name: 'Features', value: networkWords(features) }] : []),
    ...(captions ? [{ name: 'Captions', value: networkWords(captions) }] : []),
    { name: 'Computed as', value: `${result.mode}, seed ${seed}` },
    { name: 'Device', value: device },
    {
      name: 'Time',
      value: `${duration(seconds.total)}: ${computed === 0 ? 'every picture was known already' : `${plural(computed, 'picture')} computed in ${duration(seconds.features)}`}`,
    },
    { name: 'Made with', value: `Inkstone ${versions.inkstone}, ONNX Runtime ${versions.onnxruntime}` },
  ];
  return (
    <section className="how" aria-label="How it was computed">
      <h2>How it was computed</h2>
      <dl className="facts num">
        {rows.map(({ name, value }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {result.notices.map((text) => (
        <p key={text} className="note">
          {text}
        </p>
      ))}
    </section>
  );
}

/** "run-12: 1,000 pictures, 3 skipped, 2 duplicates; transparency dropped (12)". */
export function setWords({ label, count: pictures, skipped, duplicates, notes }: EvaluatedSet): string {
  const parts = [
    plural(pictures, 'picture'),
    ...(skipped.length > 0 ? [`${count(skipped.length)} skipped`] : []),
    ...(duplicates > 0 ? [plural(duplicates, 'duplicate')] : []),
  ];
  const done = notes.map(({ note, count: times }) => `${note} (${count(times)})`).join(', ');
  return `${label}: ${parts.join(', ')}${done === '' ? '' : `; ${done}`}`;
}
