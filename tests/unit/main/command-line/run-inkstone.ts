import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Two folders below the root, as what is built: packages, the manifest and the embedded models are found from there. */
const dist = fileURLToPath(new URL('../../../../dist', import.meta.url));
const source = (path: string): string => fileURLToPath(new URL(`../../../../${path}`, import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  /** Lines. */
  readonly stderr: readonly string[];
}

export interface Inkstone {
  /** Runs `inkstone` with these words; `input` is what is typed. */
  run(args: readonly string[], input?: string): Promise<Ran>;
  remove(): void;
}

/** The command line with its engine and worker, bundled as the product's are, on a home of its own. */
export async function bundleInkstone(): Promise<Inkstone> {
  mkdirSync(dist, { recursive: true });
  const folder = mkdtempSync(join(dist, 'test-inkstone-'));
  await build({
    entryPoints: {
      'command-line': source('main/command-line/command-line.ts'),
      engine: source('main/engine/engine.ts'),
      worker: source('main/worker/worker.ts'),
    },
    outdir: folder,
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    logLevel: 'error',
  });
  const run = (args: readonly string[], input = ''): Promise<Ran> =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [join(folder, 'command-line.js'), ...args], {
        env: { ...process.env, INKSTONE_HOME: join(folder, 'home') },
      });
      let [stdout, stderr] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, stdout, stderr: stderr.split('\n').filter((line) => line !== '') }));
      child.stdin.end(input);
    });
  return { run, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
