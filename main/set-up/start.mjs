/**
 * `npm start`: from a fresh clone to the open window. It runs before any package is installed, so it and everything it
 * imports use Node alone. Arguments after `npm start --` go to the studio.
 */
import { buildAll } from './build.mjs';
import { checkNode } from './check-node.mjs';
import { electronEnvironment, findElectron } from './find-electron.mjs';
import { installPackages } from './install-packages.mjs';
import { root } from './root.mjs';
import { runUntilItEnds } from './run-program.mjs';
import { runScript, say } from './say.mjs';
import { installSystemPackages } from './system-packages.mjs';
import { needsVirtualDisplay, startVirtualDisplay } from './virtual-display.mjs';

await runScript(async () => {
  checkNode();
  await installPackages();
  const electron = await findElectron();
  const virtual = needsVirtualDisplay();
  installSystemPackages({ virtualDisplay: virtual });
  await buildAll();

  const env = electronEnvironment(electron);
  const flags = ['--log-level=3']; // Chromium's own complaints (no message bus, no graphics card) are no news here
  if (process.platform === 'linux' && process.getuid?.() === 0) {
    say('Running as root, where Chromium refuses its sandbox: starting with --no-sandbox.');
    flags.push('--no-sandbox');
  }
  const screen = virtual ? await startVirtualDisplay() : undefined;
  if (screen) {
    say(
      `There is no screen here: the window is on a virtual one, ${screen.display} (DISPLAY=${screen.display} shows it to other programs).`,
    );
    env['DISPLAY'] = screen.display;
  }
  say('Opening Inkstone Studio. Ctrl-C here closes it.');
  try {
    const { code } = await runUntilItEnds(electron.executable, [...flags, root, ...process.argv.slice(2)], { env });
    return code;
  } finally {
    screen?.stop();
  }
});
