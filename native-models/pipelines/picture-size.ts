/** Sides of a picture that a model can make: its latents are whole pixels, each standing for a square of the picture. */
export interface PictureSize {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** What was changed of the wish, in one sentence; null when nothing was. */
  readonly notice: string | null;
}

/** The nearest size whose sides are multiples of `pixelsPerLatent`, at least one each. */
export function pictureSize(width: number, height: number, pixelsPerLatent: number): PictureSize {
  const nearest = (side: number): number => Math.max(Math.round(side / pixelsPerLatent), 1) * pixelsPerLatent;
  const size = { width: nearest(width), height: nearest(height) };
  if (size.width === width && size.height === height) return { ...size, notice: null };
  const notice = `Size set to ${size.width} × ${size.height}: sides are multiples of ${pixelsPerLatent}.`;
  return { ...size, notice };
}
