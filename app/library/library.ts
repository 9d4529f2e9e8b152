import { createHash, randomUUID } from 'node:crypto';
import { cp, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import type { Model, ModelDescription } from '../contracts/models.js';
import { StudioError } from '../contracts/studio-error.js';
import type { Worker } from '../contracts/worker.js';
import type { Database } from '../storage/database.js';
import { fileIdentity, modelFilesIdentity } from '../storage/file-identity.js';
import type { Home } from '../storage/home.js';
import { memory, type Memory } from '../storage/memory.js';
import { modelDefaults } from './model-defaults.js';
import { modelRows, type ModelRow, type ModelRows } from './model-rows.js';

/** The embedded image model's id; `generate` uses it when no model is named. */
export const embeddedPicturesId = 'embedded-pictures';

/** The embedded language model's id; `chat` uses it until another one was chosen. */
export const embeddedStorytellerId = 'embedded-storyteller';

/** By id: where they lie among the models that ship with the studio. */
const embeddedFolders: Readonly<Record<string, string>> = {
  [embeddedPicturesId]: 'pictures',
  [embeddedStorytellerId]: 'storyteller',
};

export interface LibraryParts {
  readonly database: Database;
  readonly home: Home;
  readonly worker: Worker;
  /** Folder that holds the models that ship with the studio: `pictures/`, `storyteller/`. */
  readonly embeddedModels: string;
}

/** A model that is named by its path is used in place and has no id. */
export type ResolvedModel = Omit<Model, 'id'> & { readonly id: string | null };

export interface Imported {
  readonly model: Model;
  /** 0 when the model stays where it is. */
  readonly bytesWritten: number;
  readonly seconds: number;
  /** False when the library had it already. */
  readonly added: boolean;
}

/** The models that the studio knows. Files stay where the person keeps them; the library holds what they are. */
export class Library {
  readonly #parts: LibraryParts;
  readonly #rows: ModelRows;
  readonly #memory: Memory;
  readonly #embedded = new Map<string, Promise<void>>();

  constructor(parts: LibraryParts) {
    this.#parts = parts;
    this.#rows = modelRows(parts.database);
    this.#memory = memory(parts.database);
  }

  /** The embedded ones first, then in the order in which they were added. */
  async list(): Promise<Model[]> {
    for (const id of Object.keys(embeddedFolders)) {
      await this.#embeddedDescribed(id).catch(() => {
        // A broken installation must not hide the person's own models; using the embedded one says what is wrong.
      });
    }
    return Promise.all(this.#rows.all().map(modelOf));
  }

  async get(id: string): Promise<Model> {
    if (Object.hasOwn(embeddedFolders, id)) await this.#embeddedDescribed(id);
    const row = this.#rows.get(id);
    if (row === null) throw new StudioError('not-found', `The model ${id} is not in the library.`);
    return modelOf(row);
  }

  /** Read what is at `path` without adding it. */
  async inspect(path: string): Promise<ResolvedModel> {
    const description = await this.#parts.worker.inspectModel({ path: resolve(path), checkFinite: false });
    const row = await this.#rowAt(description.path);
    if (row !== null) return modelOf(row);
    return { ...unlisted(description), id: null };
  }

  /**
   * Add a model where it lies, or a copy of it in the studio's own folder. The same path again gives the same entry,
   * described anew.
   */
  async importModel(path: string, options: { copy?: boolean } = {}): Promise<Imported> {
    const started = performance.now();
    // By the path that the library has, where a link or another spelling leads to the same files.
    const source = (await this.#rowAt(resolve(path)))?.description.path ?? resolve(path);
    let description = await this.#parts.worker.inspectModel({ path: source, checkFinite: true });
    refuseWhatIsNoUse(description);
    let bytesWritten = 0;
    if (options.copy) {
      const copy = await copyInto(this.#parts.home.models, description.path);
      bytesWritten = copy.bytes;
      description = await this.#parts.worker.inspectModel({ path: copy.path, checkFinite: false });
    }
    const known = await this.#rowAt(description.path);
    const row = await this.#describe(known?.id ?? idFor(description), description, known?.embedded ?? false);
    return {
      model: await modelOf(row),
      bytesWritten,
      seconds: (performance.now() - started) / 1000,
      added: known === null,
    };
  }

  /** Take a model off the list. Its files stay. */
  async forget(id: string): Promise<void> {
    const model = await this.get(id);
    if (model.embedded) {
      throw new StudioError('bad-input', `${model.name} ships with the studio and cannot be removed.`);
    }
    this.#rows.remove(id);
  }

  /**
   * What `--model M` means: a path (used in place), a library id, or a name; nothing means the embedded image model.
   * A path wins where a word could be several of them.
   */
  async resolve(wish: string | undefined, folder: string = process.cwd()): Promise<ResolvedModel> {
    if (wish === undefined || wish === '') return this.get(embeddedPicturesId);
    const path = resolve(folder, wish);
    if (await fileIdentity(path)) return this.inspect(path);
    const models = await this.list();
    const byId = models.find((model) => model.id === wish);
    if (byId !== undefined) return byId;
    const byName = models.filter((model) => model.name.toLowerCase() === wish.toLowerCase());
    if (byName.length === 1 && byName[0] !== undefined) return byName[0];
    if (byName.length > 1) {
      const ids = byName.map((model) => model.id).join(', ');
      throw new StudioError('bad-input', `${byName.length} models are named ${wish}: choose one by its id (${ids}).`);
    }
    if (/[/\\]/.test(wish)) {
      throw new StudioError('missing-file', `There is no model at ${path}: no such file or folder.`, { file: path });
    }
    const known = models.map((model) => model.id).join(', ');
    throw new StudioError(
      'not-found',
      `There is no model ${wish}: it is no file or folder here, and the library has ${known === '' ? 'none' : known}.`,
    );
  }

  /** What `generate --model M` means; refuses what makes no pictures. */
  async resolvePictures(wish: string | undefined): Promise<ResolvedModel> {
    const model = await this.resolve(wish);
    refuseWhatMakesNoPictures(model);
    return model;
  }

  /** What `chat --model M` means; nothing means the language model chosen or used last. Refuses what writes no text. */
  async resolveLanguage(wish: string | undefined): Promise<ResolvedModel> {
    if (wish === undefined || wish === '') return this.lastLanguage();
    const model = await this.resolve(wish);
    refuseWhatWritesNoText(model);
    return model;
  }

  /** The language model that was chosen or answered last and is still there; else the embedded one. */
  async lastLanguage(): Promise<Model> {
    const id = this.#memory.recall(lastLanguageKey, z.string());
    const row = id === null ? null : this.#rows.get(id);
    const model = row === null ? null : await modelOf(row);
    return model !== null && !model.missing ? model : this.get(embeddedStorytellerId);
  }

  rememberLanguage(id: string): void {
    this.#memory.keep(lastLanguageKey, id);
  }

  /**
   * The model, ready to be used: described anew when a file of it changed since, refused when its files are gone.
   * Called before each picture.
   */
  async ready(id: string): Promise<Model> {
    const model = await this.get(id);
    const row = this.#rows.get(id);
    if (row === null) return model;
    const now = await modelFilesIdentity(model.path);
    if (now === null) {
      throw new StudioError('missing-file', `${model.name} is gone: there is nothing at ${model.path} any more.`, {
        file: model.path,
      });
    }
    if (now === row.filesIdentity) return model;
    const description = await this.#parts.worker.inspectModel({ path: model.path, checkFinite: true });
    refuseWhatIsNoUse(description);
    return modelOf(await this.#describe(id, { ...description, path: model.path }, row.embedded));
  }

  /** Describe anew whatever changed on the disk since. True when an entry is not what it was. */
  async refresh(): Promise<boolean> {
    const before = JSON.stringify(this.#rows.all());
    for (const row of this.#rows.all()) await this.ready(row.id).catch(() => undefined); // stays marked as missing
    return JSON.stringify(this.#rows.all()) !== before;
  }

  /** Models whose hash is not known yet and whose file is as it was described. */
  async unhashed(): Promise<{ id: string; file: string; identity: string }[]> {
    const waiting: { id: string; file: string; identity: string }[] = [];
    for (const { id, description, hashedIdentity, sha256 } of this.#rows.all()) {
      if (sha256 !== null || (await fileIdentity(description.hashedFile)) !== hashedIdentity) continue;
      waiting.push({ id, file: description.hashedFile, identity: hashedIdentity });
    }
    return waiting;
  }

  setHash(id: string, identity: string, sha256: string): boolean {
    return this.#rows.setHash(id, identity, sha256);
  }

  /** Once a process, and again after it failed: an embedded model is an entry like any other, at today's path. */
  #embeddedDescribed(id: string): Promise<void> {
    const begun = this.#embedded.get(id);
    if (begun !== undefined) return begun;
    const described = this.#describeEmbedded(id).catch((error: unknown) => {
      this.#embedded.delete(id);
      throw error;
    });
    this.#embedded.set(id, described);
    return described;
  }

  async #describeEmbedded(id: string): Promise<void> {
    const path = join(resolve(this.#parts.embeddedModels), embeddedFolders[id] ?? id);
    const known = this.#rows.get(id);
    if (known?.description.path === path && known.filesIdentity === (await modelFilesIdentity(path))) return;
    const description = await this.#parts.worker.inspectModel({ path, checkFinite: false });
    await this.#describe(id, { ...description, path }, true);
  }

  async #describe(id: string, description: ModelDescription, embedded: boolean): Promise<ModelRow> {
    const filesIdentity = (await modelFilesIdentity(description.path)) ?? '';
    const hashedIdentity = (await fileIdentity(description.hashedFile)) ?? '';
    this.#rows.put({ id, embedded, description, filesIdentity, hashedIdentity });
    const row = this.#rows.get(id);
    if (row === null) throw new StudioError('internal', `The library lost ${description.name} while adding it.`);
    return row;
  }

  /** The entry for the folder or file at `path`, by whatever way one gets there. */
  async #rowAt(path: string): Promise<ModelRow | null> {
    const real = await realPath(path);
    for (const row of this.#rows.all()) if ((await realPath(row.description.path)) === real) return row;
    return null;
  }
}

async function modelOf({ id, description, embedded, hashedIdentity, sha256 }: ModelRow): Promise<Model> {
  const changed = (await fileIdentity(description.hashedFile)) !== hashedIdentity;
  return {
    ...description,
    id,
    sha256: changed ? null : sha256,
    embedded,
    missing: changed,
    defaults: modelDefaults(description),
  };
}

const unlisted = (description: ModelDescription): Omit<Model, 'id'> => ({
  ...description,
  sha256: null,
  embedded: false,
  missing: false,
  defaults: modelDefaults(description),
});

type Known = Pick<ModelDescription, 'name' | 'kind' | 'format' | 'path'>;

const kinds: Readonly<Record<ModelDescription['kind'], string>> = {
  diffusion: 'a diffusion model',
  language: 'a language model',
  clip: 'a CLIP model',
  inception: 'an Inception network',
  autoencoder: 'an autoencoder',
};

/** What Evaluate uses: networks that measure pictures, by themselves or from a folder of their own. */
const measuring: readonly ModelDescription['kind'][] = ['clip', 'inception'];

/** The worker refuses what is no model at all, and says what it is; this refuses models that do nothing by themselves. */
function refuseWhatIsNoUse({ name, kind, format, path }: Known): void {
  if (measuring.includes(kind)) return;
  if (kind !== 'diffusion' && kind !== 'language') {
    throw new StudioError(
      'unfit-model',
      `${name} is ${kinds[kind]}, not a diffusion model: it makes no pictures by itself and was not added.`,
      { file: path },
    );
  }
  if (format === 'component') {
    throw new StudioError(
      'unfit-model',
      `${name} is one component of a diffusion model: import the folder above it, the one with model_index.json.`,
      { file: path },
    );
  }
}

function refuseWhatMakesNoPictures({ name, kind, path }: Known): void {
  if (kind === 'diffusion') return;
  const instead = measuring.includes(kind)
    ? 'it measures them in Evaluate, or with “eval”'
    : kind === 'language'
      ? 'it answers in Chat, or with “chat”'
      : 'choose a diffusion model';
  throw new StudioError('unfit-model', `${name} is ${kinds[kind]} and makes no pictures: ${instead}.`, { file: path });
}

function refuseWhatWritesNoText({ name, kind, path }: Known): void {
  if (kind === 'language') return;
  const instead = measuring.includes(kind)
    ? 'it measures pictures, with “eval”'
    : kind === 'diffusion'
      ? 'it makes pictures, with “generate”'
      : 'choose a language model';
  throw new StudioError('unfit-model', `${name} is ${kinds[kind]} and writes no text: ${instead}.`, { file: path });
}

const lastLanguageKey = 'language model that answered last';

/** Readable, and the same for the same path: an entry that was forgotten and added again keeps its id. */
function idFor({ name, path }: ModelDescription): string {
  const words = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-|-$/g, '');
  return `${words || 'model'}-${createHash('sha256').update(path).digest('hex').slice(0, 6)}`;
}

/** Copy beside the place and rename, so that a half copy is never taken for a model. */
async function copyInto(folder: string, source: string): Promise<{ path: string; bytes: number }> {
  let path = join(folder, basename(source));
  for (let again = 2; await fileIdentity(path); again += 1) path = join(folder, `${again}-${basename(source)}`);
  const half = join(folder, `.copying-${randomUUID()}`);
  try {
    await cp(source, half, { recursive: true, dereference: true, errorOnExist: true });
    const bytes = await bytesOf(half);
    await rename(half, path);
    await cp(cardBeside(source), cardBeside(path)).catch(() => undefined); // a single file's card, where it has one
    return { path, bytes };
  } catch (cause) {
    await rm(half, { recursive: true, force: true });
    throw new StudioError(
      'storage',
      `${basename(source)} could not be copied to ${folder}; check that there is room.`,
      {
        file: source,
        cause,
      },
    );
  }
}

const cardBeside = (path: string): string =>
  join(dirname(path), `${basename(path).replace(/\.[^.]*$/, '')}.inkstone.json`);

async function bytesOf(path: string): Promise<number> {
  const own = await stat(path);
  if (!own.isDirectory()) return own.size;
  let bytes = 0;
  for (const entry of await readdir(path)) bytes += await bytesOf(join(path, entry));
  return bytes;
}

const realPath = (path: string): Promise<string> => realpath(path).catch(() => path);
