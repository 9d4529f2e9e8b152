/**
 * What Electron runs when it is started as `electron FOLDER`: find the folder, take its name and version, import its main file.
 * It goes into the assembled runtime (assemble-electron.mjs), whose archive does not bring Electron's own. The import must
 * be awaited at top level: otherwise `ready` fires before the app has registered its schemes.
 */
import { app } from 'electron';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const args = process.argv.slice(1);
const preloads = [];
let target = '.';
for (let i = 0; i < args.length; i++) {
  if (args[i] === '-r') {
    preloads.push(args[++i]); // Playwright's loader comes this way
  } else if (!args[i].startsWith('-')) {
    target = args[i];
    break;
  }
}
process.defaultApp = true;
for (const preload of preloads) createRequire(import.meta.url)(path.resolve(preload));

const folder = path.resolve(target);
const manifest = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
app.setName(manifest.productName ?? manifest.name);
app.setVersion(manifest.version);
app.setAppPath(folder);
await import(pathToFileURL(path.join(folder, manifest.main)).href);
