import { runningRun, useEvaluate } from './evaluate-store.js';
import { progressWords } from './evaluate-words.js';

/** "Features of run-12 · 620 of 1,000 pictures · 46 s left", for the status bar: work goes on whatever panel is open. */
export function EvaluatingStatus() {
  const name = useEvaluate(({ runs }) => runningRun(runs)?.name ?? '');
  const progress = useEvaluate((state) => state.progress);
  return <span>{progress ? progressWords(progress) : `Measuring ${name}`}</span>;
}
