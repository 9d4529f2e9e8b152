import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright';
import { expect, test } from 'vitest';
import { usualSampling } from '../../app/contracts/chat.js';
import { drop, startStudio, temporaryHome } from './studio-app.js';

const patient = { timeout: 30_000 };
const message = (window: Page): Locator => window.getByRole('textbox', { name: 'Message' });
const lastAnswer = (window: Page): Locator => window.locator('article.it').last();
const textOf = (window: Page): Promise<string> => lastAnswer(window).locator('.answer-text').innerText();
const answered = (window: Page): Promise<void> =>
  lastAnswer(window).getByRole('button', { name: 'Copy the answer' }).waitFor();

test('an edited answer goes on; a search opens the branch that it left; a preset and an unsent text outlive the studio', async () => {
  await using place = await temporaryHome();
  const studio = await startStudio(place.home);
  const { window } = studio;
  await window.keyboard.press('Control+4');
  await message(window).fill('Once upon a time');
  await message(window).press('Enter');
  await answered(window);
  const story = await textOf(window);

  await lastAnswer(window).getByRole('button', { name: 'Edit the answer' }).click();
  const edit = window.getByRole('textbox', { name: 'Edit the answer' });
  expect((await edit.inputValue()).startsWith(story.slice(0, 40))).toBe(true);
  await edit.fill(', there was a zeppelin made of');
  await edit.press('Enter'); // a line of its own
  expect(await edit.inputValue()).toMatch(/of\n$/);
  await edit.press('Backspace');
  await edit.press('Control+Enter');
  await window.getByText('You edited this answer.').waitFor();
  await window.getByRole('group', { name: 'Branch 2 of 2' }).waitFor();
  expect(await textOf(window)).toBe(', there was a zeppelin made of');
  await window.getByRole('button', { name: 'Go on' }).click();
  await expect.poll(() => textOf(window), patient).toMatch(/^, there was a zeppelin made of.+/);
  await answered(window);
  await lastAnswer(window).getByText('Edited by you').waitFor();

  // Back to the first branch; the word is in the other one.
  await window.keyboard.press('Alt+ArrowLeft');
  await window.getByRole('group', { name: 'Branch 1 of 2' }).waitFor();
  expect(await textOf(window)).toBe(story);
  await window.keyboard.press('Control+f');
  await window.keyboard.type('zeppelin');
  const found = window.getByRole('listbox', { name: 'Conversations' }).getByRole('option');
  await found.getByText('zeppelin').click();
  await window.getByRole('group', { name: 'Branch 2 of 2' }).waitFor();
  expect(await textOf(window)).toMatch(/^, there was a zeppelin/);
  await window.locator('.found-turn').getByText('zeppelin').waitFor();
  await window.getByRole('searchbox', { name: 'Search conversations' }).fill('');

  const temperature = window.getByRole('spinbutton', { name: 'Temperature, number' });
  await temperature.fill('0.3');
  await temperature.press('Enter');
  await window.getByRole('button', { name: /^Preset/ }).click();
  await window.getByRole('menuitem', { name: 'Keep this as a preset…' }).click();
  await window.getByRole('textbox', { name: 'Name of the preset' }).fill('Cold');
  await window.keyboard.press('Enter');
  await window.getByRole('button', { name: 'Preset Cold' }).waitFor();
  await message(window).fill('And what did the zeppelin');
  await studio.quit(); // at once: nothing waits for typing to rest

  const later = await startStudio(place.home);
  await later.window.keyboard.press('Control+4');
  await expect.poll(() => message(later.window).inputValue(), patient).toBe('And what did the zeppelin');
  await later.window.keyboard.press('Control+n');
  await expect.poll(() => later.window.getByRole('article').count(), patient).toBe(0);
  expect(await message(later.window).inputValue()).toBe('');
  await later.window.getByRole('button', { name: /^Preset/ }).click();
  await later.window.getByRole('menuitem', { name: /^Cold/ }).click();
  const cold = later.window.getByRole('spinbutton', { name: 'Temperature, number' });
  await expect.poll(() => cold.inputValue(), patient).toBe('0.30');
  await later.quit();
});

/** As a model writes it. */
const answer = [
  'For \\(a \\ne 0\\), at $5 or $10:',
  '\\[\nx = \\frac{-b \\pm \\sqrt{b^2 - 4ac}}{2a}\n\\]',
  'A fault: $\\frac{a$.',
  '```python\ndef half(x):  # of it\n    return x / 2\n```',
].join('\n\n');

test('formulas are set and code has its colours, with nothing from elsewhere and nothing that the page forbids', async () => {
  await using place = await temporaryHome();
  const file = join(place.home, 'talk.json');
  const sampling = { ...usualSampling, maxTokens: 512, seed: null };
  const made = {
    ...{ state: 'stop', model: { id: 'gone', name: 'Teacher' }, sampling: { ...sampling, seed: 1 }, device: 'cpu' },
    ...{ promptTokens: 1, completionTokens: 9, seconds: { firstToken: 0.1, total: 1 }, tokensPerSecond: 9 },
    ...{ notices: [], error: null },
  };
  const turns = [
    { id: 'a', parent: null, role: 'user', text: 'How?', createdAt: 1, answer: null },
    { id: 'b', parent: 'a', role: 'assistant', text: answer, createdAt: 2, answer: made, tokens: [] },
  ];
  const settings = { model: 'gone', system: '', sampling };
  const head = { format: 'inkstone-conversation', version: 1, title: 'Lesson', createdAt: 1, shown: 'b' };
  await writeFile(file, JSON.stringify({ ...head, settings, turns }));

  const studio = await startStudio(place.home);
  const { window } = studio;
  const complaints: string[] = [];
  window.on('console', (said) => (said.type() === 'error' ? complaints.push(said.text()) : undefined));
  await window.keyboard.press('Control+4');
  await expect.poll(() => message(window).isEnabled(), patient).toBe(true); // the first conversation is open
  await drop(window, [file]);
  await lastAnswer(window).locator('.katex-display .mfrac').waitFor();
  expect(await lastAnswer(window).locator('.katex').count()).toBe(2);
  expect(await lastAnswer(window).getByText('at $5 or $10:').count()).toBe(1);
  const fault = lastAnswer(window).locator('.formula-source[title]');
  expect(await fault.innerText()).toBe('\\frac{a');
  const letters = await lastAnswer(window)
    .locator('.katex-display .mathnormal')
    .first()
    .evaluate((letter) => getComputedStyle(letter).fontFamily);
  expect(letters).toContain('KaTeX_Math');
  const fonts = await window.evaluate(async () => {
    await document.fonts.ready;
    return [...document.fonts].filter(({ family, status }) => family.includes('KaTeX') && status === 'loaded').length;
  });
  expect(fonts).toBeGreaterThan(0);

  const code = lastAnswer(window).locator('pre code');
  await code.locator('.code-keyword').first().waitFor();
  expect((await code.locator('.code-comment').innerText()).trim()).toBe('# of it');
  expect(await code.innerText()).toBe('def half(x):  # of it\n    return x / 2');
  expect(complaints).toEqual([]);
  expect(studio.requests.filter((address) => !/^(?:inkstone|blob|data):/.test(address))).toEqual([]);
  await studio.quit();
});
