import { memo, useEffect, useLayoutEffect, useRef, useState } from 'react';

type Engine = typeof import('./formula-engine.js');

let engine: Engine | null = null;
let loading: Promise<void> | null = null;

function loadEngine(): Promise<void> {
  loading ??= import('./formula-engine.js').then((loaded) => void (engine = loaded));
  return loading;
}

interface FormulaProps {
  readonly tex: string;
  /** In a row of its own, as large as its signs are. */
  readonly display: boolean;
}

/** A formula as it is set in print; as it is spelled until what draws it has been loaded, and where it has a fault. */
export const Formula = memo(function Formula({ tex, display }: FormulaProps) {
  const place = useRef<HTMLSpanElement>(null);
  const ready = useEngine();
  useLayoutEffect(() => {
    if (ready && place.current) engine?.drawFormula(place.current, tex, display);
  }, [tex, display, ready]);
  // What is drawn is not React's, so that it has an element of its own.
  const drawn = ready ? <span key="drawn" ref={place} /> : <FormulaSource tex={tex} />;
  if (!display) return drawn;
  return (
    <span className="formula-row" role="group" aria-label="Formula" tabIndex={0}>
      {drawn}
    </span>
  );
});

/** As it is spelled: what is not whole yet is not drawn. */
export const FormulaSource = ({ tex }: { tex: string }) => <span className="formula-source">{tex}</span>;

function useEngine(): boolean {
  const [ready, setReady] = useState(engine !== null);
  useEffect(() => {
    if (ready) return undefined;
    let here = true;
    void loadEngine().then(() => here && setReady(true));
    return () => void (here = false);
  }, [ready]);
  return ready;
}
