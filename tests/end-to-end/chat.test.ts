import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright';
import { expect, test } from 'vitest';
import { writeSlowStoryteller } from './chat-models.js';
import { drop, enginePid, startStudio, temporaryHome } from './studio-app.js';

/** Tokens that an interrupted answer has in the end: some seconds of the slow storyteller. */
const LONGEST = 600;
const SAMPLED_MS = 2000;
const patient = { timeout: 30_000 };

test('the storyteller streams; a rival, an edit and another answer are branches; search finds them; a restart keeps them', async () => {
  await using place = await temporaryHome();
  const studio = await startStudio(place.home);
  const { window } = studio;
  await window.keyboard.press('Control+4');
  await message(window).fill('Once upon a time');
  await keepSeed(window, '7');
  const seen = await watchAnswer(window);
  await message(window).press('Enter');
  await answered(window);
  const story = await textOf(window);
  const states = await seen();
  expect(states.length).toBeGreaterThan(1);
  for (const state of states) expect(story.startsWith(state)).toBe(true);

  // A rival is clicked: the same tokens, then the rival, then another story.
  await window.getByRole('button', { name: 'Show probabilities' }).click();
  const tokens = await tokensIn(window);
  const at = 12;
  await window
    .getByRole('option')
    .and(window.locator(`[data-at="${at}"]`))
    .click();
  const rivals = window.getByRole('dialog', { name: /^Rivals of/ });
  const rival = rivals.getByRole('button').and(rivals.locator(':not([aria-current])')).first();
  const chosen = (await rival.getAttribute('aria-label')) ?? '';
  await rival.click();
  await branch(window, 2, 2).waitFor();
  await answered(window);
  const others = await tokensIn(window);
  expect(others.slice(0, at)).toEqual(tokens.slice(0, at));
  expect(others[at]).toBe(chosen.replace(/, probability .*/, ''));
  expect(others[at]).not.toBe(tokens[at]);
  await window.getByRole('button', { name: 'Show probabilities' }).click();
  const otherStory = await textOf(window);

  await window.keyboard.press('Alt+ArrowLeft');
  await branch(window, 1, 2).waitFor();
  expect(await textOf(window)).toBe(story);
  await message(window).press('Alt+ArrowRight');
  await branch(window, 2, 2).waitFor();
  expect(await textOf(window)).toBe(otherStory);

  await message(window).press('ArrowUp');
  const edit = window.getByRole('textbox', { name: 'Edit what you said' });
  expect(await edit.inputValue()).toBe('Once upon a time');
  await edit.fill('Lily had a blue kite');
  await edit.press('Enter');
  await window.getByRole('article', { name: 'You' }).getByText('Lily had a blue kite').waitFor();
  await answered(window);
  expect(await branch(window, 2, 2).count()).toBe(1); // of one's own turns; the new answer is the only one
  const kite = await textOf(window);

  await keepSeed(window, '8');
  await window.keyboard.press('Control+r');
  await expect.poll(() => branch(window, 2, 2).count(), patient).toBe(2);
  await answered(window);
  const again = await textOf(window);
  expect(again).not.toBe(kite);

  await window.keyboard.press('F2');
  const name = window.getByRole('textbox', { name: 'Name of the conversation' });
  await name.fill('Kites');
  await name.press('Enter');
  await window.getByRole('option', { name: /^Kites/ }).waitFor();
  await window.keyboard.press('Control+n');
  await expect.poll(() => window.getByRole('article').count(), patient).toBe(0);
  await message(window).fill('Tom was sad');
  await message(window).press('Enter');
  await answered(window);
  await window.keyboard.press('Control+f');
  await window.keyboard.type('blue kite');
  await expect.poll(() => conversations(window).count(), patient).toBe(1);
  await conversations(window).click();
  await expect.poll(() => textOf(window), patient).toBe(again);
  await studio.quit();

  const later = await startStudio(place.home);
  await later.window.keyboard.press('Control+4');
  await expect.poll(() => conversations(later.window).count(), patient).toBe(2);
  await later.window.getByRole('option', { name: /^Kites/ }).click();
  await expect.poll(() => textOf(later.window), patient).toBe(again);
  expect(await branch(later.window, 2, 2).count()).toBe(2);
  await later.quit();
});

test('a GGUF file that is dropped answers; what was said survives a stop, the death of the engine and a quit, and goes on', async () => {
  await using place = await temporaryHome();
  const file = join(place.home, 'slow-story.gguf');
  await writeSlowStoryteller(file, 16_384);
  const studio = await startStudio(place.home);
  const { window } = studio;
  await window.keyboard.press('Control+4');
  await drop(window, [file]);
  await window.getByRole('button', { name: /^Model: slow-story/ }).waitFor();

  await keepSeed(window, '7');
  const longest = window.getByRole('spinbutton', { name: 'Longest answer, in tokens, number' });
  await longest.fill(String(LONGEST));
  await longest.press('Enter');
  await message(window).fill('Once upon a time');
  await message(window).press('Enter');
  await tokensReached(window, 40);
  await window.keyboard.press('Escape');
  await window.getByText('Stopped. What was said is kept.').waitFor();
  const stopped = await textOf(window);
  expect(stopped).toMatch(/^, there was a little girl named Lily\./);

  await window.getByRole('button', { name: 'Go on' }).click();
  const asText = await window.evaluate(sampleThread, SAMPLED_MS);
  await limitReached(window);
  const whole = await textOf(window);
  expect(whole.startsWith(stopped)).toBe(true);
  expect(whole.length).toBeGreaterThan(stopped.length);

  // The same seed says the same, in one piece or in two, with one engine or with two.
  await window.keyboard.press('Control+r');
  await branch(window, 2, 2).waitFor();
  await tokensReached(window, 60);
  process.kill(await enginePid(studio), 'SIGKILL');
  await window.getByText('The engine stopped in the middle; what was said is kept.').waitFor();
  const kept = await textOf(window);
  expect(kept.length).toBeGreaterThan(0);
  expect(whole.startsWith(kept)).toBe(true);
  await window.getByRole('button', { name: 'Show probabilities' }).click();
  await window.getByRole('button', { name: 'Go on' }).click();
  const asTokens = await window.evaluate(sampleThread, SAMPLED_MS);
  await limitReached(window);
  await window.getByRole('button', { name: 'Show probabilities' }).click();
  expect(await textOf(window)).toBe(whole);
  const idle = await window.evaluate(sampleThread, SAMPLED_MS);
  const [streamed, tinted, still] = [asText, asTokens, idle].map((late) => percentile99(late).toFixed(1));
  console.info(
    `The window's thread was blocked, in 99 of 100 samples, for at most ${streamed} ms while tokens came, ${tinted} ms with their probabilities, ${still} ms after that.`,
  );

  const noModel = join(place.home, 'letter.gguf');
  await writeFile(noModel, 'Dear reader, this is no model.');
  await drop(window, [noModel]);
  const notice = window.getByRole('alert').filter({ hasText: 'letter.gguf' });
  expect(await notice.locator('p').innerText()).toBe('letter.gguf is no GGUF file: it does not begin with GGUF.');
  expect(await textOf(window)).toBe(whole);
  await window.getByRole('button', { name: /^Model: slow-story/ }).waitFor();

  // The studio is closed in the middle of an answer.
  await window.keyboard.press('Control+r');
  await branch(window, 3, 3).waitFor();
  await tokensReached(window, 20);
  await studio.quit();
  const later = await startStudio(place.home);
  await later.window.keyboard.press('Control+4');
  await branch(later.window, 3, 3).waitFor();
  const closed = await textOf(later.window);
  expect(closed.length).toBeGreaterThan(0);
  expect(whole.startsWith(closed)).toBe(true);
  await later.window.getByRole('button', { name: 'Go on' }).click();
  await limitReached(later.window);
  expect(await textOf(later.window)).toBe(whole);
  await later.quit();
});

const message = (window: Page): Locator => window.getByRole('textbox', { name: 'Message' });
const lastAnswer = (window: Page): Locator => window.locator('article.it').last();
const branch = (window: Page, at: number, of: number): Locator =>
  window.getByRole('group', { name: `Branch ${at} of ${of}` });
const conversations = (window: Page): Locator =>
  window.getByRole('listbox', { name: 'Conversations' }).getByRole('option');

async function keepSeed(window: Page, seed: string): Promise<void> {
  const field = window.getByRole('textbox', { name: 'Seed' });
  await field.fill(seed);
  await field.press('Enter'); // back to the message
}

/** The last answer has come to an end, of whatever kind. */
async function answered(window: Page): Promise<void> {
  await lastAnswer(window).getByRole('button', { name: 'Copy the answer' }).waitFor();
}

const textOf = (window: Page): Promise<string> => lastAnswer(window).locator('.answer-text').innerText();

const limitReached = (window: Page): Promise<void> =>
  window.getByText(`The answer reached its limit of ${LONGEST} tokens.`).waitFor();

async function tokensReached(window: Page, tokens: number): Promise<void> {
  const count = async (): Promise<number> => Number(/(\d+) tokens/.exec(await lastAnswer(window).innerText())?.[1]);
  await expect.poll(count, { ...patient, interval: 20 }).toBeGreaterThan(tokens);
}

/** As a screen reader tells them, without their probabilities. */
async function tokensIn(window: Page): Promise<string[]> {
  const options = window.getByRole('listbox', { name: /^Tokens of this answer/ }).getByRole('option');
  await options.first().waitFor();
  const labels = await options.evaluateAll((all) => all.map((one) => one.getAttribute('aria-label') ?? ''));
  return labels.map((label) => label.replace(/, [^,]*$/, ''));
}

/** From now on; the function tells every text that the answer had until then, but the empty one. */
async function watchAnswer(window: Page): Promise<() => Promise<string[]>> {
  const states = await window.evaluateHandle(() => {
    const seen = new Set<string>();
    new MutationObserver(() => {
      const text = document.querySelector<HTMLElement>('article.it .answer-text')?.innerText ?? '';
      if (text !== '') seen.add(text);
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
    return seen;
  });
  return () => states.evaluate((seen) => [...seen]);
}

/** Runs in the window: for so many milliseconds, how much later than asked each 10 ms timer came, in ms. */
function sampleThread(milliseconds: number): Promise<number[]> {
  return new Promise((resolve) => {
    const late: number[] = [];
    const began = performance.now();
    let last = began;
    const tick = (): void => {
      const now = performance.now();
      late.push(Math.max(0, now - last - 10));
      last = now;
      if (now - began > milliseconds) resolve(late);
      else setTimeout(tick, 10);
    };
    setTimeout(tick, 10);
  });
}

const percentile99 = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? NaN;
