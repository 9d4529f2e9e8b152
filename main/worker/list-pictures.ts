import { readdir, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ListedPicture, PictureListing, SkippedFile } from '../../app/contracts/features.js';
import { StudioError } from '../../app/contracts/studio-error.js';
import { fileError } from './file-error.js';
import { readingProblem } from './picture-problem.js';

/**
 * The pictures of a folder, by the endings that pytorch-fid knows (0.3.0, fid_score.py IMAGE_EXTENSIONS), in any case.
 * Links are followed, no folder is walked twice, hidden files are not seen. What is inside is not read.
 */
export async function listPictures(request: { folder: string; deep: boolean }): Promise<PictureListing> {
  const folder = resolve(request.folder);
  const found = await stat(folder).catch((error: unknown) => {
    throw fileError(error, folder, 'read');
  });
  if (!found.isDirectory()) {
    throw new StudioError('bad-input', `${folder} is a file: choose the folder that the pictures are in.`, {
      file: folder,
    });
  }
  const walk: Walk = {
    root: folder,
    deep: request.deep,
    walked: new Set(),
    entries: 0,
    pictures: [],
    skipped: [],
    below: 0,
  };
  await walkFolder(folder, '', walk);
  const { below } = walk;
  return {
    pictures: walk.pictures.sort((a, b) => inNaturalOrder(a.name, b.name)),
    skipped: walk.skipped.sort((a, b) => inNaturalOrder(a.file, b.file)),
    below,
  };
}

const pictureEnding = /\.(bmp|jpe?g|pgm|png|ppm|tiff?|webp)$/i;
/** What systems leave in every folder; some hide it by other means than a dot. */
const leftBySystems = /^(\..*|thumbs\.db|desktop\.ini)$/i;

const { compare } = new Intl.Collator('en', { numeric: true });
/** `2.png` before `10.png`. Names that differ in what the order does not count (`01`, `1`) still have a fixed one. */
const inNaturalOrder = (a: string, b: string): number => compare(a, b) || (a < b ? -1 : Number(a > b));

interface Walk {
  readonly root: string;
  readonly deep: boolean;
  /** Real paths: a link back up would never end. */
  readonly walked: Set<string>;
  entries: number;
  readonly pictures: ListedPicture[];
  readonly skipped: SkippedFile[];
  below: number;
}

/** ImageNet's training pictures are 1.3 million. */
const mostEntries = 2_000_000;

/** @param below the folder's name below the root, with `/` after it; '' for the root */
async function walkFolder(folder: string, below: string, walk: Walk): Promise<void> {
  const real = await realpath(folder).catch(() => folder);
  if (walk.walked.has(real)) return;
  walk.walked.add(real);
  const isWanted = below === '' || walk.deep;
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (below === '') throw fileError(error, folder, 'read');
    if (walk.deep) walk.skipped.push({ file: below, reason: readingProblem(error) });
    return [];
  });
  walk.entries += entries.length;
  if (walk.entries > mostEntries) {
    throw new StudioError(
      'bad-input',
      `${walk.root} holds more than ${mostEntries.toLocaleString('en')} files and folders: choose the folder that the pictures are in.`,
      { file: walk.root },
    );
  }
  const folders: string[] = [];
  for (const entry of entries) {
    if (leftBySystems.test(entry.name)) continue;
    const path = join(folder, entry.name);
    const name = `${below}${entry.name}`;
    const target = entry.isSymbolicLink() ? await stat(path).catch(() => null) : entry;
    if (target?.isDirectory()) folders.push(entry.name);
    else if (!isWanted) walk.below += target?.isFile() && pictureEnding.test(name) ? 1 : 0;
    else if (target === null) walk.skipped.push({ file: name, reason: 'is a link that leads nowhere' });
    else if (!target.isFile()) walk.skipped.push({ file: name, reason: 'is no file' });
    else if (pictureEnding.test(name)) walk.pictures.push({ path, name });
    else walk.skipped.push({ file: name, reason: 'is no picture by its name' });
  }
  for (const name of folders) await walkFolder(join(folder, name), `${below}${name}/`, walk);
}
