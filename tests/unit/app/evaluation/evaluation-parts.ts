import { mkdirSync } from 'node:fs';
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Engine } from '../../../../app/contracts/engine.js';
import type { EvaluationProgress, EvaluationSettings } from '../../../../app/contracts/evaluation.js';
import { evaluate, type EvaluationParts } from '../../../../app/evaluation/evaluate.js';
import { homeAt } from '../../../../app/storage/home.js';
import { capabilities } from '../../../../main/engine/capabilities.js';
import { embedPictures } from '../../../../main/engine/embed-pictures.js';
import { embedTexts } from '../../../../main/engine/embed-texts.js';
import { featureMoments } from '../../../../main/engine/feature-moments.js';
import { featureNetwork } from '../../../../main/engine/feature-network.js';
import { frechet } from '../../../../main/engine/frechet.js';
import { measureCaptions } from '../../../../main/engine/measure-captions.js';
import { measureSets } from '../../../../main/engine/measure-sets.js';
import { StepEngine, temporaryFolder, workerInProcess } from '../test-parts.js';

export const embeddedModels = fileURLToPath(new URL('../../../../native-models/embedded', import.meta.url));
/** Two sets of ten small pictures, and a folder with odd ones. */
export const pictures = fileURLToPath(new URL('../../../pictures', import.meta.url));

/** The engine's own functions, called in this process: the embedded CLIP and the metrics are real. */
export function evaluationEngine(): StepEngine {
  const engine = new StepEngine();
  const real: Partial<Engine> = {
    capabilities,
    featureNetwork,
    embedPictures: (request, signal) => embedPictures(request, { signal }),
    embedTexts: (request, signal) => embedTexts(request, { signal }),
    measureSets: (request, progress, signal) => measureSets(request, { progress, signal }),
    measureCaptions: (request) => measureCaptions(request),
    featureMoments: (request, progress, signal) => featureMoments(request, { progress, signal }),
    frechet: (request, progress, signal) => frechet(request, { progress, signal }),
  };
  Object.assign(engine, real);
  return engine;
}

export function evaluationParts(change: Partial<EvaluationParts> = {}): EvaluationParts {
  const root = join(temporaryFolder(), 'home');
  mkdirSync(root);
  return {
    engine: evaluationEngine(),
    worker: workerInProcess(),
    modelPath: (wish) => Promise.resolve(wish),
    embeddedModels,
    galleryPicture: () => Promise.resolve(null),
    otherRun: () => Promise.resolve(null),
    device: 'cpu',
    home: homeAt(root),
    versions: { inkstone: '0.1.0', onnxruntime: '1.30.0' },
    ...change,
  };
}

export const folder = (path: string) => ({ kind: 'folder' as const, path });

export const evaluationSettings: EvaluationSettings = {
  generated: folder(join(pictures, 'generated')),
  reference: folder(join(pictures, 'reference')),
  prompts: null,
  mode: 'pytorch-fid',
  inception: null,
  clip: null,
  metrics: ['kid', 'fid'],
  seed: 0,
  against: null,
};

type Told = Omit<EvaluationProgress, 'id'>;

/** One evaluation; what it told is in `told`. */
export async function evaluated(
  settings: Partial<EvaluationSettings>,
  {
    parts = evaluationParts(),
    signal = new AbortController().signal,
    onProgress = () => undefined,
  }: { parts?: EvaluationParts; signal?: AbortSignal; onProgress?: (progress: Told) => unknown } = {},
) {
  const told: Told[] = [];
  const { result, files } = await evaluate(
    parts,
    { ...evaluationSettings, ...settings },
    {
      signal,
      intervals: true,
      onProgress: (progress) => {
        told.push(progress);
        onProgress(progress);
      },
    },
  );
  return { result, files, told, parts };
}

/** A folder with pictures of another one under names of its own. */
export async function folderOf(from: string, rename: (name: string, index: number) => string | null): Promise<string> {
  const to = join(temporaryFolder(), 'set');
  await mkdir(to);
  for (const [index, name] of (await readdir(join(pictures, from))).sort().entries()) {
    const renamed = rename(name, index);
    if (renamed !== null) await cp(join(pictures, from, name), join(to, renamed));
  }
  return to;
}

export async function textFile(text: string, name = 'prompts.txt'): Promise<string> {
  const path = join(temporaryFolder(), name);
  await writeFile(path, text);
  return path;
}
