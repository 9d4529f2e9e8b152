import type { ChatAnswer, ChatFit, ConversationSummary } from '../../app/contracts/conversations.js';
import type { TokenCount } from '../../app/contracts/generation.js';
import type { Model } from '../../app/contracts/models.js';
import { bytes, count, duration, measured, plural } from '../words/numbers.js';

/** How conversations, answers and language models are spoken of. */

const DAY_MS = 24 * 60 * 60 * 1000;

const midnight = (milliseconds: number): number => new Date(milliseconds).setHours(0, 0, 0, 0);

/** Under which heading a conversation stands; days begin at midnight, and changes of the clock do not move them. */
export function dayHeading(changedAt: number, now: number): string {
  const days = Math.round((midnight(now) - midnight(changedAt)) / DAY_MS);
  if (days <= 0) return 'Today';
  if (days === 1) return 'Yesterday';
  if (days < 7) return 'Last 7 days';
  return days < 30 ? 'Last 30 days' : 'Older';
}

/** "12 turns, 3 branches" */
export function turnsWords({ turns, branches }: Pick<ConversationSummary, 'turns' | 'branches'>): string {
  if (turns === 0) return 'Nothing said yet';
  return branches > 1 ? `${plural(turns, 'turn')}, ${plural(branches, 'branch', 'branches')}` : plural(turns, 'turn');
}

export const UNTITLED = 'New conversation';
export const titleWords = (title: string): string => (title.trim() === '' ? UNTITLED : title);

/** A search may have taken it off the list: then its title is not known. */
export const answeredElsewhereWords = (title: string | null): string =>
  title === null ? 'Another conversation is being answered.' : `“${titleWords(title)}” is being answered.`;

/** Of a model without a chat template. */
export const continuesWords = (model: string): string =>
  `${model} has no chat template: it continues the text you write.`;

/** 61.2 -> "61", 4.25 -> "4.3": slow ones are told apart by tenths. */
export const rateFigure = (perSecond: number): string => (perSecond < 9.95 ? perSecond.toFixed(1) : count(perSecond));

/** "38 tokens, 61 a second" */
export const tokensWords = (tokens: number, perSecond: number | null): string =>
  `${plural(tokens, 'token')}${perSecond === null ? '' : `, ${rateFigure(perSecond)} a second`}`;

/** Before the first token. */
export interface Waiting {
  readonly phase: 'loading' | 'reading' | 'writing';
  readonly read: number;
  readonly toRead: number;
  readonly secondsLeft: number | null;
}

/** "Loading SmolLM2 · 2 s", "Reading 300 of 1,204 tokens · about 2 s left" */
export function waitingWords({ phase, read, toRead, secondsLeft }: Waiting, model: string, seconds: number): string {
  if (phase !== 'reading') {
    // A model that is there already takes no time worth naming.
    return seconds < 1 ? 'Starting' : `Loading ${model} · ${duration(Math.floor(seconds))}`;
  }
  const left = secondsLeft === null || secondsLeft < 1 ? '' : ` · about ${duration(secondsLeft)} left`;
  return toRead === 0 ? 'Reading' : `Reading ${count(read)} of ${plural(toRead, 'token')}${left}`;
}

/** What ended an answer before its own end, and whether it can go on from there; null when nothing did. */
export interface Ending {
  readonly tone: 'info' | 'warn' | 'bad';
  readonly text: string;
  readonly goesOn: boolean;
}

/** `contextLength` is the model's, null while it is not known. */
export function endingOf(answer: ChatAnswer, contextLength: number | null): Ending | null {
  switch (answer.state) {
    case 'running':
    case 'stop':
      return null;
    case 'cancelled':
      return answer.completionTokens === 0
        ? { tone: 'info', text: 'Stopped before the first word.', goesOn: true }
        : { tone: 'info', text: 'Stopped. What was said is kept.', goesOn: true };
    case 'length':
      if (contextLength !== null && answer.promptTokens + answer.completionTokens >= contextLength) {
        return {
          tone: 'warn',
          text: `The context of ${plural(contextLength, 'token')} is full. Edit an earlier turn, or start a new conversation.`,
          goesOn: false,
        };
      }
      return {
        tone: 'info',
        text: `The answer reached its limit of ${plural(answer.sampling.maxTokens, 'token')}.`,
        goesOn: true,
      };
    case 'edited':
      return { tone: 'info', text: 'You edited this answer.', goesOn: true };
    case 'lost':
      return { tone: 'bad', text: 'The engine stopped in the middle; what was said is kept.', goesOn: true };
    case 'failed':
      return { tone: 'bad', text: answer.error?.message ?? 'The answer failed.', goesOn: false };
  }
}

/** "Fits: 98 MB of weights, 5.1 GB free" */
export const fitWords = ({
  fits,
  canFit,
  weights,
  free,
}: Pick<ChatFit, 'fits' | 'canFit' | 'weights' | 'free'>): string =>
  `${fits ? 'Fits' : canFit ? 'Too large for now' : 'Too large for this computer'}: ${bytes(weights)} of weights, ${bytes(free)} free`;

/** Where the rest of the memory goes. */
export const fitDetail = ({ cache, contextLength }: ChatFit): string =>
  `What is remembered of ${plural(contextLength, 'token')}, the most it reads, takes another ${bytes(cache)}`;

/** "1,204 of 8,192 tokens" */
export const contextWords = ({ tokens, limit }: TokenCount): string => `${count(tokens)} of ${plural(limit, 'token')}`;

const formats: Record<string, string> = { gguf: 'GGUF', safetensors: 'Folder' };

/** "GGUF Q4_1 · 98 MB" */
export function languageModelLine({ embedded, format, dtype, bytes: weight }: Model): string {
  if (embedded) return `comes with the studio · ${bytes(weight)}`;
  const kind = formats[format] ?? formats[format.split(' ')[0] ?? ''] ?? format;
  return `${kind} ${dtype} · ${bytes(weight)}`;
}

export const firstTokenWords = (seconds: number | null): string => (seconds === null ? '–' : measured(seconds));
