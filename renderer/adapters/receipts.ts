import { useEffect, useState } from 'react';
import type { AdapterCard, AdapterReceipt } from '../../app/contracts/adapters.js';
import type { StudioError } from '../../app/contracts/studio-error.js';
import { ask, asStudioError } from '../bridge.js';

type Answer = { readonly receipt: AdapterReceipt } | { readonly error: StudioError };

/** Whole receipts that were looked at, for the arrows' way back; main keeps them all. */
const MOST_KEPT = 100;
const known = new Map<string, Answer>();

/** A card on a model. */
const placeOf = ({ id }: AdapterCard, model: string): string => `${id}\n${model}`;
/** The same with what tells that the file under its name is another one. */
const keyOf = (card: AdapterCard, model: string): string =>
  `${placeOf(card, model)}\n${card.bytes}\n${card.hashes?.sha256 ?? ''}`;

const SLOW_AFTER_MS = 400;

export interface ReceiptState {
  readonly receipt: AdapterReceipt | null;
  readonly error: StudioError | null;
  /** It has been read for so long that a person should be told. */
  readonly slow: boolean;
}

const WAITING: ReceiptState = { receipt: null, error: null, slow: false };

/**
 * The receipt of a card on a model (empty: of the file alone). When the file changes the old one stays until the new one
 * is there; that of another card or model is never shown.
 */
export function useReceipt(card: AdapterCard, model: string): ReceiptState {
  const place = placeOf(card, model);
  const key = keyOf(card, model);
  const unreadable = card.problem !== null || card.missing;
  const [state, setState] = useState<{ place: string } & ReceiptState>({ place: '', ...WAITING });
  useEffect(() => {
    // The card itself says why there can be no receipt.
    if (unreadable) return undefined;
    let gone = false;
    const slow = setTimeout(
      () => setState((before) => ({ ...(before.place === place ? before : WAITING), place, slow: true })),
      SLOW_AFTER_MS,
    );
    void receiptOf(card.id, model, key).then((answer) => {
      clearTimeout(slow);
      if (!gone) setState({ place, ...WAITING, ...answer });
    });
    return () => {
      gone = true;
      clearTimeout(slow);
    };
  }, [card.id, model, place, key, unreadable]);
  if (unreadable) return WAITING;
  if (state.place === place) return state;
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
