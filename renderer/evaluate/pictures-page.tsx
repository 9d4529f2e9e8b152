import type { EvaluationResult, EvaluationRun } from '../../app/contracts/evaluation.js';
import { fixed } from '../words/numbers.js';
import { EvaluatedPicture } from './evaluated-picture.js';
import { distanceWords } from './evaluate-words.js';

/** The pictures behind the numbers: pairs by distance, captions by score. */
export function PicturesPage({ run, result }: { run: EvaluationRun; result: EvaluationResult }) {
  const { nearest, farthest, best, worst } = result;
  return (
    <>
      <Pairs
        run={run.id}
        title="Nearest to the reference"
        note="Each with the reference picture that is most like it. A distance near 0 may be a copy."
        pairs={nearest}
      />
      <Pairs
        run={run.id}
        title="Farthest from the reference"
        note="Subjects or styles that the reference lacks; not failures by themselves."
        pairs={farthest}
      />
      <Captions run={run.id} title="Best captions" captions={best} />
      <Captions run={run.id} title="Worst captions" captions={worst} />
    </>
  );
}

function Pairs(props: { run: string; title: string; note: string; pairs: EvaluationResult['nearest'] }) {
  const { run, title, note, pairs } = props;
  if (pairs.length === 0) return null;
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <p className="note">{note}</p>
      <ul className="pairs">
        {pairs.map(({ picture, reference, distance }) => (
          <li key={picture.index}>
            <span className="pair-of">
              <EvaluatedPicture run={run} picture={picture} />
              <EvaluatedPicture run={run} picture={reference} />
            </span>
            <span className="num">
              <b>{distanceWords(distance)}</b>{' '}
              <span className="names" title={`${picture.name}, reference ${reference.name}`}>
                {picture.name}
              </span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Captions({ run, title, captions }: { run: string; title: string; captions: EvaluationResult['best'] }) {
  if (captions.length === 0) return null;
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <ul className="captions">
        {captions.map(({ picture, prompt, score }) => (
          <li key={picture.index}>
            <EvaluatedPicture run={run} picture={picture} />
            <span className="num">
              <b>{fixed(score, 1)}</b> <span title={prompt}>{prompt}</span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
