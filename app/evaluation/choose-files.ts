import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Desktop } from '../contracts/desktop.js';
import type { RequestOf } from '../contracts/window.js';

type What = RequestOf<'evaluation.choose'>['what'];

const dialogs: Readonly<Record<Exclude<What, 'folder'>, { readonly title: string; readonly endings: string[] }>> = {
  statistics: { title: 'Choose statistics as pytorch-fid writes them', endings: ['npz'] },
  prompts: { title: 'Choose a file with prompts', endings: ['jsonl', 'ndjson', 'json', 'txt'] },
  inception: { title: 'Choose the FID Inception’s weights', endings: ['pth', 'pt', 'safetensors'] },
  clip: { title: 'Choose a CLIP', endings: ['safetensors', 'pt', 'pth', 'bin'] },
};

/** By the system's dialog; null when it is closed. */
export async function chooseFor(desktop: Desktop, what: What): Promise<{ path: string } | null> {
  if (what === 'folder') {
    const path = await desktop.chooseFolder('Choose a folder of pictures');
    return path === null ? null : { path };
  }
  const { title, endings } = dialogs[what];
  const [path] = await desktop.chooseFiles(title, endings);
  if (path === undefined) return null;
  // Weights with their config beside them are a folder's: it knows what the file alone would have to guess.
  return { path: what === 'clip' && (await exists(join(dirname(path), 'config.json'))) ? dirname(path) : path };
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
