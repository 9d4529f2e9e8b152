import { Menu } from '@base-ui/react/menu';
import { useEffect, useEffectEvent, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { useVirtualizer } from '@tanstack/react-virtual';
import Ellipsis from 'lucide-react/icons/ellipsis';
import Plus from 'lucide-react/icons/plus';
import type { ConversationSummary } from '../../app/contracts/conversations.js';
import { ActionButton } from '../components/action-button.js';
import { Icon } from '../components/icon.js';
import { NameField } from '../components/name-field.js';
import { NoticeBar } from '../components/notice-bar.js';
import { SearchField } from '../components/search-field.js';
import type { Action } from '../keyboard/action.js';
import { keyLabel } from '../keyboard/keys.js';
import { isMac } from '../studio/studio-store.js';
import { chatActions } from './actions.js';
import { deleteConversation, openConversation, openFirst, renameConversation, search, walkList } from './browsing.js';
import { chatStore, useChat } from './chat-store.js';
import { dayHeading, titleWords, turnsWords } from './chat-words.js';
import { focusComposer, SEARCH_ID, TALKS_ID } from './focus.js';

/** Conversations, newest first, by day. */
export function Talks() {
  return (
    <aside className="column talks" aria-label="Conversations" data-region="list" tabIndex={-1}>
      <TalksHead />
      <TalksList />
    </aside>
  );
}

function TalksHead() {
  const text = useChat((state) => state.text);
  return (
    <div className="talks-head">
      <SearchField
        id={SEARCH_ID}
        label="Search conversations"
        placeholder="Search"
        title="Words that were said, or of a title"
        text={text}
        onSearch={search}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown') return;
          event.preventDefault();
          document.getElementById(TALKS_ID)?.focus();
        }}
      />
      <ActionButton action={chatActions.create} icon={Plus} boxed side="bottom" />
      <MoreMenu />
    </div>
  );
}

/** What is done with the open conversation as a whole. */
function MoreMenu() {
  const { rename, exportMarkdown, exportJson, import: take, delete: remove } = chatActions;
  // Whether they can be done changes with the conversation.
  useChat((state) => state.conversation?.id);
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger className="icon-button boxed" aria-label="More about conversations">
        <Icon of={Ellipsis} />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className="popup-place" sideOffset={4} align="start" collisionPadding={8}>
          <Menu.Popup className="menu" data-popup="">
            <MoreItem action={rename} />
            <MoreItem action={exportMarkdown} />
            <MoreItem action={exportJson} />
            <Menu.Separator className="menu-rule" />
            <MoreItem action={take} />
            <Menu.Separator className="menu-rule" />
            <MoreItem action={remove} keys="Del" />
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

function MoreItem({ action, keys = action.keys?.[0] }: { action: Action; keys?: string | undefined }) {
  return (
    <Menu.Item
      className="menu-item"
      disabled={(action.unavailable?.() ?? null) !== null}
      // After the menu has given the focus back, so that what runs may move it.
      onClick={() => requestAnimationFrame(() => action.run?.())}
    >
      {action.label}
      {keys === undefined ? null : <kbd className="menu-note">{keyLabel(keys, isMac())}</kbd>}
    </Menu.Item>
  );
}

type Entry =
  { readonly kind: 'day'; readonly words: string } | { readonly kind: 'talk'; readonly talk: ConversationSummary };

const DAY_HEIGHT = 36;
const TALK_HEIGHT = 48;
const OVERSCAN = 8;

const rowId = (id: string): string => `conversation-${id}`;

function TalksList() {
  const list = useChat((state) => state.list);
  const chosen = useChat((state) => state.chosen);
  const renaming = useChat((state) => state.renaming);
  const runningIn = useChat(({ running }) => running?.conversation ?? null);
  const problem = useChat((state) => state.listProblem);
  const text = useChat((state) => state.text);
  const ready = useChat(({ listState }) => listState === 'ready');
  const today = useToday();
  const scroller = useRef<HTMLDivElement>(null);
  const entries = useMemo(() => entriesOf(list, today), [list, today]);

  // oxlint-disable-next-line react/incompatible-library -- this component is not memoized, so its functions are never stale
  const virtual = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (entries[index]?.kind === 'day' ? DAY_HEIGHT : TALK_HEIGHT),
    overscan: OVERSCAN,
    paddingEnd: 16,
    useFlushSync: false,
  });
  useEffect(() => virtual.measure(), [virtual, entries]);
  const at = entries.findIndex((entry) => entry.kind === 'talk' && entry.talk.id === chosen);
  const bringIntoView = useEffectEvent((index: number) => virtual.scrollToIndex(index, { align: 'auto' }));
  useEffect(() => {
    if (at >= 0) bringIntoView(at);
  }, [at]);

  return (
    <div className="talks-scroll" ref={scroller}>
      {problem ? (
        <NoticeBar
          tone="bad"
          actions={
            <button type="button" className="primary small" onClick={() => void openFirst()}>
              Try again
            </button>
          }
        >
          {problem.message}
        </NoticeBar>
      ) : null}
      {ready && list.length === 0 && text.trim() !== '' ? (
        <p className="note padded">Nothing said here has “{text.trim()}” in it.</p>
      ) : null}
      <div
        id={TALKS_ID}
        className="talks-rows"
        role="listbox"
        aria-label="Conversations"
        aria-activedescendant={chosen === null ? undefined : rowId(chosen)}
        tabIndex={0}
        style={{ height: virtual.getTotalSize() }}
        onKeyDown={onListKey}
      >
        {virtual.getVirtualItems().map(({ index, start }) => {
          const entry = entries[index];
          if (!entry) return null;
          const style = { transform: `translateY(${start}px)` };
          if (entry.kind === 'day') {
            return (
              <h3 key={entry.words} role="presentation" className="talks-day" style={style}>
                {entry.words}
              </h3>
            );
          }
          const { talk } = entry;
          return talk.id === renaming ? (
            <RenameField key={talk.id} talk={talk} style={style} />
          ) : (
            <TalkRow key={talk.id} talk={talk} on={talk.id === chosen} running={talk.id === runningIn} style={style} />
          );
        })}
      </div>
    </div>
  );
}

function onListKey(event: KeyboardEvent): void {
  if (event.target !== event.currentTarget || event.altKey || event.ctrlKey || event.metaKey) return;
  const { chosen, list } = chatStore.getState();
  const moves: Record<string, number> = {
    ArrowDown: 1,
    ArrowUp: -1,
    PageDown: 10,
    PageUp: -10,
    Home: -list.length,
    End: list.length,
  };
  const by = moves[event.key];
  if (by !== undefined) walkList(by);
  else if (event.key === 'Enter') focusComposer();
  else if ((event.key === 'Delete' || event.key === 'Backspace') && chosen !== null) deleteConversation(chosen);
  else return;
  event.preventDefault();
}

interface TalkRowProps {
  readonly talk: ConversationSummary;
  readonly on: boolean;
  readonly running: boolean;
  readonly style: React.CSSProperties;
}

function TalkRow({ talk, on, running, style }: TalkRowProps) {
  const second = talk.found ?? turnsWords(talk);
  return (
    <div
      id={rowId(talk.id)}
      role="option"
      aria-selected={on}
      className={`talk${on ? ' on' : ''}`}
      style={style}
      onClick={() => void openConversation(talk.id, talk.foundTurn)}
      onDoubleClick={() => chatStore.setState({ renaming: talk.id })}
    >
      <b title={titleWords(talk.title)}>{titleWords(talk.title)}</b>
      <small className="num" title={talk.found ?? undefined}>
        {running ? (
          <>
            <span className="dot" aria-hidden="true" /> Answering
          </>
        ) : (
          second
        )}
      </small>
    </div>
  );
}

function RenameField({ talk, style }: { talk: ConversationSummary; style: React.CSSProperties }) {
  const done = (name: string | null): void => {
    if (chatStore.getState().renaming !== talk.id) return;
    if (name !== null) renameConversation(talk.id, name);
    else chatStore.setState({ renaming: null });
    document.getElementById(TALKS_ID)?.focus();
  };
  return (
    <div className="talk on renaming" role="option" aria-selected style={style}>
      <NameField label="Name of the conversation" value={titleWords(talk.title)} maxLength={200} onDone={done} />
    </div>
  );
}

function entriesOf(list: readonly ConversationSummary[], now: number): Entry[] {
  const entries: Entry[] = [];
  let day = '';
  for (const talk of list) {
    const words = dayHeading(talk.changedAt, now);
    if (words !== day) entries.push({ kind: 'day', words });
    day = words;
    entries.push({ kind: 'talk', talk });
  }
  return entries;
}

const HOUR_MS = 60 * 60 * 1000;

/** Now, as far as headings need it: looked at once an hour. */
function useToday(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), HOUR_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}
