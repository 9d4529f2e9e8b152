import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { ChatToken } from '../../app/contracts/chat.js';
import type { ChatFit, ChatPreset, Conversation, ConversationSummary } from '../../app/contracts/conversations.js';
import type { StudioError } from '../../app/contracts/studio-error.js';
import type { ReplyOf } from '../../app/contracts/window.js';

/** One token of one answer. */
export interface TokenPlace {
  readonly turn: string;
  /** From 0. */
  readonly at: number;
}

/** The Chat panel; the text of a running answer is in `live-answer.ts`, as it changes with every frame. */
export interface ChatState {
  /** Words that the list is searched for. */
  readonly text: string;
  readonly list: readonly ConversationSummary[];
  readonly listState: 'loading' | 'ready';
  readonly listProblem: StudioError | null;
  /** The one that is shown. */
  readonly conversation: Conversation | null;
  /** The one that was chosen last; it is shown as soon as it has been read. */
  readonly chosen: string | null;
  /** The turn that a search led to; marked until something else is opened or said. */
  readonly lookAt: { readonly turn: string } | null;
  readonly renaming: string | null;
  /** What is being written, by conversation. */
  readonly drafts: ReadonlyMap<string, string>;
  /** A turn of one's own that is being edited, and what was made of those that were, by turn: text is never lost. */
  readonly editing: string | null;
  readonly edits: ReadonlyMap<string, string>;
  /** The answer that is being written, in whatever conversation. */
  readonly running: { readonly turn: string; readonly conversation: string } | null;
  /** A request was sent and main has not answered yet: nothing else is begun. */
  readonly asking: boolean;
  /** What a model needs, by library id. */
  readonly fits: ReadonlyMap<string, ChatFit>;
  readonly fitProblem: { readonly model: string; readonly error: StudioError } | null;
  /** Tokens of the way that is shown with the draft after it. */
  readonly count: ReplyOf<'chat.count-tokens'> | null;
  readonly showProbabilities: boolean;
  /** Tokens of finished answers, by turn. */
  readonly details: ReadonlyMap<string, readonly ChatToken[]>;
  /** The token whose rivals are shown. */
  readonly openToken: TokenPlace | null;
  /** A request of this panel that was refused. */
  readonly problem: StudioError | null;
  readonly modelMenuOpen: boolean;
  readonly columnShown: boolean;
  readonly systemOpen: boolean;
  /** Those that a person keeps. */
  readonly presets: readonly ChatPreset[];
}

/** From this width on the window has room for all three columns. */
const ROOM_FOR_COLUMN = 1200;

export const chatStore = createStore<ChatState>(() => ({
  text: '',
  list: [],
  listState: 'loading',
  listProblem: null,
  conversation: null,
  chosen: null,
  lookAt: null,
  renaming: null,
  drafts: new Map(),
  editing: null,
  edits: new Map(),
  running: null,
  asking: false,
  fits: new Map(),
  fitProblem: null,
  count: null,
  showProbabilities: false,
  details: new Map(),
  openToken: null,
  problem: null,
  modelMenuOpen: false,
  columnShown: typeof window === 'undefined' || window.innerWidth >= ROOM_FOR_COLUMN,
  systemOpen: false,
  presets: [],
}));

export const useChat = <T>(select: (state: ChatState) => T): T => useStore(chatStore, select);

export const withEntry = <V>(map: ReadonlyMap<string, V>, key: string, value: V): Map<string, V> =>
  new Map(map).set(key, value);

/** What is being written in the conversation that is shown. */
export const draftOf = ({ conversation, drafts }: Pick<ChatState, 'conversation' | 'drafts'>): string =>
  conversation ? (drafts.get(conversation.id) ?? '') : '';

type Running = Pick<ChatState, 'conversation' | 'running'>;

/** The conversation that is shown is the one that is being answered. */
export const isAnsweredHere = ({ conversation, running }: Running): boolean =>
  running !== null && running.conversation === conversation?.id;

/** The other conversation that is being answered; its title is null where the list does not have it. */
export function answeredElsewhere(
  state: Running & Pick<ChatState, 'list'>,
): { readonly id: string; readonly title: string | null } | null {
  const { running, list } = state;
  if (!running || isAnsweredHere(state)) return null;
  return { id: running.conversation, title: list.find(({ id }) => id === running.conversation)?.title ?? null };
}
