/** Drawings of an icon set, as the embedded model's training saw them: 64x64 pixels with a margin of 2, on white. */
import { mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

const side = 64;
const margin = 2;
/** Of the first, large rendering: shrunk afterwards, which keeps thin lines. */
const rendered = 240;

/** The same drawing in other skin tones, many times. */
const skinTone = /(^|-)(skin-tone|dark|light|medium)(-|$)/;
const noTone = new Set([
  'light-bulb',
  'light-rail',
  'police-car-light',
  'horizontal-traffic-light',
  'vertical-traffic-light',
]);

/**
 * @typedef {object} Icon
 * @property {string} name `cat face`
 * @property {string} svg
 */

/** @param {string} folder of one set's npm package @returns {Icon[]} each drawing once */
export function readIcons(folder) {
  const set = JSON.parse(readFileSync(join(folder, 'icons.json'), 'utf8'));
  /** @type {Map<string, Icon>} */
  const byBody = new Map();
  for (const [name, icon] of Object.entries(set.icons)) {
    if ((skinTone.test(name) && !noTone.has(name)) || name.startsWith('flag-for-flag-') || byBody.has(icon.body))
      continue;
    const { left = 0, top = 0, width = set.width ?? 16, height = set.height ?? 16 } = icon;
    const box = `viewBox="${left} ${top} ${width} ${height}" width="${rendered}" height="${rendered}"`;
    const spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"';
    byBody.set(icon.body, { name: name.replaceAll('-', ' '), svg: `<svg ${spaces} ${box}>${icon.body}</svg>` });
  }
  return [...byBody.values()];
}

/** @param {readonly Icon[]} icons @param {string} folder gets `NAME.png`; whole or not at all */
export async function renderIcons(icons, folder) {
  const half = `${folder}.half`;
  mkdirSync(half, { recursive: true });
  const white = { r: 255, g: 255, b: 255, alpha: 1 };
  for (const { name, svg } of icons) {
    await sharp(Buffer.from(svg))
      .resize(side - 2 * margin, side - 2 * margin, { fit: 'contain', background: white, kernel: 'mitchell' })
      .extend({ top: margin, bottom: margin, left: margin, right: margin, background: white })
      .flatten({ background: white })
      .png()
      .toFile(join(half, `${name}.png`));
  }
  renameSync(half, folder);
}
