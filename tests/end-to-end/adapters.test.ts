import { copyFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { writeZeros } from '../unit/native-models/adapters/adapter-files.js';
import { pixelsOf } from './pictures.js';
import { drop, inkstone, root, startStudio, temporaryHome } from './studio-app.js';

const pixelArt = join(root, 'native-models/embedded/pictures/loras/pixel-art.safetensors');

test('a dropped LoRA gets a card and a receipt, says what it does, is mixed by a slider, and all of it is kept', async () => {
  await using place = await temporaryHome();
  const file = join(place.home, 'my-ink.safetensors');
  await copyFile(pixelArt, file);
  const studio = await startStudio(place.home);
  const { window } = studio;

  await window.keyboard.press('Control+3');
  await window.getByRole('option', { name: /^night-neon, Fits/ }).waitFor(); // it came with the studio
  await drop(window, [file]);
  await window.getByRole('option', { name: /^my-ink, Fits/ }).click();
  const sheet = window.getByRole('complementary', { name: 'Receipt of my-ink' });
  const matched = await sheet.getByText(/\d+ of \d+ layers matched/).innerText();
  expect(matched).toMatch(/^(\d+) of \1 layers/);

  await sheet.getByRole('button', { name: 'Make the two pictures' }).click();
  await sheet
    .getByText(/Pixels differ by [\d.]+ %/)
    .first()
    .waitFor();
  for (const name of ['Without my-ink', /^With my-ink/]) {
    const picture = sheet.getByRole('img', { name });
    expect(await picture.evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalWidth))).toBe(64);
  }

  await sheet.getByRole('button', { name: 'Add to picture' }).click();
  await window.keyboard.press('Control+1');
  await window.getByRole('textbox', { name: 'Seed' }).fill('7');
  await window.getByRole('textbox', { name: 'Prompt', exact: true }).fill('cat face, noto style');
  await window.keyboard.press('Enter');
  await window.locator('img[alt="cat face, noto style"][data-loaded]').waitFor();
  await hasPictures(place.home, 1);

  // A slider that is let go draws the same seed again, with no other key.
  const slider = window.getByRole('slider', { name: 'my-ink: model strength' });
  await slider.focus();
  await slider.press('Home');
  const [first, second] = await hasPictures(place.home, 2);
  expect(await pixelsOf(first!)).not.toEqual(await pixelsOf(second!));
  expect(await parametersOf(second!)).toMatch(/<lora:my-ink:.*Lora hashes: "my-ink: [0-9a-f]{12}"/s);
  await studio.quit();

  const again = await startStudio(place.home);
  await again.window.keyboard.press('Control+1');
  await expect.poll(() => strengthIn(again.window)).toBe('−2.00');
  await again.window.keyboard.press('Control+3');
  await again.window.getByRole('option', { name: /^my-ink, Fits/ }).click();
  await again.window
    .getByText(/Pixels differ by [\d.]+ %/)
    .first()
    .waitFor();
  await again.quit();
});

test('a tag in the prompt works as in A1111, in the window and on the command line, and what does not fit is refused', async () => {
  await using place = await temporaryHome();
  const other = await writeOtherBase(join(place.home, 'red-paper.safetensors'));
  const studio = await startStudio(place.home);
  const { window } = studio;
  await drop(window, [other]);
  const prompt = window.getByRole('textbox', { name: 'Prompt', exact: true });
  await window.keyboard.press('Control+1');
  await window.getByRole('textbox', { name: 'Seed' }).fill('7');
  await prompt.fill('rocket, twemoji style <lora:pixel-art:0.8>');
  await window.getByRole('slider', { name: 'pixel-art: model strength' }).waitFor(); // the tag is a row of the mixer
  await prompt.press('Enter');
  const [made] = await hasPictures(place.home, 1);

  const out = join(place.home, 'rocket.png');
  const { stdout } = await inkstone(
    ...['generate', '--json', '--home', place.home, '--seed', '7', '--out', out],
    ...['--prompt', 'rocket, twemoji style', '--lora', `${pixelArt}:0.8`],
  );
  const { adapters } = JSON.parse(stdout) as { adapters: { matched: number; total: number; fits: boolean }[] };
  expect(adapters[0]).toMatchObject({ matched: adapters[0]?.total, fits: true });
  expect(await pixelsOf(made!)).toEqual(await pixelsOf(out));

  await prompt.fill('rocket <lora:red-paper:1>');
  await prompt.press('Enter');
  await window
    .getByText(/red-paper.*It is not applied\./)
    .first()
    .waitFor();
  await prompt.fill('rocket <lora:never-heard-of:1>');
  await prompt.press('Enter');
  await window
    .getByText(/no adapter named “never-heard-of”/)
    .first()
    .waitFor();
  expect(await picturesBelow(place.home)).toHaveLength(1);
  await studio.quit();
});

const strengthIn = (window: Page): Promise<string> =>
  window.getByRole('spinbutton', { name: 'my-ink: model strength, number' }).inputValue();

/** A LoRA that was trained on SDXL, by its shapes. */
function writeOtherBase(file: string): Promise<string> {
  const layer = 'lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k';
  return writeZeros(file, {
    [`${layer}.lora_down.weight`]: [4, 2048],
    [`${layer}.lora_up.weight`]: [640, 4],
    [`${layer}.alpha`]: [],
  });
}

/** So many, the oldest first. */
async function hasPictures(home: string, count: number): Promise<string[]> {
  await expect.poll(async () => (await picturesBelow(home)).length, { timeout: 60_000 }).toBe(count);
  return picturesBelow(home);
}

async function picturesBelow(home: string): Promise<string[]> {
  const folder = join(home, 'pictures');
  const files = await readdir(folder, { recursive: true }).catch(() => []);
  const paths = files.filter((file) => file.endsWith('.png')).map((file) => join(folder, file));
  const made = await Promise.all(paths.map(async (path) => ({ path, at: (await stat(path)).mtimeMs })));
  return made.toSorted((a, b) => a.at - b.at).map(({ path }) => path);
}

async function parametersOf(file: string): Promise<string> {
  const { comments } = await sharp(file).metadata();
  return comments?.find(({ keyword }) => keyword === 'parameters')?.text ?? '';
}
