import { beforeEach, describe, expect, test, vi } from 'vitest';
import { StudioError } from '../../../../app/contracts/studio-error.js';
import { galleryActions } from '../../../../renderer/gallery/actions.js';
import { galleryStore } from '../../../../renderer/gallery/gallery-store.js';
import {
  hearScoring,
  scorePictures,
  scoringStore,
  scoringWords,
  unscored,
} from '../../../../renderer/gallery/scoring.js';
import type { Action } from '../../../../renderer/keyboard/action.js';
import { noticesStore } from '../../../../renderer/studio/notices.js';

const ask = vi.hoisted(() => vi.fn<(name: string, payload: unknown) => Promise<unknown>>());
vi.mock(import('../../../../renderer/bridge.js'), async (original) => ({ ...(await original()), ask: ask as never }));

const pictureOf = (id: string, clipScore: number | null, missing = false) => ({
  ...{ id, width: 64, height: 64, kept: false, title: id, missing, clipScore },
});
const pictures = [pictureOf('a', null), pictureOf('b', 31.2), pictureOf('c', null), pictureOf('gone', null, true)];
const now = () => scoringStore.getState().scoring;
const toasts = (): string[] => noticesStore.getState().toasts.map(({ text }) => text);

beforeEach(() => {
  ask.mockReset();
  ask.mockResolvedValue({ scored: 2, notices: ['The embedded CLIP gave the scores.'] });
  scoringStore.setState({ scoring: null });
  noticesStore.setState({ toasts: [], polite: '' });
  galleryStore.setState({ pictures, selected: new Set(), cursor: null, view: 'all' });
});

describe('scoring', () => {
  test('begins once, tells how far it is, and ends with what a person should know', async () => {
    scorePictures(['a', 'c']);
    scorePictures(['b']);
    expect(ask.mock.calls).toEqual([['gallery.score', { ids: ['a', 'c'] }]]);
    hearScoring({ done: 1, of: 2, secondsLeft: 3 });
    expect(now() && scoringWords(now() ?? { done: 0, of: 0, secondsLeft: null })).toBe(
      'CLIP scores · 1 of 2 · 3 s left',
    );
    await vi.waitFor(() => expect(now()).toBeNull());
    expect(toasts()).toEqual(['The embedded CLIP gave the scores.']);
    hearScoring({ done: 2, of: 2, secondsLeft: 0 });
    expect(now()).toBeNull();
  });
  test('that was stopped is no fault; one that failed says why', async () => {
    ask.mockRejectedValueOnce(new StudioError('cancelled', 'Stopped.'));
    scorePictures(['a']);
    await vi.waitFor(() => expect(now()).toBeNull());
    expect(toasts()).toEqual([]);
    ask.mockRejectedValueOnce(new StudioError('engine-lost', 'The engine ended.'));
    scorePictures(['a']);
    await vi.waitFor(() => expect(toasts()).toEqual(['The engine ended.']));
  });
});

describe('the key', () => {
  const { unavailable, run }: Action = galleryActions.score;
  test('scores what is selected, else what has no score yet', () => {
    expect(unscored()).toEqual(['a', 'c']);
    run?.();
    expect(ask).toHaveBeenLastCalledWith('gallery.score', { ids: ['a', 'c'] });
    scoringStore.setState({ scoring: null });
    galleryStore.setState({ selected: new Set(['b']) });
    run?.();
    expect(ask).toHaveBeenLastCalledWith('gallery.score', { ids: ['b'] });
  });
  test('says why there is nothing to score', () => {
    galleryStore.setState({ pictures: [pictureOf('b', 31.2)] });
    expect(unavailable?.()).toBe('All pictures that are shown have their score.');
    galleryStore.setState({ view: 'bin' });
    expect(unavailable?.()).toBe('These pictures are in the bin. Restore them first.');
  });
});
