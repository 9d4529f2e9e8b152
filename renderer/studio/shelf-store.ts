import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { AdapterCard, AdapterFolder } from '../../app/contracts/adapters.js';
import { ask, asStudioError } from '../bridge.js';
import { generateStore } from '../generate/generate-store.js';
import type { StudioError } from '../../app/contracts/studio-error.js';

/** The shelf of adapters, and how each goes with the model of the Generate panel; every panel reads it. */
export interface ShelfState {
  readonly cards: readonly AdapterCard[];
  readonly byId: ReadonlyMap<string, AdapterCard>;
  /** The model that the cards' fit is about; null: none. */
  readonly model: string | null;
  readonly folders: readonly AdapterFolder[];
  /** Files found but not read yet. */
  readonly waiting: number;
  /** False until the first answer. */
  readonly loaded: boolean;
  /** Why the last answer did not come; the cards are then the ones before. */
  readonly problem: StudioError | null;
}

export const shelfStore = createStore<ShelfState>(() => ({
  cards: [],
  byId: new Map(),
  model: null,
  folders: [],
  waiting: 0,
  loaded: false,
  problem: null,
}));

export const useShelf = <T>(select: (state: ShelfState) => T): T => useStore(shelfStore, select);

const ASK_AFTER_MS = 120;
const CARDS_PER_MS = 10;
let timer: ReturnType<typeof setTimeout> | null = null;
let asked = 0;

/** Ask for the whole shelf now; an answer to an older question is dropped. */
export async function refreshShelf(): Promise<void> {
  if (timer) clearTimeout(timer);
  timer = null;
  asked += 1;
  const question = asked;
  const model = generateStore.getState().draft.model || null;
  try {
    const { adapters, folders, waiting } = await ask('adapters.list', { model });
    if (question !== asked) return;
    const byId = new Map(adapters.map((card) => [card.id, card]));
    shelfStore.setState({ cards: adapters, byId, model, folders, waiting, loaded: true, problem: null });
  } catch (error) {
    if (question === asked) shelfStore.setState({ loaded: true, problem: asStudioError(error) });
  }
}

/**
 * While thousands of files are read news comes in bursts: the first of a burst sets the moment to ask. The answer is the
 * whole shelf, so a large one is asked less often (10,000 cards: about once a second).
 */
export function hearShelf(): void {
  timer ??= setTimeout(() => void refreshShelf(), ASK_AFTER_MS + shelfStore.getState().cards.length / CARDS_PER_MS);
}

/** Ask once, and again whenever the model changes. */
export function watchShelf(): void {
  void refreshShelf();
  generateStore.subscribe(({ draft }, before) => {
    if (draft.model !== before.draft.model) void refreshShelf();
  });
}

/** A change that the person made is seen at once; main's answer makes it so. */
export function changeCard(id: string, change: Partial<AdapterCard>): void {
  shelfStore.setState(({ cards, byId }) => {
    const card = byId.get(id);
    if (!card) return {};
    const next = { ...card, ...change };
    return { cards: cards.map((one) => (one === card ? next : one)), byId: new Map(byId).set(id, next) };
  });
}
