import { randomInt, randomUUID } from 'node:crypto';
import type { DeviceWish } from '../contracts/capabilities.js';
import type { ChatToken } from '../contracts/chat.js';
import type { AnswerProgress, AnswerTokens, ChatAnswer, Conversation, Turn } from '../contracts/conversations.js';
import type { Engine } from '../contracts/engine.js';
import type { TokenCount } from '../contracts/generation.js';
import type { Model } from '../contracts/models.js';
import { errorMessageOf, StudioError } from '../contracts/studio-error.js';
import type { Notice } from '../contracts/window.js';
import type { Database } from '../storage/database.js';
import { roomNotice } from './chat-fit.js';
import type { ChatModels } from './chat-models.js';
import { cleanPiece, cleanText } from './clean-text.js';
import type { ConversationRow } from './conversation-rows.js';
import type { Conversations } from './conversations.js';
import { promptMessages } from './prompt-messages.js';
import { textOfFirst, wholePart } from './rival-text.js';
import { RunningAnswer } from './running-answer.js';
import { turnOf, type TurnRow } from './turn-rows.js';

export interface AnsweringParts {
  readonly database: Database;
  readonly conversations: Conversations;
  readonly models: ChatModels;
  readonly engine: Engine;
  /** Folder for prepared weights. */
  readonly weightCache: string;
  readonly device: () => DeviceWish;
  /** A picture is being made: an answer waits for it. */
  readonly engineIsBusy: () => boolean;
  /** Turns came, or an answer is at its end. */
  readonly onChanged: (conversation: string) => void;
  readonly onProgress: (progress: AnswerProgress) => void;
  readonly onTokens: (tokens: AnswerTokens) => void;
  readonly onNotice: (notice: Notice) => void;
}

type AnswerTurn = Turn & { readonly answer: ChatAnswer };

/** In UTF-16 units: more than any model reads, and no burden yet. */
const longestText = 8_000_000;

/** How long closing waits for the running token; the engine is killed by its owner after that. */
const closeWithinMs = 3000;

/** Turns that are sent, and the answers to them: one at a time, each on the disk before it begins. */
export class Answering {
  readonly #parts: AnsweringParts;
  #running: RunningAnswer | null = null;
  /** Settled when no answer is being written. */
  #standsStill: Promise<void> = Promise.resolve();
  /** One is being prepared: checked, and put on the disk. */
  #beginning = false;
  #closed = false;

  constructor(parts: AnsweringParts) {
    this.#parts = parts;
  }

  /** A person's turn after `parent` (an edit has the parent of the turn it replaces), and the answer to it. */
  send(conversation: string, parent: string | null, text: string): Promise<Turn[]> {
    return this.#alone(async () => {
      const { conversations } = this.#parts;
      const row = conversations.existing(conversation);
      if (conversations.parentIn(conversation, parent)?.role === 'user') {
        throw new StudioError('bad-input', 'This turn has no answer yet: ask for one first.');
      }
      const said = saidText(text);
      const model = await this.#parts.models.ready(row.settings.model);
      const asked: Turn = {
        ...{ id: randomUUID(), parent, text: said, createdAt: Date.now(), answer: null },
        role: 'user',
      };
      const answer = newAnswer(asked.id, row, model);
      conversations.append(row.id, [
        { ...asked, tokens: [] },
        { ...answer, tokens: [] },
      ]);
      this.#begin(row, answer, model, []);
      return [asked, answer];
    });
  }

  /** Another answer to the same turn: a sister of answer `id`; or the first one to a person's turn that has none. */
  again(id: string): Promise<Turn> {
    return this.#alone(async () => {
      const turn = this.#parts.conversations.turns.existing(id);
      const row = this.#parts.conversations.existing(turn.conversation);
      const model = await this.#parts.models.ready(row.settings.model);
      const answer = newAnswer(turn.role === 'user' ? turn.id : askedBy(turn), row, model);
      this.#parts.conversations.append(row.id, [{ ...answer, tokens: [] }]);
      this.#begin(row, answer, model, []);
      return answer;
    });
  }

  /**
   * An answer that was cut short goes on exactly where it ended: the same model, the same sampling, the same random
   * numbers. One of which only the text is known is cut into tokens again. Where something follows it already, a sister that begins with the same words goes on instead.
   */
  goOn(id: string): Promise<Turn> {
    return this.#alone(async () => {
      const { conversations, models } = this.#parts;
      const old = this.#answer(id);
      const { state, sampling } = old.answer;
      if (state === 'stop') throw new StudioError('bad-input', 'This answer came to its own end.');
      const tokens = conversations.turns.tokens(id);
      const row = conversations.existing(old.conversation);
      const model = await models.ready(old.answer.model.id);
      // What is left of its length; one that has reached it gets the same length again.
      const maxTokens = sampling.maxTokens - (tokens.length % sampling.maxTokens);
      if (conversations.turns.isFollowed(id)) {
        const sister = { ...turnOf(old), id: randomUUID(), createdAt: Date.now(), answer: begun(old.answer) };
        conversations.append(row.id, [{ ...sister, tokens }]);
        this.#begin(row, sister, model, tokens, maxTokens);
        return sister;
      }
      const answer = { ...turnOf(old), answer: begun(old.answer) };
      conversations.beginAgain(row.id, answer);
      this.#begin(row, answer, model, tokens, maxTokens);
      return answer;
    });
  }

  /** A sister of answer `id` with a text that a person wrote. The model may go on from it. */
  edit(id: string, text: string): Turn {
    const { conversations, onChanged } = this.#parts;
    const old = this.#answer(id);
    if (this.#running?.turnId === id)
      throw new StudioError('bad-input', 'This answer is being written: stop it first.');
    const said = saidText(text);
    const answer: ChatAnswer = {
      ...old.answer,
      ...{ state: 'edited', edited: true, hasTokens: false, notices: [], error: null },
      ...{ promptTokens: 0, completionTokens: 0, seconds: { firstToken: null, total: 0 }, tokensPerSecond: null },
    };
    const sister = { ...turnOf(old), id: randomUUID(), createdAt: Date.now(), text: said, answer };
    conversations.append(old.conversation, [{ ...sister, tokens: [] }]);
    onChanged(old.conversation);
    return sister;
  }

  /** A sister of answer `id`: the same up to token `at`, then the rival with id `token`, then whatever follows. */
  rival(id: string, at: number, token: number): Promise<Turn> {
    return this.#alone(async () => {
      const { conversations, models } = this.#parts;
      const old = this.#answer(id);
      const tokens = conversations.turns.tokens(id);
      const place = tokens[at];
      if (place === undefined) {
        throw new StudioError('bad-input', `This answer has ${tokens.length} tokens, and there is none at ${at}.`);
      }
      const rival = place.top.find((each) => each.id === token);
      if (rival === undefined) {
        throw new StudioError('bad-input', `Token ${token} is not among the rivals of token ${at} of this answer.`);
      }
      const row = conversations.existing(old.conversation);
      const model = await models.ready(old.answer.model.id);
      const kept = [...tokens.slice(0, at), { ...rival, top: place.top }];
      const text = textOfFirst(old.text, tokens, at) + cleanPiece(wholePart(rival.text));
      const sister = newAnswer(askedBy(old), row, model);
      const answer = { ...sister, text, answer: { ...sister.answer, completionTokens: kept.length, hasTokens: true } };
      conversations.append(row.id, [{ ...answer, tokens: kept }]);
      this.#begin(row, answer, model, kept);
      return answer;
    });
  }

  /** Returns when the answer stands still and what was said is kept. */
  async stop(): Promise<void> {
    this.#running?.stop();
    await this.#standsStill;
  }

  /** Stops the answer if it belongs to this conversation. */
  async stopIn(conversation: string): Promise<void> {
    if (this.#running?.conversation === conversation) await this.stop();
  }

  /** With what the running answer has said by now: what the window hears after this comes on top. */
  withRunning(conversation: Conversation): Conversation {
    return { ...conversation, turns: conversation.turns.map((turn) => this.#asItIs(turn)) };
  }

  tokensOf(id: string): ChatToken[] {
    this.#answer(id);
    return this.#running?.turnId === id ? this.#running.tokensSoFar() : this.#parts.conversations.turns.tokens(id);
  }

  /** Tokens of the way that ends at `parent`, with a draft after it. */
  async countTokens(
    conversation: string,
    parent: string | null,
    draft: string,
  ): Promise<TokenCount & { notice: string | null }> {
    const { conversations, models, engine } = this.#parts;
    const { settings } = conversations.existing(conversation);
    conversations.parentIn(conversation, parent);
    const way = parent === null ? [] : conversations.turns.way(parent);
    const messages = promptMessages(settings.system, [...way, { role: 'user', text: cleanText(draft) }]);
    const model = await models.existing(settings.model);
    const count = messages.some(({ role }) => role === 'user')
      ? await engine.countChatTokens({
          modelPath: model.path,
          prompt: { kind: 'turns', messages, template: 'own', enableThinking: null },
        })
      : { tokens: 0, limit: (await models.fit(settings.model)).contextLength };
    return { ...count, notice: roomNotice(count.tokens, count.limit, settings.sampling.maxTokens) };
  }

  /** The running answer keeps what was said. */
  async close(): Promise<void> {
    this.#closed = true;
    const running = this.#running;
    if (running === null) return;
    running.stop();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, closeWithinMs)));
    await Promise.race([this.#standsStill, late]);
    clearTimeout(timer);
    running.close();
  }

  /** One answer at a time: whoever asks for a second one is told. */
  async #alone<T>(begin: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new StudioError('cancelled', 'The studio is closing.');
    if (this.#beginning || this.#running !== null) {
      throw new StudioError('bad-input', 'An answer is being written: stop it, or wait for its end.');
    }
    this.#beginning = true;
    try {
      return await begin();
    } finally {
      this.#beginning = false;
    }
  }

  /** The answer's turn is on the disk, as `running`. */
  #begin(
    row: ConversationRow,
    turn: AnswerTurn,
    model: Model,
    tokens: readonly ChatToken[],
    maxTokens: number = turn.answer.sampling.maxTokens,
  ): void {
    const { conversations, models, weightCache, device, onChanged } = this.#parts;
    const way = conversations.turns.way(turn.parent ?? turn.id);
    const running = new RunningAnswer(
      { ...this.#parts, turns: conversations.turns },
      {
        ...{ conversation: row.id, turn, tokens, weightCache },
        messages: promptMessages(row.settings.system, way),
        modelPath: model.path,
        device: device(),
        sampling: { ...turn.answer.sampling, maxTokens },
      },
    );
    models.answers(model.id);
    this.#running = running;
    // Whoever asked hears of the turn first, and then what becomes of it.
    this.#standsStill = new Promise((resolve) => setImmediate(resolve)).then(() => this.#run(running));
    onChanged(row.id);
  }

  /** Never rejects. */
  async #run(running: RunningAnswer): Promise<void> {
    const { onChanged, onNotice } = this.#parts;
    try {
      await running.run();
    } catch (error) {
      if (this.#closed) return; // a run that outlived `close`: its database is gone
      const text = `The answer could not be saved to its end: ${errorMessageOf(error).message}`;
      onNotice({ id: randomUUID(), tone: 'bad', text, action: null });
    } finally {
      this.#running = null;
    }
    if (!this.#closed) onChanged(running.conversation);
  }

  #answer(id: string): TurnRow & AnswerTurn {
    const turn = this.#parts.conversations.turns.existing(id);
    if (turn.answer === null) throw new StudioError('bad-input', 'This turn is no answer: a person wrote it.');
    return { ...turn, answer: turn.answer };
  }

  #asItIs(turn: Turn): Turn {
    if (turn.answer?.state !== 'running') return turn;
    if (this.#running?.turnId === turn.id) return { ...turn, ...this.#running.told() };
    // Its last words could not be saved.
    return { ...turn, answer: { ...turn.answer, state: 'lost' } };
  }
}

/** What a person wrote, as it is kept. */
function saidText(text: string): string {
  const said = cleanText(text);
  if (said.trim() === '') throw new StudioError('bad-input', 'There is nothing to send: write something.');
  if (said.length <= longestText) return said;
  throw new StudioError(
    'bad-input',
    `A turn has at most ${longestText.toLocaleString('en')} characters, and this one has ${said.length.toLocaleString('en')}: send a part of it.`,
  );
}

/** With the conversation's settings; the seed is drawn where none is set. */
function newAnswer(parent: string, { settings }: ConversationRow, model: Model): AnswerTurn {
  const seed = settings.sampling.seed ?? randomInt(2 ** 32);
  return {
    ...{ id: randomUUID(), parent, role: 'assistant', text: '', createdAt: Date.now() },
    answer: {
      ...{ state: 'running', model: { id: model.id, name: model.name }, sampling: { ...settings.sampling, seed } },
      ...{ device: null, promptTokens: 0, completionTokens: 0, seconds: { firstToken: null, total: 0 } },
      ...{ tokensPerSecond: null, notices: [], error: null, hasTokens: false, edited: false },
    },
  };
}

/** An answer that runs again. */
const begun = (answer: ChatAnswer): ChatAnswer => ({ ...answer, state: 'running', tokensPerSecond: null, error: null });

/** The turn that an answer answers. */
function askedBy({ parent }: Turn): string {
  if (parent === null) throw new StudioError('bad-input', 'This answer follows no turn: there is nothing to answer.');
  return parent;
}
