/**
 * `npm run bench`: the performance table with the window's rows too, which `npx inkstone bench` alone leaves out because
 * it sets up neither Electron nor a screen. Arguments after `npm run bench --` go to the verb.
 */
import { spawnSync } from 'node:child_process';
import { buildAll } from './build.mjs';
import { checkNode } from './check-node.mjs';
import { electronEnvironment, findElectron } from './find-electron.mjs';
import { installPackages } from './install-packages.mjs';
import { fromRoot } from './root.mjs';
import { runScript } from './say.mjs';
import { installSystemPackages } from './system-packages.mjs';
import { needsVirtualDisplay, startVirtualDisplay } from './virtual-display.mjs';

await runScript(async () => {
  checkNode();
  await installPackages();
  const electron = await findElectron();
  const virtual = needsVirtualDisplay();
  installSystemPackages({ virtualDisplay: virtual });
  await buildAll();
  const screen = virtual ? await startVirtualDisplay() : undefined;
  const env = electronEnvironment(electron);
  if (screen) env['DISPLAY'] = screen.display;
  try {
    const args = [fromRoot('main/set-up/inkstone.mjs'), 'bench', ...process.argv.slice(2)];
    return spawnSync(process.execPath, args, { stdio: 'inherit', env }).status ?? 1;
  } finally {
    screen?.stop();
  }
});
