/**
 * `npm run package`: the app to give away, into out/. On Linux the unpacked folder and a tar.gz of it (made by tar itself:
 * electron-builder's own would fetch a 7zip first); on Windows and macOS the installers of electron-builder.yml.
 */
import fs from 'node:fs';
import path from 'node:path';
import { buildAll } from './build.mjs';
import { checkNode } from './check-node.mjs';
import { findElectron } from './find-electron.mjs';
import { installPackages } from './install-packages.mjs';
import { packUnpackedApp, runElectronBuilder } from './pack-app.mjs';
import { fromRoot } from './root.mjs';
import { runProgram } from './run-program.mjs';
import { runScript, say, SetUpError } from './say.mjs';

await runScript(async () => {
  checkNode();
  await installPackages();
  const electron = await findElectron();
  await buildAll();
  say('Packing the app ...');
  if (process.platform !== 'linux') {
    await runElectronBuilder(electron, []);
    say('Done: the installers are in out/.');
    return 0;
  }
  const folder = await packUnpackedApp(electron);
  say('Packing the archive (about 20 s) ...');
  const { version } = JSON.parse(fs.readFileSync(fromRoot('package.json'), 'utf8'));
  const name = `inkstone-studio-${version}-linux-${process.arch}`;
  // Inside the archive the folder carries the archive's name.
  const rename = `--transform=s,^${path.basename(folder)},${name},`;
  const packed = runProgram('tar', ['-czf', `out/${name}.tar.gz`, rename, '-C', 'out', path.basename(folder)]);
  if (!packed.ok) throw new SetUpError(`${packed.output}The archive could not be written.`);
  say(
    `Done: ${path.relative(process.cwd(), folder)} and ${path.relative(process.cwd(), fromRoot(`out/${name}.tar.gz`))}`,
  );
  return 0;
});
