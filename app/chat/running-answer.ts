import type { ChatMessage, ChatToken, GeneratedText, GenerateTextProgress, Sampling } from '../contracts/chat.js';
import type { DeviceWish } from '../contracts/capabilities.js';
import type { AnswerProgress, AnswerTokens, ChatAnswer, Turn } from '../contracts/conversations.js';
import type { Engine } from '../contracts/engine.js';
import type { ErrorMessage } from '../contracts/errors.js';
import { errorMessageOf } from '../contracts/studio-error.js';
import type { Database } from '../storage/database.js';
import { cleanAnswer, cleanPiece } from './clean-text.js';
import { Paced } from './paced.js';
import type { TurnRows } from './turn-rows.js';

/** The likeliest tokens that are kept for each place: as many as a person looks through. */
const rivalsKept = 8;

/** Thirty times a second at most: a window draws no more. */
const toldEveryMs = 34;

/** A commit waits for the disk. */
const savedEveryMs = 1000;

export interface RunningParts {
  readonly database: Database;
  readonly turns: TurnRows;
  readonly engine: Engine;
  readonly onProgress: (progress: AnswerProgress) => void;
  readonly onTokens: (tokens: AnswerTokens) => void;
  /** Another piece of work has the engine now. */
  readonly engineIsBusy: () => boolean;
}

/** What is to be answered, and what was said of it before. */
export interface AnswerOrder {
  readonly conversation: string;
  /**
   * The answer's turn, already on the disk: its text and tokens are gone on with. Where it has a text and no tokens, they
   * are found out again.
   */
  readonly turn: Turn & { readonly answer: ChatAnswer };
  readonly tokens: readonly ChatToken[];
  readonly messages: ChatMessage[];
  readonly modelPath: string;
  readonly device: DeviceWish;
  readonly weightCache: string;
  /** With the limit of this time. */
  readonly sampling: Sampling;
}

/**
 * An answer while it is written: tells its tokens as they come, and saves them once a second and at its end. Whatever
 * happens to the engine, what was said stays.
 */
export class RunningAnswer {
  readonly turnId: string;
  readonly conversation: string;
  readonly #parts: RunningParts;
  readonly #order: AnswerOrder;
  readonly #abort = new AbortController();
  readonly #began = performance.now();
  readonly #telling = new Paced(() => this.#tell(), toldEveryMs);
  readonly #saving = new Paced(() => this.#save(), savedEveryMs);
  /** All that was said; of which `#toldText` is known to the window. */
  #text: string;
  #toldText: string;
  #tokens: ChatToken[];
  #toldTokens: number;
  #savedTokens: number;
  #answer: ChatAnswer;
  /** The engine has this answer in hand: a stop waits for its end of a token. */
  #inHand = false;
  #closed = false;
  /** Saving failed: there is no use in writing on. */
  #unsaved: unknown = null;
  #firstTokens: { at: number; count: number } | null = null;
  #readBegan: number | null = null;
  #loadBegan: number | null = null;

  constructor(parts: RunningParts, order: AnswerOrder) {
    this.#parts = parts;
    this.#order = order;
    this.turnId = order.turn.id;
    this.conversation = order.conversation;
    this.#text = this.#toldText = order.turn.text;
    this.#tokens = [...order.tokens];
    this.#toldTokens = this.#savedTokens = this.#tokens.length;
    this.#answer = order.turn.answer;
  }

  get #isTextAlone(): boolean {
    return this.#order.tokens.length === 0 && this.#order.turn.text !== '';
  }

  /** As the window knows it: what `chat.tokens` adds comes on top. */
  told(): Pick<Turn, 'text' | 'answer'> {
    const completionTokens = this.#toldTokens;
    return { text: this.#toldText, answer: { ...this.#now(), completionTokens, hasTokens: completionTokens > 0 } };
  }

  tokensSoFar(): ChatToken[] {
    return this.#tokens.slice(0, this.#toldTokens);
  }

  /** Between two tokens. */
  stop(): void {
    this.#abort.abort();
  }

  /** Nothing is saved or told any more: the database is about to be closed. */
  close(): void {
    this.#abort.abort();
    if (!this.#closed) this.#saving.finish();
    this.#closed = true;
  }

  /** Resolves when the answer is at its end and on the disk as what it has become. Rejects when the disk refuses. */
  async run(): Promise<void> {
    const { modelPath, device, weightCache, sampling, messages } = this.#order;
    this.#progress({ phase: 'loading' }, this.#parts.engineIsBusy() ? pictureFirst : null);
    try {
      const generating = this.#parts.engine.generateText(
        {
          ...{ modelPath, device, weightCache, sampling, logprobs: rivalsKept },
          prompt: { kind: 'turns', messages, template: 'own', enableThinking: null },
          answerSoFar: this.#tokens.map(({ id }) => id),
          ...(this.#isTextAlone && { answerText: this.#order.turn.text }),
        },
        (progress) => this.#hear(progress),
        this.#abort.signal,
      );
      const generated = await Promise.race([generating, this.#stoppedWhileWaiting()]);
      if (generated === null) this.#end('cancelled', null);
      else this.#finish(generated);
    } catch (error) {
      if (this.#unsaved !== null) throw this.#unsaved;
      const { stack: _stack, ...message } = errorMessageOf(error);
      if (message.kind === 'cancelled') this.#end('cancelled', null);
      else if (message.kind === 'engine-lost') this.#end('lost', message);
      else this.#end('failed', message);
    }
  }

  /** A picture may take minutes: whoever waits for it need not wait to stop waiting. */
  #stoppedWhileWaiting(): Promise<null> {
    return new Promise((resolve) => {
      this.#abort.signal.addEventListener('abort', () => {
        if (!this.#inHand) resolve(null);
      });
    });
  }

  #hear(progress: GenerateTextProgress): void {
    this.#inHand = true;
    if (this.#closed || this.#unsaved !== null) return;
    switch (progress.phase) {
      case 'loading': {
        this.#loadBegan ??= performance.now();
        const { part } = progress;
        const notice = part === null ? null : 'The weights are being read and made ready, once.';
        this.#progress({ phase: 'loading', secondsLeft: leftOf(part ?? 0, this.#loadBegan) }, notice);
        return;
      }
      case 'begun':
        this.#answer = { ...this.#answer, notices: together(this.#answer.notices, progress.notices) };
        this.#tokens.push(...(progress.answerTokens ?? []).map((token) => ({ ...token, top: [] })));
        this.#toldTokens = this.#tokens.length; // their text is known
        this.#progress({ phase: 'reading' }, null);
        return;
      case 'reading': {
        this.#readBegan ??= performance.now();
        const { read, toRead, promptTokens } = progress;
        this.#answer = { ...this.#answer, promptTokens };
        const secondsLeft = leftOf(toRead === 0 ? 1 : read / toRead, this.#readBegan);
        this.#progress({ phase: 'reading', read, toRead, promptTokens, secondsLeft }, null);
        return;
      }
      case 'writing':
        this.#write(progress.text, progress.tokens);
    }
  }

  #write(text: string, tokens: readonly ChatToken[]): void {
    this.#text += cleanPiece(text);
    this.#tokens.push(...tokens);
    if (tokens.length > 0) {
      this.#firstTokens ??= { at: performance.now(), count: this.#tokens.length };
      const firstToken = this.#answer.seconds.firstToken ?? this.#seconds();
      this.#answer = { ...this.#answer, seconds: { ...this.#answer.seconds, firstToken } };
    }
    this.#telling.wish();
    this.#saving.wish();
  }

  #tell(): void {
    const text = this.#text.slice(this.#toldText.length);
    const tokens = this.#tokens.slice(this.#toldTokens);
    this.#toldText = this.#text;
    this.#toldTokens = this.#tokens.length;
    this.#parts.onTokens({
      ...{ turn: this.turnId, conversation: this.conversation, text, tokens },
      ...{ completionTokens: this.#toldTokens, tokensPerSecond: this.#tokensPerSecond() },
    });
  }

  #save(): void {
    try {
      this.#keep(this.#text, this.#now());
    } catch (error) {
      this.#unsaved = error;
      this.#abort.abort();
    }
  }

  #keep(text: string, answer: ChatAnswer): void {
    const { database, turns } = this.#parts;
    database.transaction(() => {
      turns.setAnswer(this.turnId, text, answer.state, answer);
      turns.addTokens(this.turnId, this.#tokens.slice(this.#savedTokens));
      if (answer.state !== 'running') turns.setFindable(this.turnId, true);
    });
    this.#savedTokens = this.#tokens.length;
  }

  #finish({ text, finish, device, promptTokens, completionTokens, notices, seconds }: GeneratedText): void {
    if (this.#unsaved !== null) throw this.#unsaved;
    this.#telling.finish();
    // As its pieces together, but for those that were held back or halved while it was written. What a person wrote stays
    // as it is, should the model have other letters for it.
    this.#text = cleanAnswer(this.#isTextAlone ? this.#text : text);
    const writing = seconds.total - seconds.firstToken;
    const before = this.#order.turn.answer.seconds;
    this.#answer = {
      ...this.#answer,
      ...{ device, promptTokens, notices: together(this.#answer.notices, notices) },
      tokensPerSecond: completionTokens > 1 && writing > 0 ? (completionTokens - 1) / writing : null,
      seconds: { firstToken: before.firstToken ?? seconds.firstToken, total: before.total },
    };
    this.#end(finish, null);
  }

  #end(state: ChatAnswer['state'], error: ErrorMessage | null): void {
    if (this.#closed) return;
    this.#telling.finish();
    this.#saving.cancel();
    this.#keep(this.#text, { ...this.#now(), state, error });
    this.#closed = true;
  }

  /** The answer as it is, with what grows. */
  #now(): ChatAnswer {
    const { seconds } = this.#order.turn.answer;
    return {
      ...this.#answer,
      completionTokens: this.#tokens.length,
      tokensPerSecond: this.#answer.tokensPerSecond ?? this.#tokensPerSecond(),
      seconds: { ...this.#answer.seconds, total: seconds.total + this.#seconds() },
      hasTokens: this.#tokens.length > 0,
    };
  }

  #seconds(): number {
    return (performance.now() - this.#began) / 1000;
  }

  /** Of those that came after the first ones. */
  #tokensPerSecond(): number | null {
    if (this.#firstTokens === null) return null;
    const tokens = this.#tokens.length - this.#firstTokens.count;
    return tokens === 0 ? null : (1000 * tokens) / Math.max(1, performance.now() - this.#firstTokens.at);
  }

  #progress(progress: Pick<AnswerProgress, 'phase'> & Partial<AnswerProgress>, notice: string | null): void {
    this.#parts.onProgress({
      ...{ turn: this.turnId, conversation: this.conversation },
      ...{ read: 0, toRead: 0, promptTokens: 0, secondsLeft: null },
      ...progress,
      notice,
    });
  }
}

const pictureFirst = 'A picture is being made: the answer begins when it is done.';

const together = (some: readonly string[], others: readonly string[]): string[] => [...new Set([...some, ...others])];

/** Seconds, from the part that is done; null while it tells too little. */
function leftOf(part: number, began: number): number | null {
  if (part < 0.02) return null;
  return ((performance.now() - began) / 1000) * (1 / part - 1);
}
