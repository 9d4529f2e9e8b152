import { useLive } from './live-answer.js';
import { rateFigure } from './chat-words.js';
import { plural } from '../words/numbers.js';

/** "Answering · 38 tokens · 61 a second", for the status bar: work goes on whatever panel is open. */
export function AnsweringStatus() {
  const tokens = useLive((live) => live?.completionTokens ?? 0);
  const rate = useLive((live) => live?.tokensPerSecond ?? null);
  const words = ['Answering'];
  if (tokens > 0) words.push(plural(tokens, 'token'));
  if (rate !== null) words.push(`${rateFigure(rate)} a second`);
  return <span>{words.join(' · ')}</span>;
}
