/**
 * `npm test`: every check and every test, from a fresh clone on. `npm test -- unit parity` runs the named stages only
 * (test-stages.mjs lists them). The last line counts tests; a stage that fails without a failed test counts as one.
 */
import { buildAll, buildCommandLine } from './build.mjs';
import { checkNode } from './check-node.mjs';
import { electronEnvironment, findElectron } from './find-electron.mjs';
import { installPackages } from './install-packages.mjs';
import { runScript, say, SetUpError } from './say.mjs';
import { installSystemPackages } from './system-packages.mjs';
import { STAGES } from './test-stages.mjs';
import { startVirtualDisplay } from './virtual-display.mjs';

/** @typedef {import('./test-stages.mjs').Result} Result */

await runScript(async () => {
  const stages = chosenStages(process.argv.slice(2));
  checkNode();
  await installPackages();
  const window = stages.some(({ needs }) => needs === 'window') ? await setUpWindow() : undefined;
  const place = { env: process.env, ...window?.place };
  let passed = 0;
  let failed = 0;
  try {
    for (const stage of stages) {
      const broken = await tryBuild(stage);
      process.stdout.write(stage.name.padEnd(12));
      const started = performance.now();
      const result = broken ?? (await orFailure(() => stage.run(place)));
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      const tests = result.passed === undefined ? '' : `, ${result.passed} passed, ${result.failed} failed`;
      process.stdout.write(`${result.ok ? 'ok' : 'FAILED'} (${seconds} s${tests})\n`);
      if (result.stopped) return 130;
      if (!result.ok) process.stdout.write(`${result.output.trimEnd()}\n\n`);
      passed += result.passed ?? 0;
      failed += result.ok ? 0 : Math.max(1, result.failed ?? 0);
    }
  } finally {
    window?.stop();
  }
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
});

/** @param {readonly string[]} names */
function chosenStages(names) {
  const known = STAGES.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new SetUpError(`There is no stage "${unknown}"; there are: ${known.join(', ')}.`);
  return names.length === 0 ? STAGES : STAGES.filter(({ name }) => names.includes(name));
}

/**
 * Build what the stage needs.
 * @param {import('./test-stages.mjs').Stage} stage
 * @returns {Promise<Result | undefined>} the stage's failure, when what it needs cannot be built
 */
async function tryBuild(stage) {
  return orFailure(async () => {
    if (stage.needs === 'command-line') await buildCommandLine();
    if (stage.needs === 'window') await buildAll();
    return undefined;
  });
}

/**
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T | Result>}
 */
async function orFailure(work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    return { ok: false, output: error.message };
  }
}

/** Electron, the libraries it needs, and a screen; the same window that `npm start` opens. */
async function setUpWindow() {
  const electron = await findElectron();
  // Always a screen of our own: windows that come and go, and take the focus, are no company to work in.
  const virtual = process.platform === 'linux';
  installSystemPackages({ virtualDisplay: virtual });
  const env = electronEnvironment(electron);
  const screen = virtual ? await startVirtualDisplay() : undefined;
  if (screen) {
    env['DISPLAY'] = screen.display;
    delete env['WAYLAND_DISPLAY'];
  }
  say(
    `The window's tests use Electron ${electron.version}${screen ? ` on the virtual screen ${screen.display}` : ''}.`,
  );
  return { place: { env, electron }, stop: () => screen?.stop() };
}
