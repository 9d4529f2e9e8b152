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

test('from a beginning to another ending of its story with the keyboard alone', async () => {
  await using place = await temporaryHome();
  const { window, quit } = await startStudio(place.home);
  const focused = (): Promise<string> =>
    window.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');
  await window.keyboard.press('Control+4');
  await expect.poll(focused, { timeout: 10_000 }).toBe('Message');
  await window.keyboard.type('Once upon a time');
  await window.keyboard.press('Enter');
  await window.getByRole('button', { name: 'Copy the answer' }).waitFor();
  await window.keyboard.press('Escape'); // leaves the text field
  await window.keyboard.press('p');
  const tokens = window.getByRole('listbox', { name: /^Tokens of this answer/ });
  await tokens.waitFor();
  for (let tab = 0; tab < 20 && !(await focused()).startsWith('Tokens'); tab++) {
    await window.keyboard.press('Shift+Tab');
  }
  expect(await focused()).toMatch(/^Tokens/);
  await window.keyboard.press('ArrowRight'); // the first token's rivals
  await window.getByRole('dialog', { name: /^Rivals of/ }).waitFor();
  await expect.poll(focused, { timeout: 10_000 }).toMatch(/, chosen$/);
  await window.keyboard.press('ArrowDown');
  await expect.poll(focused, { timeout: 10_000 }).not.toMatch(/, chosen$/);
  const rival = await focused();
  await window.keyboard.press('Enter');
  await window.getByRole('group', { name: 'Branch 2 of 2' }).waitFor();
  await window.getByRole('button', { name: 'Copy the answer' }).waitFor();
  const first = await tokens.getByRole('option').first().getAttribute('aria-label');
  expect(first?.split(', ')[0]).toBe(rival.split(', ')[0]);
  await window.keyboard.press('Alt+ArrowLeft');
  await window.getByRole('group', { name: 'Branch 1 of 2' }).waitFor();
  await quit();
});
