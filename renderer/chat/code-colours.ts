import type { CodePiece } from './code-tokens.js';

/** Code with its colours, made in a worker: whatever a text does to a grammar, the window stays quick. */

export interface CodeOrder {
  readonly id: number;
  readonly text: string;
  readonly language: string;
}
export interface CodeAnswer {
  readonly id: number;
  /** Null: as it is, without colours. */
  readonly pieces: readonly CodePiece[] | null;
}

interface Waiting {
  readonly order: CodeOrder;
  readonly tell: (pieces: CodeAnswer['pieces']) => void;
}

/** In UTF-16 units: more is shown without colours, since every piece is an element of the page. */
const LONGEST = 20_000;
/** A worker that takes longer for one text is ended. */
const DEADLINE_MS = 10_000;
/** Texts whose pieces are remembered: rows of the thread come and go as one scrolls. */
const REMEMBERED = 100;

let worker: Worker | null = null;
let deadline: ReturnType<typeof setTimeout> | undefined;
/** The first one is in the worker's hands. */
const waiting: Waiting[] = [];
let last = 0;
/** By language and text, the one that was asked for last at the end. */
const known = new Map<string, CodeAnswer['pieces']>();

const keyOf = (text: string, language: string): string => `${language}\n${text}`;

/** What is known already; undefined where it was not asked for. */
export const knownPieces = (text: string, language: string): CodeAnswer['pieces'] | undefined =>
  known.get(keyOf(text, language));

export function askPieces(text: string, language: string): Promise<CodeAnswer['pieces']> {
  if (language === '' || text.length > LONGEST) return Promise.resolve(null);
  return new Promise((resolve) => {
    const tell = (pieces: CodeAnswer['pieces']): void => {
      const key = keyOf(text, language);
      known.delete(key);
      known.set(key, pieces);
      for (const oldest of known.keys()) {
        if (known.size <= REMEMBERED) break;
        known.delete(oldest);
      }
      resolve(pieces);
    };
    last += 1;
    waiting.push({ order: { id: last, text, language }, tell });
    if (waiting.length === 1) begin();
  });
}

function begin(): void {
  const [first] = waiting;
  if (!first) return;
  worker ??= startWorker();
  worker.postMessage(first.order);
  deadline = setTimeout(giveUp, DEADLINE_MS);
}

function startWorker(): Worker {
  const started = new Worker(new URL('./code-worker.ts', import.meta.url), { type: 'module' });
  started.addEventListener('message', ({ data }: MessageEvent<CodeAnswer>) => {
    if (data.id === waiting[0]?.order.id) end(data.pieces);
  });
  started.addEventListener('error', giveUp);
  return started;
}

/** The one in hand stays without colours; the others get another worker. */
function giveUp(): void {
  worker?.terminate();
  worker = null;
  end(null);
}

function end(pieces: CodeAnswer['pieces']): void {
  clearTimeout(deadline);
  waiting.shift()?.tell(pieces);
  begin();
}
