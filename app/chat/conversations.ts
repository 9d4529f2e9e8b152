import { randomUUID } from 'node:crypto';
import type { ChatToken } from '../contracts/chat.js';
import type {
  ChatAnswer,
  Conversation,
  ConversationSettings,
  ConversationSummary,
  Turn,
} from '../contracts/conversations.js';
import { StudioError } from '../contracts/studio-error.js';
import type { Database } from '../storage/database.js';
import type { SettingsChange } from './chat-models.js';
import { ChatPresets } from './chat-presets.js';
import { cleanLine, cleanText } from './clean-text.js';
import { conversationRows, type ConversationRow, type ConversationRows } from './conversation-rows.js';
import { titleFrom, untitled } from './conversation-title.js';
import { isNamed, readSearch } from './search-words.js';
import { turnOf, turnRows, type TurnRow, type TurnRows } from './turn-rows.js';

/** What a conversation is begun with. */
export interface NewConversation {
  readonly settings: ConversationSettings;
  /** Null: the first words of its first turn, as soon as there is one. */
  readonly title: string | null;
  readonly createdAt: number;
}

/** A turn and, of an answer, its tokens. */
export interface NewTurn extends Turn {
  readonly tokens: readonly ChatToken[];
}

/** So many turns are indexed at a time, when a database was salvaged: the studio goes on in between. */
const indexedAtATime = 20;

/** Conversations in the database. Nothing that was said is overwritten; who answers is another's business. */
export class Conversations {
  readonly rows: ConversationRows;
  readonly turns: TurnRows;
  readonly presets: ChatPresets;
  readonly #database: Database;

  /** What an earlier life left unfinished is `lost` from now on; deleted conversations are gone for good. */
  constructor(database: Database) {
    this.#database = database;
    this.rows = conversationRows(database);
    this.turns = turnRows(database);
    this.presets = new ChatPresets(database);
    this.turns.loseRunning();
    this.rows.removeDeleted();
  }

  /** Answers that were cut off, and all turns of a salvaged database, become findable. */
  async settle(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.turns.indexSome(indexedAtATime) > 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Newest first. With words: those that have them all in one turn, or in the title. */
  list(query: string): ConversationSummary[] {
    const search = readSearch(query);
    const all = this.rows.counted();
    if (search === null)
      return all.map(({ number: _number, ...summary }) => ({ ...summary, found: null, foundTurn: null }));
    const places = this.turns.search(search);
    return all.flatMap(({ number, ...summary }) => {
      const { turn: foundTurn = null, found = null } = places.get(number) ?? {};
      return found !== null || isNamed(summary.title, search) ? { ...summary, found, foundTurn } : [];
    });
  }

  get(id: string): Conversation {
    const { title, changedAt, settings, shown, draft } = this.rows.existing(id);
    return { id, title, changedAt, settings, shown, draft, turns: this.turns.ofConversation(id).map(turnOf) };
  }

  existing(id: string): ConversationRow {
    return this.rows.existing(id);
  }

  /** With turns: in an order in which each comes after the one that it follows. */
  create({ settings, title, createdAt }: NewConversation, turns: readonly NewTurn[] = [], shown: string | null = null) {
    const id = randomUUID();
    this.#database.transaction(() => {
      this.rows.add({ id, title: title ?? untitled, named: title !== null, settings, createdAt });
      for (const turn of turns) this.#add(id, turn);
      if (shown !== null) this.rows.setShown(id, shown);
    });
    return this.get(id);
  }

  /** An empty title: the first words of its first turn again. */
  rename(id: string, wish: string): void {
    this.rows.existing(id);
    const title = cleanLine(wish);
    if (title !== '') return void this.rows.setTitle(id, title, true);
    const first = this.turns.ofConversation(id)[0];
    this.rows.setTitle(id, first === undefined ? untitled : titleFrom(first.text), false);
  }

  saveSettings(id: string, { model, system, sampling }: SettingsChange): void {
    const { settings } = this.rows.existing(id);
    this.rows.setSettings(id, {
      model: model ?? settings.model,
      system: system === undefined ? settings.system : cleanText(system),
      sampling: sampling ?? settings.sampling,
    });
  }

  /** The way that ends with `turn` is shown from now on. */
  show(id: string, turn: string): void {
    this.rows.existing(id);
    if (this.turns.existing(turn).conversation !== id) throw foreignTurn();
    this.rows.setShown(id, turn);
  }

  /** What is being written. */
  keepDraft(id: string, draft: string): void {
    this.rows.existing(id);
    this.rows.setDraft(id, cleanText(draft));
  }

  /** Off the list; until the next start it can be restored. */
  delete(id: string): void {
    this.rows.existing(id);
    this.rows.setDeleted(id, Date.now());
  }

  restore(id: string): void {
    if (!this.rows.setDeleted(id, null)) {
      throw new StudioError('not-found', 'This conversation was deleted for good.');
    }
  }

  /** All of them or none; the last one is shown. On the disk when this returns. */
  append(id: string, turns: readonly NewTurn[]): void {
    this.#database.transaction(() => {
      const { named, shown } = this.rows.existing(id);
      for (const turn of turns) this.#add(id, turn);
      const first = turns.find(({ parent }) => parent === null);
      // Another beginning of the same conversation does not name it anew.
      if (first !== undefined && !named && shown === null) this.rows.setTitle(id, titleFrom(first.text), false);
      this.rows.setShown(id, turns.at(-1)?.id ?? shown);
      this.rows.setChanged(id, Date.now());
    });
  }

  /** An answer that was cut short is being written again. */
  beginAgain(id: string, { id: turn, text, answer }: Turn & { readonly answer: ChatAnswer }): void {
    this.#database.transaction(() => {
      this.rows.existing(id);
      this.turns.setAnswer(turn, text, 'running', answer);
      this.turns.setFindable(turn, false);
      this.rows.setShown(id, turn);
      this.rows.setChanged(id, Date.now());
    });
  }

  /** A turn of this conversation, or null for before its first. */
  parentIn(conversation: string, parent: string | null): TurnRow | null {
    if (parent === null) return null;
    const row = this.turns.existing(parent);
    if (row.conversation !== conversation) throw foreignTurn();
    return row;
  }

  #add(conversation: string, { tokens, ...turn }: NewTurn): void {
    this.turns.add(conversation, turn);
    this.turns.addTokens(turn.id, tokens);
    if (turn.answer?.state !== 'running') this.turns.setFindable(turn.id, true);
  }
}

const foreignTurn = () => new StudioError('bad-input', 'This turn belongs to another conversation.');
