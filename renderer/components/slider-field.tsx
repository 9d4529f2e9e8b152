import { useEffect, useEffectEvent, useId, useRef, useState, type KeyboardEvent } from 'react';
import { fixed } from '../words/numbers.js';
import { faultOf, nudge, readNumber, scrub, shareOf, valueAt, type Range } from './slider-arithmetic.js';

interface SliderFieldProps {
  readonly label: string;
  readonly value: number;
  /** Grey at this value, accent anywhere else; a double click goes back to it. */
  readonly standard: number;
  readonly range: Range;
  readonly onChange: (value: number) => void;
  /** Why a typed number was not taken as it is; null once one was. */
  readonly onFault?: (fault: string | null) => void;
  /** After Enter took the number. */
  readonly onEnter?: () => void;
}

/** One control with two faces: a slider, and the number it stands at. */
export function SliderField({ label, value, standard, range, onChange, onFault, onEnter }: SliderFieldProps) {
  const id = useId();
  const row = useRef<HTMLDivElement>(null);
  const [typed, setTyped] = useState<string | null>(null);
  const moved = value !== standard;
  const share = shareOf(value, range);
  const shown = Number.isInteger(value) || range.decimals === 0 ? range.decimals : decimalsOf(value, range);

  useWheel(row, (direction, keys) => onChange(nudge(value, direction, range, keys)));

  const arrows = (event: KeyboardEvent): void => {
    const direction = upOrDown[event.key];
    if (direction !== undefined) {
      event.preventDefault();
      setTyped(null);
      onChange(nudge(value, direction, range, event));
    } else if (event.key === 'Home' || event.key === 'End') {
      if (event.currentTarget instanceof HTMLInputElement && event.currentTarget.type !== 'range') return;
      event.preventDefault();
      onChange(event.key === 'Home' ? range.min : range.max);
    }
  };

  const commit = (): void => {
    if (typed === null) return;
    const number = readNumber(typed, range);
    if (number !== null) onChange(number);
    onFault?.(faultOf(typed, label, range, value));
    setTyped(null);
  };

  return (
    <div ref={row} className={`slider-field${moved ? ' moved' : ''}`}>
      <label
        htmlFor={id}
        onPointerDown={(event) => {
          const start = { x: event.clientX, value };
          const label = event.currentTarget;
          label.setPointerCapture(event.pointerId);
          const move = (drag: PointerEvent): void => onChange(scrub(start.value, drag.clientX - start.x, range, drag));
          label.addEventListener('pointermove', move);
          label.addEventListener('lostpointercapture', () => label.removeEventListener('pointermove', move), {
            once: true,
          });
        }}
        onDoubleClick={() => onChange(standard)}
      >
        {label}
      </label>
      <span className="track" onDoubleClick={() => onChange(standard)}>
        <span className="track-line" />
        <span className="track-fill" style={{ width: `${share * 100}%` }} />
        <input
          id={id}
          type="range"
          min={range.min}
          max={range.max}
          step="any"
          value={Math.min(range.max, Math.max(range.min, value))}
          aria-valuetext={`${fixed(value, shown)}${moved ? ', changed' : ''}`}
          onChange={(event) => onChange(valueAt(shareOf(event.currentTarget.valueAsNumber, range), range))}
          onKeyDown={arrows}
        />
        <span className="track-knob" style={{ left: `${share * 100}%` }} />
      </span>
      <input
        type="text"
        inputMode="decimal"
        className="number"
        role="spinbutton"
        aria-label={`${label}, number`}
        aria-valuenow={value}
        aria-valuemin={range.hardMin}
        aria-valuemax={range.hardMax}
        value={typed ?? fixed(value, shown)}
        onFocus={(event) => event.currentTarget.select()}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return arrows(event);
          commit();
          // With Ctrl it means "generate" to the window, with the number just taken.
          if (event.ctrlKey || event.metaKey) return undefined;
          event.preventDefault();
          if (onEnter) onEnter();
          else event.currentTarget.select();
          return undefined;
        }}
      />
    </div>
  );
}

const upOrDown: Record<string, 1 | -1> = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 };

const decimalsOf = (value: number, { decimals }: Range): number =>
  Math.abs(value * 10 ** decimals - Math.round(value * 10 ** decimals)) < 1e-6 ? decimals : decimals + 1;

/** The wheel moves it only when it has the focus, so that scrolling the column past it never changes a setting. */
function useWheel(
  row: React.RefObject<HTMLDivElement | null>,
  turn: (direction: 1 | -1, keys: WheelEvent) => void,
): void {
  const turnNow = useEffectEvent(turn);
  useEffect(() => {
    const element = row.current;
    if (!element) return undefined;
    const wheel = (event: WheelEvent): void => {
      if (!element.contains(document.activeElement) || event.deltaY === 0) return;
      event.preventDefault();
      turnNow(event.deltaY < 0 ? 1 : -1, event);
    };
    element.addEventListener('wheel', wheel, { passive: false });
    return () => element.removeEventListener('wheel', wheel);
  }, [row]);
}
