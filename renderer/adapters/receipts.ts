import { useEffect, useState } from 'react';
import type { AdapterCard, AdapterReceipt } from '../../app/contracts/adapters.js';
import type { StudioError } from '../../app/contracts/studio-error.js';
import { ask, asStudioError } from '../bridge.js';

type Answer = { readonly receipt: AdapterReceipt } | { readonly error: StudioError };

/** Whole receipts that were looked at, for the arrows' way back; main keeps them all. */
const MOST_KEPT = 100;
const known = new Map<string, Answer>();

/** Another model, or another file under the same name, is another receipt. */
const keyOf = ({ id, bytes, problem }: AdapterCard, model: string): string => `${id}\n${model}\n${bytes}\n${problem}`;

const SLOW_AFTER_MS = 400;

export interface ReceiptState {
  readonly receipt: AdapterReceipt | null;
  readonly error: StudioError | null;
  /** It has been read for so long that a person should be told. */
  readonly slow: boolean;
}

const WAITING: ReceiptState = { receipt: null, error: null, slow: false };

/** The receipt of a card on a model (empty: of the file alone). Never that of another card, not even for a moment. */
export function useReceipt(card: AdapterCard, model: string): ReceiptState {
  const key = keyOf(card, model);
  const [state, setState] = useState<{ key: string } & ReceiptState>({ key: '', ...WAITING });
  const unreadable = card.problem !== null || card.missing;
  useEffect(() => {
    // The card itself says why there can be no receipt.
    if (unreadable) return undefined;
    let gone = false;
    const slow = setTimeout(() => setState({ key, ...WAITING, slow: true }), SLOW_AFTER_MS);
    void receiptOf(card.id, model, key).then((answer) => {
      clearTimeout(slow);
      if (!gone) setState({ key, ...WAITING, ...answer });
    });
    return () => {
      gone = true;
      clearTimeout(slow);
    };
  }, [card.id, model, key, unreadable]);
  if (state.key === key) return state;
  const had = known.get(key);
  return had ? { ...WAITING, ...had } : WAITING;
}

async function receiptOf(id: string, model: string, key: string): Promise<Answer> {
  const had = known.get(key);
  if (had) return had;
  try {
    const answer = { receipt: await ask('adapters.receipt', { id, model: model === '' ? null : model }) };
    known.set(key, answer);
    if (known.size > MOST_KEPT) known.delete(known.keys().next().value ?? '');
    return answer;
  } catch (error) {
    return { error: asStudioError(error) };
  }
}
