import { scoringWords, stopScoring, useScoring } from './scoring.js';

/** In the status bar, whatever panel is open: how far the scores are, and the button that stops them. */
export function ScoringStatus() {
  const words = useScoring((scoring) => (scoring ? scoringWords(scoring) : null));
  if (words === null) return null;
  return (
    <span className="status num scoring">
      <span className="dot busy" aria-hidden="true" />
      {words}
      <button type="button" className="status-stop" onClick={stopScoring} aria-label="Stop the CLIP scores">
        Stop
      </button>
    </span>
  );
}
