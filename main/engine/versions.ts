import { createRequire } from 'node:module';
import { z } from 'zod';

const manifest = z.object({ version: z.string() });
const require = createRequire(import.meta.url);
const versionIn = (file: string): string => manifest.parse(require(file)).version;

/** The studio's own manifest lies two folders up, from the source as from the built file. */
export const versions = {
  inkstone: versionIn('../../package.json'),
  onnxruntime: versionIn('onnxruntime-node/package.json'),
};
