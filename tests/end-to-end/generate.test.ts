import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { pixelsOf } from './pictures.js';
import { inkstone, startStudio, temporaryHome } from './studio-app.js';

test('a prompt and Enter end in a picture that the gallery still has after a restart', async () => {
  await using place = await temporaryHome();
  const studio = await startStudio(place.home);
  const { window } = studio;
  await window.getByRole('textbox', { name: 'Seed' }).fill('7');
  await window.getByRole('textbox', { name: 'Prompt', exact: true }).fill('a red heart');
  const previews = watchPreview(studio);
  await window.keyboard.press('Enter');

  await window.getByRole('img', { name: 'Preview', exact: true }).waitFor();
  const picture = window.getByRole('img', { name: 'a red heart', exact: true });
  await picture.and(window.locator('[data-loaded]')).waitFor();
  expect(await previews).toBeGreaterThan(5); // it was watched coming out of the noise, not only before and after

  await window.keyboard.press('Control+2');
  await window.getByRole('option', { name: 'a red heart' }).waitFor();
  await studio.quit();

  const again = await startStudio(place.home);
  await again.window.keyboard.press('Control+2');
  await again.window.getByRole('option', { name: 'a red heart' }).waitFor();
  await again.quit();
  for (const url of [...studio.requests, ...again.requests]) expect(url).toMatch(/^(inkstone|blob|data):/);
});

test('the window and the command line make the same picture, pixel for pixel', async () => {
  await using place = await temporaryHome();
  const studio = await startStudio(place.home);
  await studio.window.getByRole('textbox', { name: 'Seed' }).fill('7');
  await studio.window.getByRole('textbox', { name: 'Prompt', exact: true }).fill('a red heart');
  await studio.window.keyboard.press('Enter');
  await studio.window.locator('img[alt="a red heart"][data-loaded]').waitFor();
  await studio.quit();

  const out = join(place.home, 'heart.png');
  await inkstone('generate', '--prompt', 'a red heart', '--seed', '7', '--out', out);
  const [fromWindow] = await picturesBelow(join(place.home, 'pictures'));
  expect(await pixelsOf(fromWindow!)).toEqual(await pixelsOf(out));
  const { comments } = await sharp(fromWindow).metadata();
  expect(comments?.find(({ keyword }) => keyword === 'parameters')?.text).toContain('Steps: 25, Sampler: DDIM');
});

/** Counts the different pictures that the preview showed until it goes. */
async function watchPreview({ window }: Awaited<ReturnType<typeof startStudio>>): Promise<number> {
  return window.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const seen = new Set<string>();
        const look = (): void => {
          const canvas = document.querySelector<HTMLCanvasElement>('figure canvas.preview');
          if (canvas && canvas.width > 0) seen.add(canvas.toDataURL());
          if (!canvas && seen.size > 0) resolve(seen.size);
          else setTimeout(look, 10);
        };
        look();
      }),
  );
}

async function picturesBelow(folder: string): Promise<string[]> {
  const files = await readdir(folder, { recursive: true });
  return files.filter((file) => file.endsWith('.png')).map((file) => join(folder, file));
}
