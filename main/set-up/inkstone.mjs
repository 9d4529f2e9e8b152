#!/usr/bin/env node
/**
 * `npx inkstone`: the command line. In a fresh clone it installs the packages and bundles its own side first (no
 * Electron, no system packages, no window), speaking on stderr only; afterwards the checks take a few milliseconds. The
 * command line then runs in this process: it reads process.argv itself, so nothing is started twice.
 */
import { buildCommandLine } from './build.mjs';
import { checkNode } from './check-node.mjs';
import { installPackages } from './install-packages.mjs';
import { fromRoot } from './root.mjs';
import { runScript } from './say.mjs';
import { pathToFileURL } from 'node:url';

let ready = false;
await runScript(async () => {
  checkNode();
  await installPackages();
  await buildCommandLine();
  ready = true;
  return 0;
});
if (ready) await import(pathToFileURL(fromRoot('dist/main/command-line.js')).href);
