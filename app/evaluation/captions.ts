import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { withoutAdapterTags } from '../contracts/adapter-tags.js';
import type { ListedPicture } from '../contracts/features.js';
import { StudioError } from '../contracts/studio-error.js';
import type { Worker } from '../contracts/worker.js';
import { readA1111Parameters } from '../gallery/a1111-parameters.js';
import { readOwnMetadata, readParametersText } from '../gallery/picture-metadata.js';
import { parse } from '../storage/rows.js';
import { pictureCount } from './sources.js';

/** What each picture was asked to show. */
export interface Captions {
  /** By the pictures' places; null for one without. */
  readonly captions: readonly (string | null)[];
  readonly notices: readonly string[];
}

/** A line of the form that `eval --prompts` takes. */
const promptLine = z.object({ file: z.string(), prompt: z.string() });

const filesAtOnce = 8;

/** A million captions have less. */
const mostBytes = 256e6;

/**
 * Captions from a file: JSON lines `{"file","prompt"}`, where `file` is a picture's name below its folder, or plain text,
 * line i for the i-th picture in the order of the listing. A listed file that turns out to be
 * no picture keeps its line. Throws `bad-input` for a file that does not match.
 */
export async function captionsOfFile(
  path: string,
  pictures: readonly ListedPicture[],
  setLabel: string,
): Promise<Captions> {
  const lines = linesOf(await readText(path));
  const isJson =
    lines
      .find((line) => line.trim() !== '')
      ?.trimStart()
      .startsWith('{') ?? false;
  return isJson ? fromJsonLines(lines, path, pictures) : fromText(lines, path, pictures, setLabel);
}

/** The prompts that pictures of ours, and of A1111 and its like, carry in themselves. */
export async function captionsOfPictures(
  worker: Pick<Worker, 'readPicture'>,
  pictures: readonly ListedPicture[],
  { onProgress, signal }: { readonly onProgress: (done: number) => void; readonly signal: AbortSignal },
): Promise<Captions> {
  const captions: (string | null)[] = [];
  for (let from = 0; from < pictures.length; from += filesAtOnce) {
    if (signal.aborted) throw new StudioError('cancelled', 'Stopped.');
    const batch = pictures.slice(from, from + filesAtOnce);
    captions.push(...(await Promise.all(batch.map(({ path }) => captionOfPicture(worker, path)))));
    onProgress(captions.length);
  }
  return { captions, notices: [] };
}

/** Null where it carries none, or cannot be read. */
export async function captionOfPicture(worker: Pick<Worker, 'readPicture'>, path: string): Promise<string | null> {
  const text = await worker.readPicture({ path }).then(
    (read) => read.text,
    () => [],
  );
  const own = readOwnMetadata(text);
  if (own !== null) return caption(own.settings.prompt);
  const parameters = readParametersText(text);
  const a1111 = parameters === null ? null : readA1111Parameters(parameters);
  return a1111 === null ? null : caption(a1111.prompt);
}

/** What the text encoder saw, with adapters' tags taken out. */
function caption(prompt: string): string | null {
  const words = withoutAdapterTags(prompt).trim();
  return words === '' ? null : words;
}

function fromText(
  lines: readonly string[],
  path: string,
  pictures: readonly ListedPicture[],
  setLabel: string,
): Captions {
  const given = withoutEmptyEnd(lines, pictures.length);
  if (given.length !== pictures.length) {
    throw new StudioError(
      'bad-input',
      `${path} has ${count(given.length, 'line')} for ${pictureCount(pictures.length)} in “${setLabel}”: line i is the caption of the i-th picture by name, so give one line for each, or JSON lines with "file" and "prompt".`,
      { file: path },
    );
  }
  return { captions: given.map(caption), notices: [] };
}

function fromJsonLines(lines: readonly string[], path: string, pictures: readonly ListedPicture[]): Captions {
  const places = new Map(pictures.map(({ name }, place) => [sameName(name), place]));
  const captions: (string | null)[] = pictures.map(() => null);
  const unknown: string[] = [];
  const twice: string[] = [];
  const given = new Set<number>();
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const read = promptLine.safeParse(parse(line));
    if (!read.success) {
      throw new StudioError(
        'bad-input',
        `Line ${index + 1} of ${path} is no JSON object with "file" and "prompt", both texts: mend or remove it.`,
        { file: path },
      );
    }
    const { file, prompt } = read.data;
    const place = places.get(sameName(file));
    if (place === undefined) unknown.push(file);
    else {
      if (given.has(place)) twice.push(file);
      given.add(place);
      captions[place] = caption(prompt);
    }
  }
  if (given.size === 0 && pictures.length > 0) {
    throw new StudioError(
      'bad-input',
      `${path} names none of the ${pictureCount(pictures.length)}: it has ${names(unknown)}, the folder has ${names(pictures.map(({ name }) => name))}. Give each picture’s name as it is below the folder.`,
      { file: path },
    );
  }
  if (twice.length > 0) {
    throw new StudioError(
      'bad-input',
      `${path} gives ${twice.length === 1 ? 'a picture' : `${twice.length.toLocaleString('en')} pictures`} more than one caption (${names(twice)}): leave one for each.`,
      { file: path },
    );
  }
  const notices =
    unknown.length === 0
      ? []
      : [
          `The prompts have ${count(unknown.length, 'line')} for files that are not among the pictures (${names(unknown)}); they are left out.`,
        ];
  return { captions, notices };
}

/** The first names of a list, and how many more. */
function names(all: readonly string[]): string {
  const shown = all.slice(0, 3).map((name) => clip(name));
  return all.length > 3 ? `${shown.join(', ')} and ${(all.length - 3).toLocaleString('en')} more` : shown.join(', ');
}

const clip = (name: string): string => (name.length > 60 ? `${name.slice(0, 59)}…` : name);

const count = (number: number, noun: string): string =>
  `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;

/** Names of one file as different tools write them: `./a\b.png` is `a/b.png`; letters composed or not are the same. */
const sameName = (name: string): string =>
  name
    .replaceAll('\\', '/')
    .replace(/^(\.\/)+/, '')
    .normalize('NFC');

function linesOf(text: string): string[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  if (lines.at(-1) === '') lines.pop(); // what ends the last line begins no other
  return lines;
}

/** Empty lines at the end, but those that are captions of the last pictures. */
function withoutEmptyEnd(lines: readonly string[], wanted: number): readonly string[] {
  let end = lines.length;
  while (end > wanted && lines[end - 1]?.trim() === '') end -= 1;
  return lines.slice(0, end);
}

async function readText(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > mostBytes) throw new StudioError('bad-file', `${path} is too large for prompts.`, { file: path });
    const bytes = await readFile(path);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    if (cause instanceof StudioError) throw cause;
    if (cause instanceof TypeError) {
      throw new StudioError('bad-file', `${path} is no text in UTF-8: save the prompts as plain text.`, {
        file: path,
        cause,
      });
    }
    throw new StudioError('missing-file', `The prompts in ${path} cannot be read; check that the file is there.`, {
      file: path,
      cause,
    });
  }
}
