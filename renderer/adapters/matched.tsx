import type { ReactNode } from 'react';
import CircleX from 'lucide-react/icons/circle-x';
import type { AdapterCard, AdapterReceipt } from '../../app/contracts/adapters.js';
import type { StudioError } from '../../app/contracts/studio-error.js';
import { FitMark } from '../components/fit-mark.js';
import { Icon } from '../components/icon.js';
import { NoticeBar } from '../components/notice-bar.js';
import { baseName, isRefused, madeFor, rangeWords, standingSentence } from '../words/adapters.js';
import { bytes, count, day, milliseconds, plural } from '../words/numbers.js';
import { useModelName } from './browsing.js';

interface MatchedProps {
  readonly card: AdapterCard;
  readonly receipt: AdapterReceipt | null;
  readonly error: StudioError | null;
  readonly slow: boolean;
}

/** The head of the receipt: does it go with the model, with what left out, and what it is. */
export function Matched({ card, receipt, error, slow }: MatchedProps) {
  return (
    <div className="group matched">
      <Verdict card={card} receipt={receipt} />
      {error ? <NoticeBar tone="bad">{error.message}</NoticeBar> : null}
      {receipt && receipt.nonFinite.length > 0 ? <NonFinite keys={receipt.nonFinite} /> : null}
      {receipt ? <Unmatched receipt={receipt} /> : null}
      <Facts card={card} receipt={receipt} />
      {slow ? <p className="note">Reading {bytes(card.bytes)} …</p> : null}
    </div>
  );
}

function Verdict({ card, receipt }: Pick<MatchedProps, 'card' | 'receipt'>) {
  const model = useModelName();
  const { fit, problem, missing, base } = card;
  if (problem !== null || missing) {
    return (
      <div className="verdict">
        <p className="line">
          <Refused />
          <b>{missing ? 'Not found' : 'Not usable'}</b>
        </p>
        <p className="said">{standingSentence(card, model)}</p>
      </div>
    );
  }
  const matched = receipt?.matched ?? fit?.matched ?? null;
  const total = receipt?.total ?? fit?.total ?? null;
  const damaged = receipt !== null && receipt.nonFinite.length > 0;
  const counted = matched !== null && total !== null;
  return (
    <div className="verdict">
      <p className="line">
        {damaged ? <Refused /> : <FitMark card={card} />}
        {counted ? (
          <b>
            <span className="num">
              {count(matched)} of {count(total)}
            </span>{' '}
            layers matched
          </b>
        ) : null}
        <span className="dim dialect">{card.dialect}</span>
      </p>
      {fit?.state === 'partial' && receipt ? <p className="said">{partialSentence(receipt)}</p> : null}
      {fit?.state === 'other' ? (
        <p className="said">
          {standingSentence(card, model)}
          {base === 'unknown' ? '' : ` Choose a model of ${baseName(base)} to use it.`}
        </p>
      ) : null}
    </div>
  );
}

const Refused = () => (
  <span className="match bad">
    <Icon of={CircleX} />
    Not usable
  </span>
);

/** The part of a receipt for layers that no part of the network has. */
const ELSEWHERE = 'Other';

/** "250 of 264 layers match; 14 in Up 3 do not. It runs without them." */
export function partialSentence({ matched, total, blocks }: AdapterReceipt): string {
  const left = total - (matched ?? 0);
  const [part, ...others] = blocks.filter((block) => block.matched < block.total);
  const isWhere = part && others.length === 0 && part.name !== ELSEWHERE && part.total - part.matched === left;
  const named = isWhere ? ` in ${part.name}` : '';
  const words =
    left === 1 ? `1${named} does not. It runs without it.` : `${count(left)}${named} do not. It runs without them.`;
  return `${count(matched ?? 0)} of ${count(total)} layers match; ${words}`;
}

/** A damaged file can name every one of its tensors; the first few tell which part it is. */
const KEYS_SHOWN = 100;

function Keys({ keys }: { keys: readonly string[] }) {
  return (
    <ul className="keys">
      {keys.slice(0, KEYS_SHOWN).map((key) => (
        <li key={key}>{key}</li>
      ))}
      {keys.length > KEYS_SHOWN ? <li>and {count(keys.length - KEYS_SHOWN)} more</li> : null}
    </ul>
  );
}

function NonFinite({ keys }: { keys: readonly string[] }) {
  return (
    <>
      <NoticeBar tone="bad">
        {plural(keys.length, 'tensor holds', 'tensors hold')} values that are no numbers (NaN or infinity). It is not
        applied; download or train it again.
      </NoticeBar>
      <details>
        <summary>Which ones</summary>
        <Keys keys={keys} />
      </details>
    </>
  );
}

/** What was left out, by the reason; its keys are one click away. Of a file that is not applied it says why. */
function Unmatched({ receipt }: { receipt: AdapterReceipt }) {
  const { unmatched } = receipt;
  if (unmatched.length === 0) return null;
  const words = isRefused(receipt) ? 'without a match' : 'left out';
  const reasons = Map.groupBy(unmatched, ({ reason }) => reason);
  return (
    <div className="unmatched">
      {[...reasons].map(([reason, left]) => (
        <details key={reason}>
          <summary>
            <b className="num">
              {count(left.length)} {words}:
            </b>{' '}
            {reason}
          </summary>
          <Keys keys={left.map(({ key }) => key)} />
        </details>
      ))}
    </div>
  );
}

function Facts({ card, receipt }: Pick<MatchedProps, 'card' | 'receipt'>) {
  const model = useModelName();
  const fits = card.fit?.state === 'fits' || card.fit?.state === 'partial';
  const rank = receipt?.rank ?? card.rank;
  const alpha = receipt ? receipt.alpha : card.alpha;
  const facts: { name: string; value: ReactNode }[] = [
    {
      name: 'Base',
      value:
        card.base === 'unknown' && !fits ? (
          'unknown'
        ) : (
          <>
            {madeFor(card, model)} <span className="dim">{card.base === 'unknown' ? 'by layers' : 'by shapes'}</span>
          </>
        ),
    },
    ...(rank
      ? [{ name: 'Rank', value: `${rangeWords(rank)}${alpha ? `, alpha ${rangeWords(alpha, 2)}` : ', no alpha'}` }]
      : []),
    ...(receipt ? [{ name: 'Scale', value: scaleWords(receipt.scale) }] : []),
    { name: 'Used', value: card.usedAt === null ? 'never' : day(card.usedAt) },
    ...(card.applied ? [{ name: 'Applied', value: `${card.applied.how}, ${milliseconds(card.applied.seconds)}` }] : []),
  ];
  return (
    <dl className="facts two-facts num">
      {facts.map(({ name, value }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

const scaleWords = ([least, most]: readonly [number, number]): string =>
  least === most ? least.toFixed(2) : `${least.toFixed(2)} to ${most.toFixed(2)}`;
