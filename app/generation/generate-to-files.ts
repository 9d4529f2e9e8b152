import { basename } from 'node:path';
import { adapterName } from '../adapters/adapter-names.js';
import type { AdapterSource, ShelfAdapter } from '../adapters/adapter-shelf-port.js';
import { checkAdapters, promptAdapters } from '../adapters/picture-adapters.js';
import { writeAdapterTag } from '../contracts/adapter-tags.js';
import type { AdapterFileUse, AdapterReceipt, ApplyWish } from '../contracts/adapters.js';
import type { DeviceWish } from '../contracts/capabilities.js';
import type { Engine, GeneratedPicture, GenerateProgress } from '../contracts/engine.js';
import type { GenerationSettings } from '../contracts/generation.js';
import { errorMessageOf, StudioError } from '../contracts/studio-error.js';
import type { Worker } from '../contracts/worker.js';
import type { ResolvedModel } from '../library/library.js';
import { makePicture, savePicture } from './make-picture.js';
import { outputPaths } from './output-paths.js';
import { normaliseSettings, type SettingsWish } from './settings.js';

export interface GenerateToFilesOrder {
  readonly engine: Engine;
  readonly worker: Worker;
  /** What `Library.resolve` gave for `--model`. */
  readonly model: ResolvedModel;
  readonly settings: Omit<SettingsWish, 'model' | 'adapters'>;
  /** `--lora`: files, by their paths. */
  readonly adapters?: readonly AdapterFileUse[] | undefined;
  readonly apply?: ApplyWish | undefined;
  /** Where `<lora:NAME:1>` in the prompt is looked up; asked only when there is such a tag. None knows no name. */
  readonly shelf?: Pick<AdapterSource, 'find'> | undefined;
  readonly count?: number | undefined;
  /** A file, or a folder for numbered files. */
  readonly out: string;
  readonly force?: boolean | undefined;
  readonly device?: DeviceWish | undefined;
  /** `.safetensors` whose `latents` [K,C,h,w] set count and size. */
  readonly latents?: string | undefined;
  /** The studio's version, for the receipts. */
  readonly version: string;
  readonly onProgress?: ((progress: GenerateProgress & { picture: number; pictures: number }) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface GeneratedFiles {
  readonly images: { readonly path: string; readonly seed: number; readonly width: number; readonly height: number }[];
  /** As they were used; `seed` is the first picture's. */
  readonly settings: GenerationSettings;
  /** The device that ran. */
  readonly device: string;
  /** Of each file once: those of `--lora`, then those of the prompt. */
  readonly adapters: AdapterReceipt[];
  readonly notices: string[];
  /** Added up over all pictures. */
  readonly seconds: GeneratedPicture['seconds'];
}

/** Pictures straight into files, with no library, queue or gallery: what `inkstone generate` does. */
export async function generateToFiles(order: GenerateToFilesOrder): Promise<GeneratedFiles> {
  const { engine, worker, model, out, force = false, device = 'auto', apply = 'auto', version } = order;
  const signal = order.signal ?? new AbortController().signal;
  const capabilities = await engine.capabilities();
  const given =
    order.latents === undefined ? null : await engine.inspectLatents({ modelPath: model.path, file: order.latents });
  const normal = normaliseSettings(
    { ...order.settings, ...(given && { width: given.width, height: given.height }), model: model.id ?? model.name },
    model,
    capabilities,
  );
  const adapters = await adaptersOf(order, normal.settings, signal);
  const count = given?.count ?? order.count ?? 1;
  const paths = await outputPaths(out, count, force);

  const images: GeneratedFiles['images'] = [];
  const notices = new Set([...normal.notices, ...adapters.notices]);
  if (given !== null && contradicts(order, given)) {
    notices.add(`Size and count come from ${order.latents}: ${given.count} of ${given.width} × ${given.height}.`);
  }
  const seconds = { load: 0, denoise: 0, decode: 0, total: 0 };
  let settings = normal.settings;
  let usedDevice: string = device;
  for (const [k, path] of paths.entries()) {
    const seed = normal.settings.seed + k;
    const made = await makePicture(
      engine,
      {
        model,
        settings: { ...normal.settings, seed },
        adapters,
        apply,
        device,
        latents: order.latents === undefined ? null : { file: order.latents, index: k },
        checkpointFile: null,
        previewCache: null,
        versions: { inkstone: version, onnxruntime: capabilities.versions.onnxruntime },
      },
      (progress) => order.onProgress?.({ ...progress, picture: k, pictures: count }),
      signal,
    );
    await savePicture(worker, made, { path, overwrite: force, thumbnail: null, entry: null });
    const { width, height } = made.generated;
    images.push({ path, seed, width, height });
    settings = { ...normal.settings, width, height };
    usedDevice = made.generated.device;
    for (const notice of made.receipt.notices) notices.add(notice);
    for (const part of ['load', 'denoise', 'decode', 'total'] as const) seconds[part] += made.generated.seconds[part];
  }
  const receipts = new Map(adapters.used.map(({ adapter, receipt }) => [adapter.path, receipt]));
  return { images, settings, device: usedDevice, adapters: [...receipts.values()], notices: [...notices], seconds };
}

async function adaptersOf(
  { adapters = [], model, shelf, worker }: GenerateToFilesOrder,
  settings: GenerationSettings,
  signal: AbortSignal,
) {
  const byPath = adapters
    .filter(({ weight, textWeight }) => weight !== 0 || textWeight !== 0)
    .map(({ file, weight, textWeight }) => ({ adapter: unlisted(file), weight, textWeight, fromPrompt: false }));
  const names = shelf ?? { find: () => Promise.resolve(null) };
  const inPrompt = await promptAdapters(settings.prompt, names);
  const receipt = async ({ path }: ShelfAdapter, modelPath: string | null) => {
    try {
      return await worker.inspectAdapter({ path, modelPath }, signal);
    } catch (error) {
      const given = adapters.find(({ file }) => file === path);
      throw (given && errorMessageOf(error).kind === 'missing-file' && (await onlyAName(given, names))) || error;
    }
  };
  return checkAdapters([...byPath, ...inPrompt], settings, model, { receipt });
}

/** Of `--lora NAME`, where there is no such file and an adapter of the shelf is called so: where the name belongs. */
async function onlyAName(
  { file, weight, textWeight }: AdapterFileUse,
  names: Pick<AdapterSource, 'find'>,
): Promise<StudioError | null> {
  const name = basename(file).replace(/\.safetensors$/i, '');
  if ((await names.find(name).catch(() => null)) === null) return null;
  const tag = writeAdapterTag({ name, weight, textWeight });
  return new StudioError(
    'missing-file',
    `${file} is not there. The shelf has an adapter of that name: write ${tag} in the prompt instead.`,
    { file },
  );
}

const unlisted = (path: string): ShelfAdapter => ({
  id: null,
  name: adapterName(path),
  alias: null,
  path,
});

function contradicts(
  { settings, count }: GenerateToFilesOrder,
  given: { count: number; width: number; height: number },
): boolean {
  const differs = (asked: number | undefined, got: number) => asked !== undefined && asked !== got;
  return differs(settings.width, given.width) || differs(settings.height, given.height) || differs(count, given.count);
}
