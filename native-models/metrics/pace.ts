import { setImmediate } from 'node:timers/promises';

import { ModelError } from '../errors.js';

/** How long JavaScript may hold the thread: cancelling and other calls of the engine get through in between. */
const SLICE_MS = 20;

/**
 * Long computations in slices: `await pace.rest()` in every round of an outer loop gives the event loop its turn when
 * the slice is used up, and ends the work with kind `cancelled` once the signal is aborted.
 */
export class Pace {
  readonly #signal: AbortSignal | undefined;
  #began = performance.now();

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  async rest(): Promise<void> {
    if (performance.now() - this.#began < SLICE_MS) return;
    await setImmediate();
    if (this.#signal?.aborted) throw new ModelError('cancelled', 'Stopped.');
    this.#began = performance.now();
  }
}
