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
  /** One picture of each, in place of `count` pictures of the settings' own prompt. */
  readonly prompts?: readonly string[] | undefined;
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
  readonly images: {
    readonly path: string;
    readonly prompt: string;
    readonly seed: number;
    readonly width: number;
    readonly height: number;
  }[];
  /** As they were used; `seed` is the first picture's. */
  readonly settings: GenerationSettings;
  /** The device that ran. */
  readonly device: string;
  /** Of each file once: those of `--lora`, then those of the prompts. */
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
  const count = given?.count ?? order.prompts?.length ?? order.count ?? 1;
  const prompts = order.prompts ?? Array.from({ length: count }, () => normal.settings.prompt);
  if (prompts.length !== count) {
    throw new StudioError(
      'bad-input',
      `${prompts.length} prompts were given for the ${count} pictures of the latents.`,
    );
  }
  // Of every prompt before the first picture: a mistyped name in the last one must not cost the others.
  const adaptersByPrompt = new Map<string, Awaited<ReturnType<typeof adaptersOf>>>();
  const inspect = inspectOnce(worker, signal);
  for (const prompt of new Set(prompts)) {
    adaptersByPrompt.set(prompt, await adaptersOf(order, { ...normal.settings, prompt }, inspect));
  }
  const paths = await outputPaths(out, count, force);

  const images: GeneratedFiles['images'] = [];
  const allAdapters = [...adaptersByPrompt.values()];
  const notices = new Set([...normal.notices, ...allAdapters.flatMap((adapters) => adapters.notices)]);
  if (given !== null && contradicts(order, given)) {
    notices.add(`Size and count come from ${order.latents}: ${given.count} of ${given.width} × ${given.height}.`);
  }
  const seconds = { load: 0, denoise: 0, decode: 0, total: 0 };
  let settings = normal.settings;
  let usedDevice: string = device;
  for (const [k, path] of paths.entries()) {
    const seed = normal.settings.seed + k;
    const prompt = prompts[k]!;
    const made = await makePicture(
      engine,
      {
        model,
        settings: { ...normal.settings, prompt, seed },
        adapters: adaptersByPrompt.get(prompt)!,
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
    images.push({ path, prompt, seed, width, height });
    settings = { ...normal.settings, width, height };
    usedDevice = made.generated.device;
    for (const notice of made.receipt.notices) notices.add(notice);
    for (const part of ['load', 'denoise', 'decode', 'total'] as const) seconds[part] += made.generated.seconds[part];
  }
  const used = allAdapters.flatMap((adapters) => adapters.used);
  const receipts = new Map(used.map(({ adapter, receipt }) => [adapter.path, receipt]));
  return { images, settings, device: usedDevice, adapters: [...receipts.values()], notices: [...notices], seconds };
}

async function adaptersOf(
  { adapters = [], model, shelf }: GenerateToFilesOrder,
  settings: GenerationSettings,
  inspect: ReturnType<typeof inspectOnce>,
) {
  const byPath = adapters
    .filter(({ weight, textWeight }) => weight !== 0 || textWeight !== 0)
    .map(({ file, weight, textWeight }) => ({ adapter: unlisted(file), weight, textWeight, fromPrompt: false }));
  const names = shelf ?? { find: () => Promise.resolve(null) };
  const inPrompt = await promptAdapters(settings.prompt, names);
  const receipt = async ({ path }: ShelfAdapter, modelPath: string | null) => {
    try {
      return await inspect(path, modelPath);
    } catch (error) {
      const given = adapters.find(({ file }) => file === path);
      throw (given && errorMessageOf(error).kind === 'missing-file' && (await onlyAName(given, names))) || error;
    }
  };
  return checkAdapters([...byPath, ...inPrompt], settings, model, { receipt });
}

/** A receipt reads all of a file: once is enough, however many prompts name it. */
function inspectOnce(worker: Worker, signal: AbortSignal) {
  const receipts = new Map<string, Promise<AdapterReceipt>>();
  return (path: string, modelPath: string | null): Promise<AdapterReceipt> => {
    const known = receipts.get(path) ?? worker.inspectAdapter({ path, modelPath }, signal);
    receipts.set(path, known);
    return known;
  };
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
