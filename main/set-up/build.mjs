import fs from 'node:fs';
import path from 'node:path';
import { oneAtATime } from './one-at-a-time.mjs';
import { fromRoot, root } from './root.mjs';
import { say, SetUpError } from './say.mjs';
import { allBelow, isUpToDate, takeStamp } from './stamp.mjs';

/**
 * What is built from what. Each part has its own stamp and is built only when an input of it changed.
 *
 * | part         | entry                              | result                       |
 * | ------------ | ---------------------------------- | ---------------------------- |
 * | command-line | main/command-line/command-line.ts  | dist/main/command-line.js    |
 * |              | main/engine/engine.ts              | dist/main/engine.js          |
 * |              | main/worker/worker.ts              | dist/main/worker.js          |
 * | window       | main/main.ts                       | dist/main/main.js            |
 * |              | main/preload/preload.ts            | dist/main/preload.cjs (sandboxed preloads must be CommonJS) |
 * | renderer     | renderer/index.html                | dist/renderer/               |
 *
 * Packages are not bundled on the main side: they are found in node_modules, or in the packed app's.
 */
const COMMAND_LINE = {
  name: 'command-line',
  modules: {
    'command-line': 'main/command-line/command-line.ts',
    engine: 'main/engine/engine.ts',
    worker: 'main/worker/worker.ts',
  },
};
const WINDOW = { name: 'window', modules: { main: 'main/main.ts' }, preload: 'main/preload/preload.ts' };

/** What a change in makes every part stale: this recipe itself, and the tools' versions. */
const RECIPE = ['main/set-up/build.mjs', 'package.json', 'tsconfig.base.json'];

/** Build what `npx inkstone` runs, if need be. The window is left alone. */
export async function buildCommandLine() {
  await buildPart(COMMAND_LINE.name, () => bundle(COMMAND_LINE));
}

/** Build everything that the window runs, if need be. */
export async function buildAll() {
  await buildCommandLine();
  await buildPart(WINDOW.name, () => bundle(WINDOW));
  await buildPart('renderer', buildRenderer);
}

/**
 * @param {string} name
 * @param {() => Promise<import('./stamp.mjs').Stamp>} build gives the stamp of what it read
 */
async function buildPart(name, build) {
  const stampFile = fromRoot(`dist/.${name}.stamp`);
  if (isUpToDate(stampFile, root)) return;
  await oneAtATime(fromRoot('dist/.building'), async () => {
    if (isUpToDate(stampFile, root)) return; // another command built it while we waited
    const started = performance.now();
    fs.rmSync(stampFile, { force: true });
    const stamp = await build();
    fs.writeFileSync(stampFile, JSON.stringify(stamp));
    say(`Built the ${name.replace('-', ' ')} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  });
}

/** @param {{ name: string, modules: Record<string, string>, preload?: string }} part */
async function bundle({ modules, preload }) {
  for (const entry of [...Object.values(modules), ...(preload ? [preload] : [])]) requireEntry(entry);
  const { build } = await import('esbuild');
  const startedAt = Date.now();
  /** @type {import('esbuild').BuildOptions & { metafile: true }} */
  const shared = {
    absWorkingDir: root,
    outdir: 'dist/main',
    bundle: true,
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    metafile: true,
    logLevel: 'silent',
  };
  try {
    const results = await Promise.all([
      build({ ...shared, entryPoints: modules, format: 'esm', packages: 'external' }),
      ...(preload
        ? [
            build({
              ...shared,
              entryPoints: { preload },
              format: 'cjs',
              external: ['electron'],
              outExtension: { '.js': '.cjs' },
            }),
          ]
        : []),
    ]);
    const inputs = results.flatMap(({ metafile }) => Object.keys(metafile.inputs));
    return stampOf(inputs, startedAt);
  } catch (error) {
    const { formatMessages } = await import('esbuild');
    const { errors } = /** @type {import('esbuild').BuildFailure} */ (error);
    if (!errors) throw error;
    throw new SetUpError((await formatMessages(errors, { kind: 'error', color: process.stderr.isTTY })).join(''));
  }
}

async function buildRenderer() {
  requireEntry('renderer/index.html');
  const { build } = await import('vite');
  const startedAt = Date.now();
  const inputs = allBelow(root, ['renderer', 'app/contracts', 'vite.config.ts', 'package-lock.json']);
  const stamp = stampOf(inputs, startedAt);
  try {
    await build({ configFile: fromRoot('vite.config.ts'), logLevel: 'warn' });
  } catch (error) {
    throw new SetUpError(
      `The window's pages could not be built: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  return stamp;
}

/**
 * @param {string[]} inputs
 * @param {number} startedAt in ms since 1970
 */
function stampOf(inputs, startedAt) {
  const files = [...new Set([...inputs, ...RECIPE])];
  // esbuild tells its inputs only afterwards: one that was saved while it ran may have been read before that, so it is marked
  // as something that no later look will find again.
  const stamp = takeStamp(root, files);
  for (const file of files) {
    const changed = fs.statSync(fromRoot(file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (changed >= startedAt) stamp[file] = 'changed while it was built';
  }
  return stamp;
}

/** @param {string} entry */
function requireEntry(entry) {
  if (fs.existsSync(path.join(root, entry))) return;
  throw new SetUpError(`${entry} is missing: nothing can be built without it.`);
}
