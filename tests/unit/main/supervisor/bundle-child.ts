import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Two folders below the root, as what is built: packages and the studio's manifest are found from there. */
const dist = fileURLToPath(new URL('../../../../dist', import.meta.url));

/** A child bundled as the product's are. Call `remove` in the end. */
export async function bundleChild(source: URL): Promise<{ file: string; remove: () => void }> {
  mkdirSync(dist, { recursive: true });
  const folder = mkdtempSync(join(dist, 'test-child-'));
  const file = join(folder, 'child.js');
  await build({
    entryPoints: [fileURLToPath(source)],
    outfile: file,
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    logLevel: 'error',
  });
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
