import type sharp from 'sharp';

/**
 * Loaded with the first picture, not with the process: it takes some 0.2 s. No cache of opened files: they may change,
 * and pictures come once.
 */
export async function loadSharp(): Promise<typeof sharp> {
  const { default: loaded } = await import('sharp');
  loaded.cache(false);
  return loaded;
}

/** Pictures beyond this are refused before they are decoded: 16384 x 16384. */
export const pixelLimit = 16_384 * 16_384;
