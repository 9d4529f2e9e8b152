import { usualSampling, type LanguageModelFacts } from '../contracts/chat.js';
import type { ChatFit, ConversationSettings } from '../contracts/conversations.js';
import type { Engine } from '../contracts/engine.js';
import type { Model } from '../contracts/models.js';
import { StudioError } from '../contracts/studio-error.js';
import type { Library } from '../library/library.js';
import { fitOf, type MachineMemory } from './chat-fit.js';

/** Fields that are not named stay as they are. */
export type SettingsChange = { readonly [K in keyof ConversationSettings]?: ConversationSettings[K] | undefined };

type ConversationSampling = ConversationSettings['sampling'];

/** A new conversation waits this long for what the model's maker recommends: the engine may still be starting. */
const patienceMs = 1500;

/** Where nobody recommends anything. */
const usual: ConversationSampling = { ...usualSampling, seed: null, maxTokens: 512 };

/** What makers recommend values of. */
const LIKED = ['temperature', 'topK', 'topP', 'minP', 'repetitionPenalty'] as const;

/** What a model's maker recommends, on top of what is usual. */
function recommended(facts: LanguageModelFacts | null): ConversationSampling {
  const liked = LIKED.map((name) => [name, facts?.sampling[name] ?? usual[name]]);
  return { ...usual, ...Object.fromEntries(liked) };
}

export interface ChatModelsParts {
  readonly library: Library;
  readonly engine: Engine;
  readonly machine: () => MachineMemory;
}

/** The language models of the library, as conversations see them. */
export class ChatModels {
  readonly #parts: ChatModelsParts;
  /** Library id of the model that answered last: the engine has it open, as a rule. */
  #open: string | null = null;

  constructor(parts: ChatModelsParts) {
    this.#parts = parts;
  }

  /** Refuses what is not in the library and what writes no text; its files may be missing. */
  async existing(id: string): Promise<Model> {
    const model = await this.#parts.library.get(id);
    if (model.kind === 'language') return model;
    throw new StudioError(
      'unfit-model',
      `${model.name} makes pictures and writes no text: choose a language model to chat with.`,
      { file: model.path },
    );
  }

  /** The same, ready to be used. */
  async ready(id: string): Promise<Model> {
    await this.existing(id);
    await this.#parts.library.ready(id);
    return this.existing(id); // another model may lie there now
  }

  /** Library id of the model that a new conversation begins with. */
  async lastUsed(): Promise<string> {
    return (await this.#parts.library.lastLanguage()).id;
  }

  /** A person chose it: new conversations begin with it. */
  prefer(id: string): void {
    this.#parts.library.rememberLanguage(id);
  }

  /** It answers now. */
  answers(id: string): void {
    this.#open = id;
    this.prefer(id);
  }

  /** What its maker recommends, on top of what is usual. Never rejects. */
  async sampling(id: string): Promise<ConversationSampling> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => (timer = setTimeout(() => resolve(null), patienceMs)));
    const facts = await Promise.race([this.#facts(id).catch(() => null), late]);
    clearTimeout(timer);
    return recommended(facts);
  }

  /**
   * A change of a conversation's settings, checked. Each value of sampling that is still what the old model likes gives
   * way to what the new one likes.
   */
  async changeOf(settings: ConversationSettings, change: SettingsChange): Promise<SettingsChange> {
    const { model } = change;
    if (model === undefined || model === settings.model) return change;
    await this.existing(model);
    if (change.sampling !== undefined) return change;
    const before = await this.sampling(settings.model);
    const after = await this.sampling(model);
    const now = settings.sampling;
    const untouched = LIKED.filter((name) => now[name] === before[name]);
    return { ...change, sampling: { ...now, ...Object.fromEntries(untouched.map((name) => [name, after[name]])) } };
  }

  /** What an answer would need, said before it starts. */
  async fit(id: string): Promise<ChatFit> {
    const { card } = await this.existing(id);
    const facts = await this.#facts(id);
    return fitOf({
      ...{ facts, sampling: recommended(facts), machine: this.#parts.machine(), isOpen: this.#open === id },
      about: card?.description ?? null,
    });
  }

  async #facts(id: string): Promise<LanguageModelFacts> {
    const { path } = await this.existing(id);
    return this.#parts.engine.languageModelFacts({ modelPath: path });
  }
}
