import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ElectronApplication, Page } from 'playwright';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { startStudio, temporaryHome, type StudioApp } from './studio-app.js';

test('two folders are chosen and measured; a run is stopped, goes on after a restart, and its report opens', async () => {
  await using place = await temporaryHome();
  const [generated, reference] = [join(place.home, 'drawn'), join(place.home, 'real')];
  await writePictures(generated, 600, 1);
  await writePictures(reference, 120, 2);
  const studio = await startStudio(place.home);
  const { window } = studio;
  await window.keyboard.press('Control+5');
  await choose(studio, 'Generated', generated);
  await choose(studio, 'Reference', reference);
  await source(window, 'Generated').getByText('600 pictures').waitFor();
  await source(window, 'Reference').getByText('120 pictures').waitFor();

  await window.getByRole('button', { name: 'Evaluate Enter' }).click();
  // Once some vectors are there, it is stopped; they are kept.
  const progress = window.getByRole('progressbar', { name: 'Progress of drawn' });
  await progress.waitFor();
  await expect
    .poll(async () => Number(await progress.getAttribute('aria-valuenow')), { timeout: 30_000 })
    .toBeGreaterThan(0);
  await window.getByRole('button', { name: 'Stop', exact: true }).click();
  await window.getByText('“drawn” is stopped.').first().waitFor();
  await studio.quit();

  const again = await startStudio(place.home);
  await again.window.keyboard.press('Control+5');
  await again.window.getByRole('option', { name: /^drawn/ }).click();
  await again.window.getByRole('button', { name: 'Go on' }).click();
  const table = again.window.getByRole('table').first();
  await table.waitFor();
  expect(await table.innerText()).toMatch(/KID[\s\S]*FD/); // below its floor, FID's kind is not the first
  expect(await again.window.locator('.findings-page').innerText()).toMatch(/not comparable/);

  const opened = await recordOpened(again.app);
  await again.window.getByRole('button', { name: 'Open the report' }).click();
  await expect.poll(async () => (await opened()).length, { timeout: 30_000 }).toBe(1);
  const report = await readFile((await opened())[0]!, 'utf8');
  expect(report).toMatch(/^<!doctype html>/);
  expect(report).toContain('600');
  expect(report).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);
  await again.quit();
});

test('the gallery gets its CLIP scores, is sorted by them, and a selection is measured', async () => {
  await using place = await temporaryHome();
  const studio = await startStudio(place.home);
  const { window } = studio;
  await window.getByRole('textbox', { name: 'Seed' }).fill('7');
  const prompt = window.getByRole('textbox', { name: 'Prompt', exact: true });
  for (const text of ['pizza, fluent style', 'red heart, noto style']) {
    await prompt.fill(text);
    await prompt.press('Enter');
    await window.locator(`img[alt="${text}"][data-loaded]`).waitFor();
  }
  await window.keyboard.press('Control+2');
  await window.getByRole('combobox', { name: 'Sort' }).click();
  await window.getByRole('option', { name: 'Best CLIP score' }).click();
  await window.getByRole('button', { name: /^Score/ }).click();
  const scored = window.getByRole('option', { name: /, CLIP score [\d.]+/ });
  await expect.poll(() => scored.count(), { timeout: 30_000 }).toBe(2);
  const scores = await Promise.all([0, 1].map((place) => scoreOf(scored.nth(place))));
  expect(scores[0]).toBeGreaterThanOrEqual(scores[1]!);

  await scored.first().click();
  await window.keyboard.press('Control+A');
  await window.keyboard.press('Control+5');
  await source(window, 'Generated').click();
  await window.getByRole('menuitem', { name: '2 pictures selected in the gallery' }).click();
  await window.getByRole('button', { name: 'Evaluate Enter' }).click();
  const row = window.getByRole('row', { name: /CLIP score/ }).first();
  await row.waitFor();
  expect(await row.getByRole('cell').allInnerTexts()).toContain('2'); // of so many pictures
  await window
    .getByText(/2 pictures are (too few|fewer)/)
    .first()
    .waitFor();
  await studio.quit();
});

/** Small pictures of flat colours and squares, no two alike. */
async function writePictures(folder: string, count: number, seed: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  const random = generator(seed);
  for (let i = 0; i < count; i++) {
    const colour = { r: random(256), g: random(256), b: random(256) };
    const side = 8 + random(40);
    const inner = {
      create: {
        width: side,
        height: side,
        channels: 3 as const,
        background: { r: random(256), g: random(256), b: random(256) },
      },
    };
    await sharp({ create: { width: 64, height: 64, channels: 3, background: colour } })
      .composite([{ input: inner, left: random(64 - side), top: random(64 - side) }])
      .png()
      .toFile(join(folder, `${i}.png`));
  }
}

function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const source = (window: Page, side: string) => window.getByRole('button', { name: new RegExp(`^${side}:`) });

/** By the panel's own menu; the system's dialog, which no test can click, answers with the folder. */
async function choose({ app, window }: StudioApp, side: string, folder: string): Promise<void> {
  await app.evaluate(({ dialog }, path) => {
    dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [path] });
  }, folder);
  await source(window, side).click();
  await window.getByRole('menuitem', { name: 'Choose a folder…' }).click();
}

/** Instead of the person's browser. */
async function recordOpened(app: ElectronApplication): Promise<() => Promise<string[]>> {
  await app.evaluate(({ shell }) => {
    const opened: string[] = [];
    Object.assign(globalThis, { opened });
    shell.openPath = (path) => {
      opened.push(path);
      return Promise.resolve('');
    };
  });
  return () => app.evaluate(() => (globalThis as unknown as { opened: string[] }).opened);
}

const scoreOf = async (shot: { getAttribute(name: string): Promise<string | null> }): Promise<number> =>
  Number(/CLIP score ([\d.]+)/.exec((await shot.getAttribute('aria-label')) ?? '')?.[1]);
