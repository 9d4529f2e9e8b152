/** How far something long is, in words and as a bar, with the button that stops it. */
export function Progress({
  part,
  words,
  onStop,
}: {
  readonly part: number;
  readonly words: string;
  readonly onStop: () => void;
}) {
  return (
    <div className="work">
      <span className="num">{words}</span>
      <button type="button" className="quiet small outlined" onClick={onStop}>
        Stop
      </button>
      <span className="bar">
        <i style={{ width: `${part * 100}%` }} />
      </span>
    </div>
  );
}
