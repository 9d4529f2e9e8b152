import type { EvaluatedSet, EvaluationResult } from '../../app/contracts/evaluation.js';
import { plural } from '../words/numbers.js';

/** Every file that did not go in, and why. */
export function SkippedPage({ result: { generated, reference } }: { result: EvaluationResult }) {
  return (
    <>
      <SkippedOf set={generated} />
      {reference ? <SkippedOf set={reference} /> : null}
    </>
  );
}

const MOST_ROWS = 2000;

function SkippedOf({ set: { label, skipped } }: { set: EvaluatedSet }) {
  if (skipped.length === 0) return null;
  return (
    <section aria-label={`Skipped in ${label}`}>
      <h2>
        {label} <span className="dim num">{plural(skipped.length, 'file')}</span>
      </h2>
      <table className="skipped">
        <thead>
          <tr>
            <th>File</th>
            <th>Why</th>
          </tr>
        </thead>
        <tbody>
          {skipped.slice(0, MOST_ROWS).map(({ file, reason }) => (
            <tr key={file}>
              <th scope="row">{file}</th>
              <td>{reason}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {skipped.length > MOST_ROWS ? (
        <p className="note">and {plural(skipped.length - MOST_ROWS, 'other')}: the report has all of them.</p>
      ) : null}
    </section>
  );
}
