import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

/** A child as the product's are built; packages inside, so that it runs from anywhere. Call `remove` in the end. */
export async function bundleChild(source: URL): Promise<{ file: string; remove: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), 'inkstone-child-'));
  const file = join(folder, 'child.mjs');
  await build({
    entryPoints: [source.pathname],
    outfile: file,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    logLevel: 'error',
  });
  return { file, remove: () => rmSync(folder, { recursive: true }) };
}
