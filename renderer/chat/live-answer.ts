import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { ChatToken } from '../../app/contracts/chat.js';
import type { AnswerProgress, AnswerTokens, Turn } from '../../app/contracts/conversations.js';

/**
 * The answer that is being written. Its tokens come up to thirty times a second; they are gathered here and shown once
 * a frame at most, and less often where drawing them takes long, so that the window stays quick.
 */
export interface LiveAnswer {
  readonly turn: string;
  readonly conversation: string;
  readonly phase: 'loading' | 'reading' | 'writing';
  /** Milliseconds since 1970 at which this phase began. */
  readonly since: number;
  readonly read: number;
  readonly toRead: number;
  readonly secondsLeft: number | null;
  /** Why it takes its time; null where there is nothing to say. */
  readonly notice: string | null;
  /** What it began with: empty, or the part that it goes on from. */
  readonly base: string;
  readonly baseTokens: readonly ChatToken[];
  /** What came since. */
  readonly added: string;
  readonly tokens: readonly ChatToken[];
  readonly completionTokens: number;
  readonly tokensPerSecond: number | null;
}

interface LiveState {
  readonly live: LiveAnswer | null;
}

export const liveStore = createStore<LiveState>(() => ({ live: null }));
export const useLive = <T>(select: (live: LiveAnswer | null) => T): T =>
  useStore(liveStore, ({ live }) => select(live));

const fresh = (turn: string, conversation: string): LiveAnswer => ({
  turn,
  conversation,
  phase: 'loading',
  since: Date.now(),
  read: 0,
  toRead: 0,
  secondsLeft: null,
  notice: null,
  base: '',
  baseTokens: [],
  added: '',
  tokens: [],
  completionTokens: 0,
  tokensPerSecond: null,
});

/** As it is, with what waits for the next frame. */
let now: LiveAnswer | null = null;
/** Turns of which main has told what they began with. */
let based = new Set<string>();
/** The turn that ended last: news of it that come late tell nothing new. */
let over: string | null = null;
let frame: number | null = null;
/** Milliseconds, as `performance.now`, before which nothing is drawn. */
let notBefore = 0;

/** Of the time at most a third is spent on drawing. */
const REST = 2;

function drawSoon(): void {
  frame ??= requestAnimationFrame(draw);
}

function draw(): void {
  frame = null;
  const begun = performance.now();
  if (begun < notBefore) return drawSoon();
  liveStore.setState({ live: now });
  // A task of its own comes after React's work and the window's.
  setTimeout(() => {
    const ended = performance.now();
    notBefore = ended + REST * (ended - begun);
  });
}

function set(next: LiveAnswer | null): void {
  now = next;
  drawSoon();
}

const of = (turn: string, conversation: string): LiveAnswer => (now?.turn === turn ? now : fresh(turn, conversation));

/** Main answered that this turn is being written; its first tokens may have come before that. */
export function beginLive(turn: Turn, conversation: string, baseTokens: readonly ChatToken[] = []): void {
  const live = based.has(turn.id) ? fresh(turn.id, conversation) : of(turn.id, conversation);
  based = new Set([turn.id]);
  over = null;
  set({ ...live, base: turn.text, baseTokens });
}

/** A conversation was read while its answer is being written: what main had of it then is where it goes on. */
export function joinLive(turn: Turn, conversation: string): void {
  if (now?.turn === turn.id && based.has(turn.id)) return;
  based = new Set([turn.id]);
  const live = fresh(turn.id, conversation);
  set({ ...live, phase: turn.text === '' ? 'loading' : 'writing', base: turn.text });
}

export function hearAnswerProgress({ turn, conversation, phase, ...how }: AnswerProgress): void {
  if (turn === over) return;
  const live = of(turn, conversation);
  const { read, toRead, secondsLeft, notice } = how;
  set({ ...live, phase, since: live.phase === phase ? live.since : Date.now(), read, toRead, secondsLeft, notice });
}

export function hearAnswerTokens(news: AnswerTokens): void {
  if (news.turn === over) return;
  const live = of(news.turn, news.conversation);
  set({
    ...live,
    phase: 'writing',
    since: live.phase === 'writing' ? live.since : Date.now(),
    added: live.added + news.text,
    tokens: news.tokens.length === 0 ? live.tokens : [...live.tokens, ...news.tokens],
    completionTokens: news.completionTokens,
    tokensPerSecond: news.tokensPerSecond,
  });
}

/** The answer has ended and is shown from its conversation. */
export function endLive(turn: string): void {
  over = turn;
  if (now?.turn !== turn) return;
  now = null;
  based = new Set();
  if (frame !== null) cancelAnimationFrame(frame);
  frame = null;
  liveStore.setState({ live: null });
}

/** All tokens so far, of a running answer. */
export const liveTokens = ({ baseTokens, tokens }: LiveAnswer): readonly ChatToken[] =>
  baseTokens.length === 0 ? tokens : [...baseTokens, ...tokens];
