import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { AdapterEffect } from '../../app/contracts/adapters.js';
import type { StudioError } from '../../app/contracts/studio-error.js';

export type View = 'all' | 'fits' | 'other' | 'unknown' | 'favourites';

/** Work that main does for one adapter, as far as it has told. */
export interface Work {
  readonly id: string;
  /** The part that is done, 0 to 1. */
  readonly part: number;
  readonly secondsLeft: number | null;
}

/** The Adapters panel; the cards themselves are in `studio/shelf-store.ts`, as other panels need them too. */
export interface AdaptersState {
  readonly text: string;
  readonly view: View;
  /** The card that arrows move from and the sheet shows. */
  readonly cursor: string | null;
  /** Cards in a row, as laid out last; the arrows up and down need it. */
  readonly columns: number;
  readonly sheetShown: boolean;
  readonly foldersOpen: boolean;
  /** Strength at which an adapter is looked at, by its id, where a person moved it. */
  readonly strengths: ReadonlyMap<string, number>;
  /** What each adapter does, by `effectKey`; null: never asked. */
  readonly effects: ReadonlyMap<string, AdapterEffect | null>;
  /** What does it do? One at a time. */
  readonly comparing: Work | null;
  readonly baking: Work | null;
  /** A comparison or baking that failed, of this adapter. */
  readonly problem: { readonly id: string; readonly of: 'compare' | 'bake'; readonly error: StudioError } | null;
}

export const adaptersStore = createStore<AdaptersState>(() => ({
  text: '',
  view: 'all',
  cursor: null,
  columns: 1,
  sheetShown: true,
  foldersOpen: false,
  strengths: new Map(),
  effects: new Map(),
  comparing: null,
  baking: null,
  problem: null,
}));

export const useAdapters = <T>(select: (state: AdaptersState) => T): T => useStore(adaptersStore, select);
