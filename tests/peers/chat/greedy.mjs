/**
 * `node tests/peers/chat/greedy.mjs MODEL.gguf [TOKENS]`: what the studio and llama.cpp write greedily on the same tokens,
 * side by side (greedy.ts). llama.cpp is installed by `npx inkstone bench --peers --model MODEL.gguf`, once.
 */
import { mkdir } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { fromRoot } from '../../../main/set-up/root.mjs';

// Inside the checkout, where the packages that stay outside of the bundle are found.
const outfile = fromRoot('node_modules/.cache/inkstone/greedy.mjs');
await mkdir(fromRoot('node_modules/.cache/inkstone'), { recursive: true });
await build({
  entryPoints: [fromRoot('tests/peers/chat/greedy.ts')],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
  logLevel: 'error',
});
await import(pathToFileURL(outfile).href);
