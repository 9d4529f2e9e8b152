import { useEffect, useEffectEvent, useId, useRef, useState, type KeyboardEvent } from 'react';
import { fixed } from '../words/numbers.js';
import { faultOf, fillOf, nudge, readNumber, scrub, shareOf, valueAt, type Range } from './slider-arithmetic.js';

/** The gesture that moved a slider. */
export interface SliderGesture {
  /** The pointer still holds it: more values come, and `onSettled` at the end. */
  readonly held: boolean;
  /** The knob was dragged with Alt. */
  readonly alt: boolean;
}

interface SliderFieldProps {
  readonly label: string;
  /** Where several sliders of one label are near: which one, for screen readers. */
  readonly name?: string;
  readonly hint?: string | undefined;
  readonly value: number;
  /** Grey at this value, accent anywhere else; a double click goes back to it. */
  readonly standard: number;
  readonly range: Range;
  readonly onChange: (value: number, gesture: SliderGesture) => void;
  /** The hand let go: a drag ended, a number was typed, or the keys have rested for a moment. */
  readonly onSettled?: () => void;
  /** Why a typed number was not taken as it is; null once one was. */
  readonly onFault?: (fault: string | null) => void;
  /** After Enter took the number. */
  readonly onEnter?: () => void;
}

const atOnce: SliderGesture = { held: false, alt: false };

/** One control with two faces: a slider, and the number it stands at. */
export function SliderField(props: SliderFieldProps) {
  const { label, name = label, hint, value, standard, range, onChange, onSettled, onFault, onEnter } = props;
  const id = useId();
  const row = useRef<HTMLDivElement>(null);
  const track = useRef<HTMLInputElement>(null);
  const alt = useRef(false);
  const rest = useRest(onSettled);
  const [typed, setTyped] = useState<string | null>(null);
  const moved = value !== standard;
  const share = shareOf(value, range);
  const fill = fillOf(value, range);
  const shown = Number.isInteger(value) || range.decimals === 0 ? range.decimals : decimalsOf(value, range);

  const change = (next: number): void => {
    onChange(next, atOnce);
    rest.soon();
  };
  const reset = (): void => {
    onChange(standard, atOnce);
    rest.now();
  };
  useWheel(row, (direction, keys) => change(nudge(value, direction, range, keys)));
  // React's `onChange` is the platform's `input`; its `change` comes when the knob is let go.
  const letGo = useEffectEvent(() => rest.now());
  useEffect(() => {
    const input = track.current;
    input?.addEventListener('change', letGo);
    return () => input?.removeEventListener('change', letGo);
  }, []);

  const arrows = (event: KeyboardEvent): void => {
    const direction = upOrDown[event.key];
    if (direction !== undefined) {
      event.preventDefault();
      setTyped(null);
      change(nudge(value, direction, range, event));
    } else if (event.key === 'Home' || event.key === 'End') {
      if (event.currentTarget instanceof HTMLInputElement && event.currentTarget.type !== 'range') return;
      event.preventDefault();
      change(event.key === 'Home' ? range.min : range.max);
    }
  };

  const commit = (): void => {
    if (typed === null) return;
    const number = readNumber(typed, range);
    if (number !== null) onChange(number, atOnce);
    onFault?.(faultOf(typed, label, range, value));
    setTyped(null);
    if (number !== null) rest.now();
  };

  return (
    <div ref={row} className={`slider-field${moved ? ' moved' : ''}`} title={hint}>
      <label
        htmlFor={id}
        onPointerDown={(event) => {
          const start = { x: event.clientX, value };
          const label = event.currentTarget;
          label.setPointerCapture(event.pointerId);
          let scrubbed = false;
          const move = (drag: PointerEvent): void => {
            scrubbed = true;
            onChange(scrub(start.value, drag.clientX - start.x, range, drag), { held: true, alt: false });
          };
          const end = (): void => {
            label.removeEventListener('pointermove', move);
            if (scrubbed) rest.now();
          };
          label.addEventListener('pointermove', move);
          label.addEventListener('lostpointercapture', end, { once: true });
        }}
        onDoubleClick={reset}
      >
        {label}
      </label>
      <span className="track" onDoubleClick={reset}>
        <span className="track-line" />
        {range.min < 0 ? <span className="track-zero" style={{ left: `${shareOf(0, range) * 100}%` }} /> : null}
        <span
          className="track-fill"
          style={{ left: `${fill.from * 100}%`, width: `${(fill.to - fill.from) * 100}%` }}
        />
        <input
          id={id}
          ref={track}
          aria-label={name === label ? undefined : name}
          type="range"
          min={range.min}
          max={range.max}
          step="any"
          value={Math.min(range.max, Math.max(range.min, value))}
          aria-valuetext={`${fixed(value, shown)}${moved ? ', changed' : ''}`}
          onPointerDown={(event) => (alt.current = event.altKey)}
          onPointerMove={(event) => (alt.current = event.altKey)}
          onChange={(event) =>
            onChange(valueAt(shareOf(event.currentTarget.valueAsNumber, range), range), {
              held: true,
              alt: alt.current,
            })
          }
          onKeyDown={arrows}
        />
        <span className="track-knob" style={{ left: `${share * 100}%` }} />
      </span>
      <input
        type="text"
        inputMode="decimal"
        className="number"
        role="spinbutton"
        aria-label={`${name}, number`}
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

const REST_MS = 300;

/** Calls `settled` when the hand let go: now, or when no key came for a while, even if the field is gone by then. */
function useRest(settled: (() => void) | undefined): { readonly now: () => void; readonly soon: () => void } {
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const latest = useRef(settled);
  useEffect(() => {
    latest.current = settled;
  });
  const now = (): void => {
    if (timer.current) clearTimeout(timer.current);
    timer.current = null;
    latest.current?.();
  };
  const soon = (): void => {
    if (timer.current) clearTimeout(timer.current);
    timer.current = setTimeout(now, REST_MS);
  };
  return { now, soon };
}

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
