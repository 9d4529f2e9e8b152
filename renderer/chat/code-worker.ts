import { grammarOf, piecesOfCode } from './code-tokens.js';
import type { CodeAnswer, CodeOrder } from './code-colours.js';

/** The window's worker for code: answers every order, with null where the language has no grammar or it failed. */
addEventListener('message', ({ data }: MessageEvent<CodeOrder>) => {
  const { id, text, language } = data;
  const grammar = grammarOf(language);
  const answer = (pieces: CodeAnswer['pieces']): void => postMessage({ id, pieces } satisfies CodeAnswer);
  if (grammar === null) return answer(null);
  piecesOfCode(text, grammar).then(answer, () => answer(null));
});
