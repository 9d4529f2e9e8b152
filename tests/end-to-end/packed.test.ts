import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startStudio, temporaryHome } from './studio-app.js';

test('the packed app opens, makes a picture and keeps it in the gallery', async () => {
  const folder = process.env['INKSTONE_PACKED_APP'];
  if (folder === undefined) throw new Error('INKSTONE_PACKED_APP names no packed app: run “npm test -- packed”.');
  await using place = await temporaryHome();
  const studio = await startStudio(place.home, { packed: join(folder, 'inkstone') });
  await studio.window.getByRole('textbox', { name: 'Prompt', exact: true }).fill('a red heart');
  await studio.window.keyboard.press('Enter');
  await studio.window.locator('img[alt="a red heart"][data-loaded]').waitFor();
  await studio.window.keyboard.press('Control+2');
  await studio.window.getByRole('option', { name: 'a red heart' }).waitFor();
  await studio.quit();
  for (const url of studio.requests) expect(url).toMatch(/^(inkstone|blob|data):/);
});
