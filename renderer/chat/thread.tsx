import { useEffect, useEffectEvent, useLayoutEffect, useMemo, useRef } from 'react';
import { useVirtualizer } from '@tanstack/react-virtual';
import type { Turn } from '../../app/contracts/conversations.js';
import { NoticeBar } from '../components/notice-bar.js';
import { RemedyFor } from './remedy.js';
import { AnswerTurn, OwnTurn } from './turns.js';
import { chatStore, useChat } from './chat-store.js';
import { EmptyThread } from './empty-thread.js';
import { wayTo } from './turns-tree.js';

const OVERSCAN = 4;
const GAP = 20;
const EDGE = 20;
/** Pixels of the bottom within which new words are followed. */
const AT_BOTTOM = 40;
/** Letters on a line and pixels of one, for turns that were never on the screen. */
const LINE_LETTERS = 90;
const LINE_HEIGHT = 24;
const BAR_HEIGHT = 48;

const guessHeight = (turn: Turn | undefined): number =>
  turn ? Math.ceil((turn.text.length + 1) / LINE_LETTERS) * LINE_HEIGHT + BAR_HEIGHT : BAR_HEIGHT;

/** What was said, on the way that is shown; only turns in sight are in the document. New words are followed unless one looks further up. */
export function Thread() {
  const conversation = useChat((state) => state.conversation);
  const turns = conversation?.turns;
  const shown = conversation?.shown ?? null;
  const way = useMemo(() => (turns ? wayTo(turns, shown) : []), [turns, shown]);
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);

  // oxlint-disable-next-line react/incompatible-library -- this component is not memoized, so its functions are never stale
  const virtual = useVirtualizer({
    count: way.length,
    getScrollElement: () => scroller.current,
    getItemKey: (index) => way[index]?.id ?? index,
    estimateSize: (index) => guessHeight(way[index]),
    gap: GAP,
    overscan: OVERSCAN,
    paddingStart: EDGE,
    scrollPaddingStart: EDGE,
    paddingEnd: EDGE,
    useFlushSync: false,
  });
  const leaveEnd = useFollow(scroller, content, `${conversation?.id ?? ''} ${shown ?? ''}`);
  const lookAt = useChat((state) => state.lookAt);
  const look = useEffectEvent((id: string) => {
    const index = way.findIndex((turn) => turn.id === id);
    if (index < 0) return;
    leaveEnd();
    virtual.scrollToIndex(index, { align: 'start' });
  });
  useEffect(() => {
    if (lookAt) look(lookAt.turn);
  }, [lookAt]);

  return (
    <div className="thread">
      <div
        className="thread-scroll"
        ref={scroller}
        role="log"
        aria-live="off"
        aria-label="What was said"
        tabIndex={way.length > 0 ? 0 : -1}
      >
        {conversation && way.length === 0 ? <EmptyThread /> : null}
        <div ref={content} className="thread-turns" style={{ height: way.length === 0 ? 0 : virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start, key }) => {
            const turn = way[index];
            return turn ? (
              <div
                key={key}
                ref={virtual.measureElement}
                data-index={index}
                className={`thread-turn${turn.id === lookAt?.turn ? ' found-turn' : ''}`}
                style={{ transform: `translateY(${start}px)` }}
              >
                {turn.role === 'user' ? <OwnTurn turn={turn} /> : <AnswerTurn turn={turn} />}
              </div>
            ) : null;
          })}
        </div>
      </div>
      <ThreadProblem />
    </div>
  );
}

const LEAVING = ['wheel', 'keydown', 'pointerdown'];
const LEAVING_KEYS = new Set(['ArrowUp', 'PageUp', 'Home', 'Tab']);

/**
 * Keeps the end of `scroller` in sight while `content` grows, from the moment it is there until one scrolls away, or
 * until what it returns is called.
 */
function useFollow(
  scroller: React.RefObject<HTMLDivElement | null>,
  content: React.RefObject<HTMLDivElement | null>,
  way: string,
): () => void {
  const following = useRef({ way, on: true });
  const toEnd = useEffectEvent((to: string) => {
    // Another conversation or branch is looked at from its end.
    if (following.current.way !== to) following.current = { way: to, on: true };
    if (following.current.on) scroller.current?.scrollTo({ top: scroller.current.scrollHeight, behavior: 'instant' });
  });
  useLayoutEffect(() => toEnd(way), [way]);
  useEffect(() => {
    const element = scroller.current;
    if (!element || !content.current) return undefined;
    const atEnd = (): boolean => element.scrollHeight - element.scrollTop - element.clientHeight < AT_BOTTOM;
    // Turns are measured as they come into sight, which moves the end too: only a hand on wheel, key or pointer leaves it.
    const leave = (event: Event): void => {
      if (event instanceof WheelEvent && event.deltaY >= 0) return;
      if (event instanceof KeyboardEvent && !LEAVING_KEYS.has(event.key)) return;
      following.current.on = false;
    };
    const comeBack = (): void => {
      if (atEnd()) following.current.on = true;
    };
    const observer = new ResizeObserver(() => toEnd(following.current.way));
    observer.observe(content.current);
    observer.observe(element);
    for (const name of LEAVING) element.addEventListener(name, leave, { passive: true });
    element.addEventListener('scroll', comeBack, { passive: true });
    window.addEventListener('pointerup', comeBack);
    return () => {
      observer.disconnect();
      for (const name of LEAVING) element.removeEventListener(name, leave);
      element.removeEventListener('scroll', comeBack);
      window.removeEventListener('pointerup', comeBack);
    };
  }, [scroller, content]);
  return () => void (following.current.on = false);
}

/** A request that was refused, above the composer. */
function ThreadProblem() {
  const problem = useChat((state) => state.problem);
  if (!problem) return null;
  return (
    <div className="thread-problem">
      <NoticeBar
        tone="bad"
        actions={<RemedyFor kind={problem.kind} />}
        onClose={() => chatStore.setState({ problem: null })}
      >
        {problem.message}
      </NoticeBar>
    </div>
  );
}
