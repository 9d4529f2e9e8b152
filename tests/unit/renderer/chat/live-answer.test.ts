import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { AnswerTokens } from '../../../../app/contracts/conversations.js';
import {
  beginLive,
  endLive,
  hearAnswerProgress,
  hearAnswerTokens,
  liveStore,
  liveTokens,
} from '../../../../renderer/chat/live-answer.js';
import { answer, answered } from './test-turns.js';

const token = (id: number) => ({ id, text: `t${id}`, logprob: -0.1, top: [] });
const news = (turn: string, text: string, ids: number[]): AnswerTokens => ({
  turn,
  conversation: 'c',
  text,
  tokens: ids.map(token),
  completionTokens: ids.length,
  tokensPerSecond: 60,
});
const running = (id: string, text = '') => answered(id, 'q', { text, answer: answer({ state: 'running' }) });

let frames: (() => void)[] = [];
const frame = (): void => {
  for (const draw of frames.splice(0)) draw();
};
const shownText = (): string | null => {
  const { live } = liveStore.getState();
  return live ? live.base + live.added : null;
};

beforeEach(() => {
  frames = [];
  vi.stubGlobal('requestAnimationFrame', (draw: () => void) => frames.push(draw));
  vi.stubGlobal('cancelAnimationFrame', () => (frames = []));
  // Every test has turns of its own; the frame that drew last is long ago.
  vi.spyOn(performance, 'now').mockReturnValue(1e9);
  return () => vi.restoreAllMocks();
});

describe('the answer that is being written', () => {
  test('is drawn once a frame, whatever came since', () => {
    const drawn = vi.fn<() => void>();
    beginLive(running('a'), 'c');
    frame();
    const stop = liveStore.subscribe(drawn);
    for (const word of ['Once', ' upon', ' a time']) hearAnswerTokens(news('a', word, [1]));
    expect(frames).toHaveLength(1);
    frame();
    stop();
    expect(drawn).toHaveBeenCalledOnce();
    expect(shownText()).toBe('Once upon a time');
    expect(liveStore.getState().live?.tokens).toHaveLength(3);
    endLive('a');
  });

  test('keeps words that came before main had answered', () => {
    hearAnswerTokens(news('early', ' and more', [8]));
    beginLive(running('early', 'What was said'), 'c', [token(7)]);
    frame();
    expect(shownText()).toBe('What was said and more');
    const { live } = liveStore.getState();
    expect(live && liveTokens(live).map(({ id }) => id)).toEqual([7, 8]);
    endLive('early');
  });

  test('tells what is waited for until its first words', () => {
    beginLive(running('slow'), 'c');
    const progress = { turn: 'slow', conversation: 'c', phase: 'reading', promptTokens: 9, secondsLeft: 1 } as const;
    hearAnswerProgress({ ...progress, read: 3, toRead: 9, notice: null });
    frame();
    expect(liveStore.getState().live).toMatchObject({ phase: 'reading', read: 3, toRead: 9 });
    hearAnswerTokens(news('slow', 'So', [1]));
    frame();
    expect(liveStore.getState().live).toMatchObject({ phase: 'writing' });
    endLive('slow');
  });

  test('does not come back by news that are late', () => {
    beginLive(running('ended'), 'c');
    frame();
    endLive('ended');
    hearAnswerTokens(news('ended', 'late', [1]));
    frame();
    expect(liveStore.getState().live).toBeNull();
  });

  test('may go on after it has ended, from what was said', () => {
    beginLive(running('again'), 'c');
    hearAnswerTokens(news('again', 'One', [1]));
    frame();
    endLive('again');
    beginLive(running('again', 'One'), 'c', [token(1)]);
    hearAnswerTokens(news('again', ' two', [2]));
    frame();
    expect(shownText()).toBe('One two');
    endLive('again');
  });
});
