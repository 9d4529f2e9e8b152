import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { packUnpackedApp } from './pack-app.mjs';
import { fromRoot } from './root.mjs';
import { runUntilItEnds, toolScript } from './run-program.mjs';
import { allBelow } from './stamp.mjs';

/**
 * @typedef {object} Result
 * @property {boolean} ok
 * @property {string} output shown when the stage failed
 * @property {number} [passed] tests, where the stage has tests
 * @property {number} [failed]
 * @property {boolean} [stopped] by the person
 *
 * @typedef {object} Stage
 * @property {string} name
 * @property {'nothing' | 'command-line' | 'window'} needs to be built before
 * @property {(place: Place) => Promise<Result>} run
 *
 * @typedef {object} Place
 * @property {NodeJS.ProcessEnv} env with a display and Electron where the stage needs the window
 * @property {import('./find-electron.mjs').Electron} [electron] likewise
 */

const FOLDERS = ['native-models', 'app', 'main', 'renderer', 'tests'];

/**
 * The stages of `npm test`, quick ones first. One or more can be named: `npm test -- unit parity`.
 * @type {readonly Stage[]}
 */
export const STAGES = [
  { name: 'format', needs: 'nothing', run: () => runTool('prettier', ['--check', '--log-level=warn', '.']) },
  { name: 'lint', needs: 'nothing', run: () => runTool('oxlint', ['--type-aware', '--deny-warnings']) },
  { name: 'types', needs: 'nothing', run: () => runTool('typescript', ['--build', '--pretty'], 'tsc') },
  { name: 'layers', needs: 'nothing', run: checkLayers },
  { name: 'dead', needs: 'nothing', run: () => runTool('knip', []) },
  { name: 'unit', needs: 'command-line', run: ({ env }) => runTests('unit', [], env) },
  { name: 'parity', needs: 'command-line', run: ({ env }) => runTests('parity', [], env) },
  { name: 'webgpu', needs: 'window', run: testOnSoftwareGpu },
  { name: 'end-to-end', needs: 'window', run: ({ env }) => runTests('end-to-end', ['--no-file-parallelism'], env) },
  { name: 'packed', needs: 'window', run: testPackedApp },
];

/**
 * @param {string} name of the package
 * @param {readonly string[]} args
 * @param {string} [program] where it is not called like the package
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<Result>}
 */
async function runTool(name, args, program = name, env = process.env) {
  const script = toolScript(name, program);
  const { code, stopped, output } = await runUntilItEnds(process.execPath, [script, ...args], { collect: true, env });
  return { ok: code === 0, stopped, output };
}

/** dependency-cruiser calls it a success when it could read no file at all, so its own count is checked too. */
async function checkLayers() {
  const result = await runTool('dependency-cruiser', ['--output-type', 'err-long', ...FOLDERS], 'depcruise');
  const seen = Number(/\((\d+) modules|\. (\d+) modules/.exec(result.output)?.slice(1).find(Boolean) ?? 0);
  const sources = allBelow(fromRoot('.'), FOLDERS).filter((file) => /\.(ts|tsx|mjs)$/.test(file)).length;
  if (seen >= sources) return result;
  return { ...result, ok: false, output: `${result.output}Only ${seen} of ${sources} source files were looked at.\n` };
}

/**
 * One project of vitest.config.ts.
 * @param {string} project
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Result>}
 */
async function runTests(project, args, env) {
  const report = fromRoot(`test-results/${project}.json`);
  fs.rmSync(report, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const result = await runTool('vitest', ['run', '--project', project, ...reporters, ...args], 'vitest', env);
  if (!fs.existsSync(report)) return { ...result, ok: false };
  const { numPassedTests, numFailedTests } = JSON.parse(fs.readFileSync(report, 'utf8'));
  return { ...result, passed: numPassedTests, failed: numFailedTests };
}

/**
 * The parity tests of WebGPU graphs, on the software Vulkan driver that Electron carries: slow, but the real path.
 * @param {Place} place
 */
async function testOnSoftwareGpu({ env, electron }) {
  if (!electron) throw new Error('the software Vulkan driver comes with Electron');
  if (process.platform !== 'linux') return { ok: true, output: '', passed: 0, failed: 0 };
  const runtime = fs.mkdtempSync(path.join(os.tmpdir(), 'inkstone-vulkan-'));
  const driver = {
    LD_LIBRARY_PATH: electron.folder, // libvulkan.so.1
    VK_ICD_FILENAMES: path.join(electron.folder, 'vk_swiftshader_icd.json'),
    XDG_RUNTIME_DIR: runtime,
  };
  try {
    return await runTests('parity', ['--testNamePattern', 'on WebGPU'], { ...env, ...driver });
  } finally {
    fs.rmSync(runtime, { recursive: true, force: true });
  }
}

/** @param {Place} place */
async function testPackedApp({ env, electron }) {
  if (!electron) throw new Error('the packed app needs an Electron');
  const folder = await packUnpackedApp(electron);
  return runTests('packed', ['--no-file-parallelism'], { ...env, INKSTONE_PACKED_APP: path.resolve(folder) });
}
