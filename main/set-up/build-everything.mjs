/** `npm run build`: everything that the window runs, into dist/. */
import { buildAll } from './build.mjs';
import { installPackages } from './install-packages.mjs';
import { runScript } from './say.mjs';

await runScript(async () => {
  await installPackages();
  await buildAll();
  return 0;
});
