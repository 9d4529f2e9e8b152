/** The tiny models of make_families.py as a user has them: a folder with configs, seeded weights and a tokenizer. */
import { copyFile, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TextToImageSettings } from '../../native-models/pipelines/text-to-image.js';
import { writeSafetensors } from '../../native-models/weight-formats/write-safetensors.js';
import { seededTensors } from './seeded-weights.js';

export interface FamilyGolden {
  readonly configs: Readonly<Record<string, object>>;
  /** By component, then by `component.name`, which is also what seeds it. */
  readonly tensors: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;
  readonly settings: TextToImageSettings;
}

const TOKENIZER = fileURLToPath(new URL('../../native-models/embedded/pictures/tokenizer', import.meta.url));

/** Returns the model's folder, a new one in `scratch`. `words`: where vocab.json and merges.txt are. */
export async function writeFamilyModel(
  { configs, tensors }: Pick<FamilyGolden, 'configs' | 'tensors'>,
  scratch: string,
  words = TOKENIZER,
): Promise<string> {
  const folder = await mkdtemp(path.join(scratch, 'family-'));
  for (const tokenizer of ['tokenizer', 'tokenizer_2']) {
    if (!(`${tokenizer}/tokenizer_config.json` in configs)) continue;
    await mkdir(path.join(folder, tokenizer), { recursive: true });
    // The words alone: what pads a text is a setting of each model's own.
    for (const file of ['vocab.json', 'merges.txt']) {
      await copyFile(path.join(words, file), path.join(folder, tokenizer, file));
    }
  }
  for (const [file, json] of Object.entries(configs)) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), JSON.stringify(json));
  }
  for (const [component, shapes] of Object.entries(tensors)) {
    const stem = component.startsWith('text') ? 'model' : 'diffusion_pytorch_model';
    const named = Object.entries(seededTensors(shapes)).map(
      ([name, tensor]) => [name.slice(component.length + 1), tensor] as const,
    );
    await writeSafetensors(path.join(folder, component, `${stem}.safetensors`), Object.fromEntries(named));
  }
  return folder;
}
