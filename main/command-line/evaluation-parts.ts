import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { StudioError } from '../../app/contracts/studio-error.js';
import type { DeviceWish } from '../../app/contracts/capabilities.js';
import type { PictureSource, ReferenceSource } from '../../app/contracts/evaluation.js';
import type { EvaluationParts } from '../../app/evaluation/evaluate.js';
import { SourceLooks } from '../../app/evaluation/source-looks.js';
import type { Flags } from './flags.js';
import { embeddedModels, type Session } from './session.js';

export const seedFlag: Flags = {
  seed: { value: 'S', help: 'of what is drawn at random for the intervals; 0 without it' },
};

/** What an evaluation is made with here: no gallery, and no other run but what the caller puts in. */
export async function evaluationParts(session: Session, device: DeviceWish): Promise<EvaluationParts> {
  const memory = await session.memory();
  const { versions } = await session.engine.capabilities();
  return {
    engine: session.engine,
    worker: session.worker,
    memory,
    modelPath: (wish) => session.modelPath(wish),
    embeddedModels,
    galleryPicture: () => Promise.resolve(null),
    otherRun: () => Promise.resolve(null),
    device,
    home: session.home,
    versions: { inkstone: session.version, onnxruntime: versions.onnxruntime },
  };
}

export const folderOf = (path: string): PictureSource => ({ kind: 'folder', path: resolve(path) });

export function referenceOf(wish: string): ReferenceSource {
  const path = resolve(wish);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) {
    throw new StudioError('missing-file', `${path} is not there: give --reference a folder of pictures or a .npz.`, {
      file: path,
    });
  }
  return found.isDirectory() ? { kind: 'folder', path } : { kind: 'statistics', path };
}

/** Whether the first pictures of a folder have their prompts in them. */
export async function carriesPrompts(parts: EvaluationParts, generated: PictureSource): Promise<boolean> {
  return (await new SourceLooks(parts).look(generated)).carriesPrompts;
}
