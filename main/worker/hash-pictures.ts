import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { PictureHash } from '../../app/contracts/features.js';
import { readingProblem } from './picture-problem.js';

/** sha256 of each file's content, hex, or why it could not be read. Files come in pieces: none is held whole. */
export async function hashPictures({ paths }: { paths: string[] }): Promise<PictureHash[]> {
  const hashes: PictureHash[] = [];
  for (let start = 0; start < paths.length; start += atOnce) {
    hashes.push(...(await Promise.all(paths.slice(start, start + atOnce).map(hashOne))));
  }
  return hashes;
}

/** While one waits for the disk, others are hashed. */
const atOnce = 8;

async function hashOne(path: string): Promise<PictureHash> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const piece of createReadStream(path, { highWaterMark: pieceBytes })) {
      hash.update(piece);
      bytes += piece.length;
    }
  } catch (error) {
    return { problem: readingProblem(error) };
  }
  return bytes === 0 ? { problem: 'is empty' } : { sha256: hash.digest('hex') };
}

const pieceBytes = 1 << 18;
