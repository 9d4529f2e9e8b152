import type { RgbPicture } from '../../native-models/metrics/resizers/rgb-picture.js';
import { sizeProblem } from './decoded-picture.js';

interface NetpbmPicture extends RgbPicture {
  /** What the highest level is called. */
  readonly maximum: number;
  readonly isGray: boolean;
}

/**
 * PGM and PPM (P5, P6), pixels as Pillow reads them (13.0.0, PpmImagePlugin.py PpmDecoder): levels stretched to 0..255;
 * those of 16-bit gray to 0..65535, and then cut off at 255. libvips, which decodes other formats, takes none of these
 * from memory.
 */
export function decodeNetpbm(file: Buffer): NetpbmPicture | { readonly problem: string } {
  const header = /^P([56])\s+(?:#.*[\r\n]\s*)*(\d+)\s+(?:#.*[\r\n]\s*)*(\d+)\s+(?:#.*[\r\n]\s*)*(\d+)\s/.exec(
    file.toString('latin1', 0, 4096),
  );
  if (header === null) return { problem: 'is a PBM, or a PGM or PPM with a header that is not read: save it as PNG' };
  const [width, height, maximum] = [Number(header[2]), Number(header[3]), Number(header[4])] as const;
  const problem = sizeProblem(width, height);
  if (problem !== null) return { problem };
  if (maximum < 1 || maximum > 65_535) return { problem: `is damaged: its levels go to ${maximum}` };

  const channels = header[1] === '6' ? 3 : 1;
  const sampleBytes = maximum > 255 ? 2 : 1;
  const samples = file.subarray(header[0].length);
  const count = width * height * channels;
  if (samples.length < count * sampleBytes) return { problem: 'is damaged: it ends too early' };
  const top = channels === 1 && maximum > 255 ? 65_535 : 255;
  const levels = Uint8Array.from({ length: maximum + 1 }, (_, level) =>
    Math.min(halfToEven((level / maximum) * top), 255),
  );
  const rgb = new Uint8Array(3 * width * height);
  for (let place = 0; place < count; place++) {
    const sample = sampleBytes === 2 ? samples.readUInt16BE(2 * place) : samples[place]!;
    const level = levels[Math.min(sample, maximum)]!;
    if (channels === 3) rgb[place] = level;
    else rgb.fill(level, 3 * place, 3 * place + 3);
  }
  return { rgb, width, height, maximum, isGray: channels === 1 };
}

/** As Python rounds. */
function halfToEven(value: number): number {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + (floor % 2) : Math.round(value);
}
