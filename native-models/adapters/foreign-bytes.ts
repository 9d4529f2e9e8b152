/** Files of another format altogether, told by how they begin, before anything reads them as `.safetensors`. */
import { open } from 'node:fs/promises';
import path from 'node:path';

import { ModelError } from '../errors.js';
import { NotAnAdapterError } from './not-an-adapter-error.js';

const pickled =
  'is a Python pickle: opening one can run code, so it is left closed. Get the adapter as .safetensors, or save it so.';

/** Throws one sentence for a file that is surely no `.safetensors`. */
export async function refuseForeignBytes(file: string): Promise<void> {
  const label = path.basename(file);
  const start = await readStart(file, label);
  const text = start.toString('latin1');
  if (text.startsWith('GGUF')) {
    throw new ModelError('unsupported', `${label} is a GGUF file: not supported yet.`, { file });
  }
  const isZip = text.startsWith('PK\x03\x04');
  // Named so, or bare: opcode PROTO (0x80) and a version. PyTorch since 1.6 puts its pickles in a zip archive.
  const isBarePickle = start[0] === 0x80 && start[1] !== undefined && start[1] >= 2 && start[1] <= 5;
  if (/\.(pt|pth|bin|ckpt|pkl)$/i.test(label) || (isBarePickle && !isSafetensorsStart(start))) {
    throw new ModelError('unsupported', `${label} ${pickled}`, { file });
  }
  if (/^\s*<(!doctype|html|head)/i.test(text)) {
    throw new NotAnAdapterError(
      `${label} is a web page under the name of an adapter: the download may have asked for a login. Download it again.`,
      file,
    );
  }
  if (/^(\x89PNG|\xff\xd8\xff|GIF8|RIFF.{4}WEBP)/s.test(text)) {
    throw new NotAnAdapterError(`${label} is a picture, not an adapter.`, file);
  }
  if (isZip) {
    throw new NotAnAdapterError(`${label} is a zip archive: unpack it first.`, file);
  }
}

/** Eight bytes of length, then JSON: a header may well be 640 + 128 bytes long. */
const isSafetensorsStart = (start: Buffer): boolean => start[8] === 0x7b;

async function readStart(file: string, label: string): Promise<Buffer> {
  const handle = await open(file, 'r').catch((cause: unknown) => {
    throw new ModelError('missing-file', `${label} is not there or cannot be read.`, { file, cause });
  });
  try {
    if ((await handle.stat()).isDirectory()) {
      throw new ModelError('bad-input', `${label} is a folder, not an adapter’s file.`, { file });
    }
    const start = Buffer.alloc(64);
    const { bytesRead } = await handle.read(start, 0, start.length, 0);
    return start.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
