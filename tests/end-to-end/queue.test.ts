import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pixelsOf } from './pictures.js';
import { enginePid, inkstone, startStudio, temporaryHome, type StudioApp } from './studio-app.js';

const longJob = { prompt: 'rocket, noto style', seed: '11', steps: '120' };

test('Stop answers within a step, and Go on finishes the very picture', async () => {
  await using place = await temporaryHome();
  const studio = await startStudio(place.home);
  const { window } = studio;
  await submit(studio);
  await stepReached(studio, 5);
  await window.getByRole('button', { name: /^Stop/ }).click();
  await window.getByText(/^Stopped at step/).waitFor({ timeout: 5_000 });
  await window.getByRole('button', { name: /^Go on/ }).click();
  await finished(studio);
  await studio.quit();
  await expectTheUnbrokenPicture(place.home);
});

test('a killed engine is said in one sentence, and the picture goes on from its last step', async () => {
  await using place = await temporaryHome();
  const studio = await startStudio(place.home);
  const { window } = studio;
  await submit(studio);
  await stepReached(studio, 20);
  process.kill(await enginePid(studio), 'SIGKILL');
  await window.getByText(/The engine .* at step \d+/).waitFor();
  await finished(studio);
  await studio.quit();
  await expectTheUnbrokenPicture(place.home);
});

test('a picture that was being made when the studio closed is finished after the next start', async () => {
  await using place = await temporaryHome();
  const studio = await startStudio(place.home);
  await submit(studio);
  await submit(studio, { prompt: 'ghost, fluent style', seed: '3', steps: '5' });
  await stepReached(studio, 10);
  await studio.quit();

  const again = await startStudio(place.home);
  await again.window.keyboard.press('Control+2');
  await again.window.getByRole('option', { name: longJob.prompt }).waitFor();
  await again.window.getByRole('option', { name: 'ghost, fluent style' }).waitFor();
  await again.quit();
});

test('a double click on Generate makes one picture, and the queue obeys the keys', async () => {
  await using place = await temporaryHome();
  const { window, quit } = await startStudio(place.home);
  await window.getByRole('spinbutton', { name: 'Steps' }).fill('60');
  await window.getByRole('textbox', { name: 'Prompt', exact: true }).fill('penguin, blob style');
  await window
    .getByRole('main')
    .getByRole('button', { name: /^Generate/ })
    .dblclick({ delay: 20 });
  await window.getByRole('textbox', { name: 'Prompt', exact: true }).fill('fire, noto style');
  await window.keyboard.press('Enter');
  await window.keyboard.press('Control+j');
  const queue = window.getByRole('dialog', { name: 'Queue' });
  await queue.getByText('fire, noto style').waitFor();
  await window.keyboard.press('ArrowDown');
  await window.keyboard.press('Delete');
  await queue.getByText('fire, noto style').waitFor({ state: 'detached' });
  await window.keyboard.press('Escape');
  await window.locator('img[alt="penguin, blob style"][data-loaded]').waitFor({ timeout: 60_000 });
  expect(await window.getByText(/^Stopped at step/).count()).toBe(0);
  await quit();
});

async function submit({ window }: StudioApp, job = longJob): Promise<void> {
  await window.getByRole('textbox', { name: 'Seed' }).fill(job.seed);
  await window.getByRole('spinbutton', { name: 'Steps' }).fill(job.steps);
  await window.getByRole('textbox', { name: 'Prompt', exact: true }).fill(job.prompt);
  await window.keyboard.press('Enter');
}

async function stepReached({ window }: StudioApp, step: number): Promise<void> {
  const bar = window.getByRole('progressbar', { name: 'Steps of this picture' });
  await expect
    .poll(async () => Number(await bar.getAttribute('aria-valuenow')), { timeout: 30_000 })
    .toBeGreaterThan(step);
}

async function finished({ window }: StudioApp): Promise<void> {
  await window.locator(`img[alt="${longJob.prompt}"][data-loaded]`).waitFor({ timeout: 60_000 });
}

/** What `inkstone generate` makes in one go from the same settings. */
async function expectTheUnbrokenPicture(home: string): Promise<void> {
  const files = await readdir(join(home, 'pictures'), { recursive: true });
  const [made] = files.filter((file) => file.endsWith('.png'));
  const unbroken = join(home, 'unbroken.png');
  const { prompt, seed, steps } = longJob;
  await inkstone('generate', '--prompt', prompt, '--seed', seed, '--steps', steps, '--out', unbroken);
  expect(await pixelsOf(join(home, 'pictures', made!))).toEqual(await pixelsOf(unbroken));
}
