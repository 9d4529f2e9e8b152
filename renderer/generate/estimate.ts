import type { PictureReceipt } from '../../app/contracts/gallery.js';

/** How long pictures take on this machine with one model, from the receipt of the last one that was looked at. */
export interface Pace {
  /** Seconds of one network call for one pixel. */
  readonly perCallPixel: number;
  /** Seconds of decoding for one pixel. */
  readonly perDecodedPixel: number;
}

interface Work {
  readonly steps: number;
  readonly cfg: number;
  readonly width: number;
  readonly height: number;
}

/** Guidance of 1 or less needs one network call a step instead of a pair. */
const calls = ({ steps, cfg }: Work): number => steps * (cfg > 1 ? 2 : 1);

export function paceOf({ settings, seconds }: PictureReceipt): Pace {
  const pixels = settings.width * settings.height;
  return { perCallPixel: seconds.denoise / (calls(settings) * pixels), perDecodedPixel: seconds.decode / pixels };
}

/** Seconds for `count` pictures, without loading. */
export function estimate(work: Work, count: number, pace: Pace): number {
  const pixels = work.width * work.height;
  return count * pixels * (calls(work) * pace.perCallPixel + pace.perDecodedPixel);
}
