import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { PictureSummary } from '../../app/contracts/gallery.js';
import { ask } from '../bridge.js';

/** The newest pictures, for the film and the palette; the gallery keeps its own list, by its own query. */
const MOST_KEPT = 500;

interface RecentState {
  readonly pictures: readonly PictureSummary[];
  readonly loaded: boolean;
}

export const recentStore = createStore<RecentState>(() => ({ pictures: [], loaded: false }));
export const useRecent = <T>(select: (state: RecentState) => T): T => useStore(recentStore, select);

export async function loadRecent(): Promise<void> {
  const all = await ask('gallery.list', { text: '', kept: false, bin: false, sort: 'newest' });
  recentStore.setState({ pictures: all.slice(0, MOST_KEPT), loaded: true });
}

export function addRecent(picture: PictureSummary): void {
  recentStore.setState(({ pictures }) => ({
    pictures: [picture, ...pictures.filter(({ id }) => id !== picture.id)].slice(0, MOST_KEPT),
  }));
}

export function markRecent(id: string, kept: boolean): void {
  recentStore.setState(({ pictures }) => ({
    pictures: pictures.map((picture) => (picture.id === id ? { ...picture, kept } : picture)),
  }));
}

export function dropRecent(ids: ReadonlySet<string>): void {
  recentStore.setState(({ pictures }) => ({ pictures: pictures.filter(({ id }) => !ids.has(id)) }));
}
