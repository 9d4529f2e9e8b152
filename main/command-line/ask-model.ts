import type { ChatMessage, ChatToken, GeneratedText, LanguageModelFacts, Sampling } from '../../app/contracts/chat.js';
import { usualSampling } from '../../app/contracts/chat.js';
import type { DeviceWish } from '../../app/contracts/capabilities.js';
import type { Engine } from '../../app/contracts/engine.js';
import type { ProgressLine } from './progress-line.js';

export interface Asked {
  readonly messages: readonly ChatMessage[];
  readonly sampling: Sampling;
  readonly logprobs: number;
  readonly signal: AbortSignal;
  /** What the answer grows by. */
  readonly onText: (text: string) => void;
}

const longWaitMs = 10_000;

export interface Answered extends GeneratedText {
  readonly chosen: readonly ChatToken[];
}

/** A language model as the verb `chat` asks it: what it does until the first word is told on standard error. */
export class AskedModel {
  readonly #said = new Set<string>();

  constructor(
    private readonly engine: Pick<Engine, 'generateText'>,
    private readonly progress: Pick<ProgressLine, 'show' | 'say' | 'clear'>,
    private readonly model: { readonly name: string; readonly path: string },
    private readonly options: { readonly device: DeviceWish; readonly weightCache: string },
  ) {}

  async answer({ messages, sampling, logprobs, signal, onText }: Asked): Promise<Answered> {
    const chosen: ChatToken[] = [];
    this.progress.show(`Loading ${this.model.name}`);
    // Where lines cannot be replaced, progress is not shown: a long wait gets one sentence that stays.
    const slow = setTimeout(() => this.#sayOnce(`Loading ${this.model.name} takes a while.`), longWaitMs);
    const answer = await this.engine
      .generateText(
        {
          modelPath: this.model.path,
          ...this.options,
          prompt: { kind: 'turns', messages: [...messages], template: 'own', enableThinking: null },
          answerSoFar: [],
          sampling,
          logprobs,
        },
        (told) => {
          switch (told.phase) {
            case 'loading': {
              const part = told.part === null ? '' : ` · reading weights, once: ${Math.round(100 * told.part)} %`;
              return this.progress.show(`Loading ${this.model.name}${part}`);
            }
            case 'begun':
              clearTimeout(slow);
              return told.notices.forEach((notice) => this.#sayOnce(notice));
            case 'reading':
              return this.progress.show(`Reading ${told.read} of ${told.toRead} tokens`);
            case 'writing':
              this.progress.clear();
              chosen.push(...told.tokens);
              return onText(told.text);
          }
        },
        signal,
      )
      .finally(() => clearTimeout(slow));
    this.progress.clear();
    return { ...answer, chosen };
  }

  /** The same every turn: that a model has no chat template, for one. */
  #sayOnce(notice: string): void {
    if (!this.#said.has(notice)) this.progress.say(notice);
    this.#said.add(notice);
  }
}

/** The values of a model's maker, else the usual ones; new tokens at most 512, and half of a small context. */
export function samplingOf(
  { sampling, contextLength }: Pick<LanguageModelFacts, 'sampling' | 'contextLength'>,
  given: { readonly temperature: number | undefined; readonly maxTokens: number | undefined; readonly seed: number },
): Sampling {
  return {
    temperature: given.temperature ?? sampling.temperature ?? usualSampling.temperature,
    topK: sampling.topK ?? usualSampling.topK,
    topP: sampling.topP ?? usualSampling.topP,
    minP: sampling.minP ?? usualSampling.minP,
    repetitionPenalty: sampling.repetitionPenalty ?? usualSampling.repetitionPenalty,
    stop: [...usualSampling.stop],
    maxTokens: given.maxTokens ?? Math.max(1, Math.min(512, Math.floor(contextLength / 2))),
    seed: given.seed,
  };
}

/** Torch's generator takes 32 bits; a seed that can be read aloud has no more. */
export const randomSeed = (): number => Math.floor(Math.random() * 2 ** 32);

/** For a terminal: without the codes that would move its cursor or change its colours. */
export const withoutControls = (text: string): string =>
  // eslint-disable-next-line no-control-regex
  text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');
