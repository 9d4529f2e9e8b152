import type { EvaluationResult, EvaluationRun } from '../../app/contracts/evaluation.js';
import { EvaluatedPicture } from './evaluated-picture.js';
import { distanceWords } from './evaluate-words.js';

const SHOWN = 3;

/** The generated pictures that are most like the reference, and least. */
export function EndsFigure({ run, result: { nearest, farthest } }: { run: EvaluationRun; result: EvaluationResult }) {
  return (
    <figure className="plot ends">
      <figcaption>
        <b>Nearest and farthest</b>
        <span className="dim">from the reference</span>
      </figcaption>
      <Three run={run.id} pairs={nearest} word="nearest" />
      <Three run={run.id} pairs={farthest} word="farthest" />
      <p className="note">
        Distance to the nearest reference picture. Farthest are subjects that the reference lacks, not failures.
      </p>
    </figure>
  );
}

function Three({ run, pairs, word }: { run: string; pairs: EvaluationResult['nearest']; word: string }) {
  return (
    <ul className="three" aria-label={`The ${word}`}>
      {pairs.slice(0, SHOWN).map(({ picture, distance }, place) => (
        <li key={picture.index}>
          <EvaluatedPicture run={run} picture={picture} />
          <span className="num">
            <b>{distanceWords(distance)}</b> {place === 0 ? word : ''}
          </span>
        </li>
      ))}
    </ul>
  );
}
