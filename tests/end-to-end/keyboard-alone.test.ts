import { expect, test } from 'vitest';
import { startStudio, temporaryHome } from './studio-app.js';

test('from start to a kept picture with the keyboard alone', async () => {
  await using place = await temporaryHome();
  const { window, quit } = await startStudio(place.home);
  await expect.poll(() => window.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Prompt');
  await window.keyboard.type('green heart, blob style');
  await window.keyboard.press('Enter');
  await window.locator('img[alt="green heart, blob style"][data-loaded]').waitFor();
  await window.keyboard.press('Escape'); // leaves the text field
  await window.keyboard.press('f');
  await window.getByRole('button', { name: /^Kept/ }).waitFor();

  await window.keyboard.press('Control+2');
  const shot = window.getByRole('option', { name: /green heart, blob style/ });
  await shot.waitFor();
  await window.keyboard.press('ArrowRight');
  await window.keyboard.press('Space');
  await window.getByRole('group', { name: 'Full view' }).waitFor();
  await window.keyboard.press('Escape');
  await window.keyboard.press('Delete');
  await shot.waitFor({ state: 'detached' });
  await window.keyboard.press('Control+z');
  await shot.waitFor();
  await window.keyboard.press('Enter'); // reuse its settings
  await expect
    .poll(() => window.getByRole('textbox', { name: 'Prompt', exact: true }).inputValue())
    .toBe('green heart, blob style');
  await quit();
});
