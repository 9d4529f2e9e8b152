import type { AdapterReceipt } from '../../app/contracts/adapters.js';
import { isRefused } from '../words/adapters.js';
import { count, fixed } from '../words/numbers.js';

type Block = AdapterReceipt['blocks'][number];

/** A table whose last column is drawn: how many layers matched in each part, and how much the adapter moves it. */
export function Blocks({ receipt }: { receipt: AdapterReceipt }) {
  const { blocks } = receipt;
  const refused = isRefused(receipt);
  if (blocks.length === 0) return null;
  const most = Math.max(...blocks.map(({ norm }) => norm ?? 0));
  return (
    <div className="group">
      <h2>
        By block <span className="dim">matched{refused ? '; it is not applied' : ', and how much it moves'}</span>
      </h2>
      <table className="blocks num">
        <caption className="read-only">
          {refused ? 'It is not applied, so it moves nothing.' : sentenceOf(blocks)}
        </caption>
        <colgroup>
          <col className="of-name" />
          <col className="of-count" />
          <col />
          <col className="of-norm" />
        </colgroup>
        <thead className="read-only">
          <tr>
            <th scope="col">Part</th>
            <th scope="col">Layers matched</th>
            <th scope="col">Norm, drawn</th>
            <th scope="col">Norm of its change</th>
          </tr>
        </thead>
        <tbody>
          {blocks.map(({ name, matched, total, norm }) => (
            <tr key={name} className={matched < total ? 'part' : ''}>
              <th scope="row">{name}</th>
              <td>
                {count(matched)}/{count(total)}
              </td>
              <td aria-hidden="true">
                <i style={{ width: refused || norm === null || most === 0 ? 0 : `${(norm / most) * 100}%` }} />
              </td>
              <td>{refused ? null : norm === null ? 'no number' : fixed(norm, 2)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** What the bars say, for those who do not see them. */
export function sentenceOf(blocks: readonly Block[]): string {
  const byNorm = blocks
    .filter(({ matched, norm }) => matched > 0 && norm !== null)
    .toSorted((a, b) => (b.norm ?? 0) - (a.norm ?? 0));
  const [most] = byNorm;
  const least = byNorm.at(-1);
  if (!most || !least) return 'No part has a norm that is a number.';
  return most === least ? `It moves ${most.name} alone.` : `It moves ${most.name} most and ${least.name} least.`;
}
