import { useEffect, useEffectEvent, useRef, type RefObject } from 'react';
import type { JobProgress } from '../../app/contracts/generation.js';

/**
 * Steps come up to dozens of times a second. They never pass through React: whoever shows them listens here and
 * writes to its own element.
 */
type Listener = (progress: JobProgress | null) => void;

let last: JobProgress | null = null;
const listeners = new Set<Listener>();

export const lastProgress = (): JobProgress | null => last;

export function publishProgress(progress: JobProgress | null): void {
  last = progress;
  for (const listener of listeners) listener(progress);
}

export function onProgress(listener: Listener): () => void {
  listeners.add(listener);
  listener(last);
  return () => listeners.delete(listener);
}

/** Share of the picture's steps that are done, 0 to 1. */
export const shareDone = ({ step, steps }: JobProgress): number => Math.min(1, step / steps);

/** A ref whose element is rewritten by `paint` at every step. */
export function useProgress<E extends Element>(
  paint: (element: E, progress: JobProgress | null) => void,
): RefObject<E | null> {
  const ref = useRef<E>(null);
  const paintNow = useEffectEvent((progress: JobProgress | null) => {
    if (ref.current) paint(ref.current, progress);
  });
  useEffect(() => onProgress((progress) => paintNow(progress)), []);
  return ref;
}
