import type { Preview } from '../../app/contracts/generation.js';
import { onProgress } from '../studio/progress.js';

/**
 * Draws each step's preview to every canvas that shows it: bytes to one bitmap, one draw a canvas, no React. The
 * preview is latent-sized; it is drawn enlarged with smoothing, as it is a guess at the picture and not its pixels.
 */
const canvases = new Map<HTMLCanvasElement, string | null>();
/** The last preview of each job, oldest first: a stopped job keeps its own while the window is open. */
const frames = new Map<string, ImageBitmap>();
const FRAMES_KEPT = 16;
let running: string | null = null;
let wanted = 0;
let drawn = 0;

/** Canvases are as large as they are shown, up to this many pixels a side. */
const LARGEST_SIDE = 1024;

/** `jobId` null = whichever job runs. */
export function showPreviewOn(canvas: HTMLCanvasElement, jobId: string | null): () => void {
  canvases.set(canvas, jobId);
  draw(canvas);
  return () => canvases.delete(canvas);
}

/** Once, when the window starts. */
export function paintPreviews(): void {
  onProgress((progress) => {
    if (progress?.preview) void paint(progress.jobId, progress.preview);
  });
}

async function paint(jobId: string, { width, height, rgb }: Preview): Promise<void> {
  wanted += 1;
  const turn = wanted;
  const pixels = new ImageData(width, height);
  toRgba(rgb, pixels.data);
  const next = await createImageBitmap(pixels);
  // A later step may have been faster: it must not be painted over.
  if (turn < drawn) return next.close();
  drawn = turn;
  running = jobId;
  frames.get(jobId)?.close();
  frames.delete(jobId);
  frames.set(jobId, next);
  if (frames.size > FRAMES_KEPT) forgetOldest();
  for (const [canvas, wants] of canvases) if (wants === null || wants === jobId) draw(canvas);
  return undefined;
}

function forgetOldest(): void {
  const [jobId, bitmap] = frames.entries().next().value ?? [];
  bitmap?.close();
  if (jobId !== undefined) frames.delete(jobId);
}

function draw(canvas: HTMLCanvasElement): void {
  const bitmap = frames.get(canvases.get(canvas) ?? running ?? '');
  const context = canvas.getContext('2d');
  if (!bitmap || !context) return;
  const density = window.devicePixelRatio;
  const width = Math.min(LARGEST_SIDE, Math.max(1, Math.round(canvas.clientWidth * density)));
  const height = Math.max(1, Math.round((width * bitmap.height) / bitmap.width));
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, width, height);
}

/** RGB bytes to RGBA, opaque. */
export function toRgba(rgb: Uint8Array, rgba: Uint8ClampedArray): void {
  for (let from = 0, to = 0; from + 2 < rgb.length; from += 3, to += 4) {
    rgba[to] = rgb[from] ?? 0;
    rgba[to + 1] = rgb[from + 1] ?? 0;
    rgba[to + 2] = rgb[from + 2] ?? 0;
    rgba[to + 3] = 255;
  }
}
