import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Paced } from '../../../../app/chat/paced.js';

describe('Paced', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('acts at once, then once a rest however often it is wished for, and not without a wish', () => {
    const act = vi.fn();
    const paced = new Paced(act, 1000);
    for (let k = 0; k < 25; k += 1) {
      paced.wish();
      vi.advanceTimersByTime(100);
    }
    expect(act).toHaveBeenCalledTimes(3);
    vi.advanceTimersByTime(10_000);
    expect(act).toHaveBeenCalledTimes(4); // the last wishes
    paced.wish();
    expect(act).toHaveBeenCalledTimes(5);
  });

  test('finishing does what was wished for, cancelling does not', () => {
    const act = vi.fn();
    const paced = new Paced(act, 1000);
    paced.wish();
    paced.finish();
    expect(act).toHaveBeenCalledTimes(1);
    paced.wish();
    paced.wish();
    paced.finish();
    expect(act).toHaveBeenCalledTimes(3);
    paced.wish();
    paced.wish();
    paced.cancel();
    vi.advanceTimersByTime(10_000);
    expect(act).toHaveBeenCalledTimes(4);
  });
});
