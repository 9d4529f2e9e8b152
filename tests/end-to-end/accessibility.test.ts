import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { drop, root, startStudio, temporaryHome } from './studio-app.js';

/** WCAG 2.2 AA, as far as axe can tell. */
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

test('every panel has names, roles and contrast, dark and light', async () => {
  await using place = await temporaryHome();
  const { window, quit } = await startStudio(place.home);
  await window.keyboard.type('a red heart');
  await window.keyboard.press('Enter');
  await window.locator('img[alt="a red heart"][data-loaded]').waitFor();
  await window.keyboard.press('Control+4');
  await window.getByRole('textbox', { name: 'Message' }).fill('Once upon a time');
  await window.keyboard.press('Enter');
  await window.getByRole('button', { name: 'Copy the answer' }).waitFor();
  await window.getByRole('button', { name: 'Show probabilities' }).click();
  await window.getByRole('listbox', { name: /^Tokens of this answer/ }).waitFor();
  await window.keyboard.press('Control+5');
  for (const set of ['generated', 'reference']) {
    await drop(window, [join(root, 'tests/pictures', set)]);
    await window.getByRole('button', { name: new RegExp(`:\\s*${set}`) }).waitFor();
  }
  await window.getByRole('button', { name: 'Evaluate Enter' }).click();
  await window.getByRole('table').first().waitFor();
  const { readFile } = await import('node:fs/promises');
  await window.evaluate(await readFile(axePath, 'utf8'));
  for (const theme of ['dark', 'light']) {
    await window.evaluate((name) => {
      document.documentElement.dataset['theme'] = name;
    }, theme);
    for (const keys of ['Control+1', 'Control+2', 'Control+3', 'Control+4', 'Control+5', 'Control+,']) {
      await window.keyboard.press(keys);
      await window.waitForTimeout(300);
      const violations = await window.evaluate(async (tags) => {
        const { axe } = globalThis as unknown as { axe: typeof import('axe-core') };
        const found = await axe.run({ runOnly: tags });
        return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
      }, rules);
      expect(violations, `${theme}, ${keys}`).toEqual([]);
    }
  }
  await quit();
});
