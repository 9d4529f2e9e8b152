import type { AdapterUse, UsedAdapter } from '../contracts/adapters.js';
import { generationSettings, type GenerationSettings } from '../contracts/generation.js';
import type { Model } from '../contracts/models.js';
import type { ReadSettings } from '../contracts/window.js';
import type { Worker } from '../contracts/worker.js';
import { readLoraHashes, tagsWithAdapters, withoutSeparators } from './a1111-adapters.js';
import { readA1111Parameters, readSampler, type A1111Text } from './a1111-parameters.js';
import { KnownAdapters, type KnownAdapter } from './known-adapters.js';
import { readOwnMetadata, readParametersText, type OwnMetadata } from './picture-metadata.js';

/** What may be taken over: the models of the library, the adapters of the shelf, and the names that this version knows. */
export interface Known {
  readonly models: readonly Model[];
  readonly adapters: readonly KnownAdapter[];
  readonly samplers: readonly { readonly id: string }[];
  readonly schedules: readonly { readonly id: string }[];
}

/** The settings that a picture file carries, ours or A1111's; null when it carries none that we can read. */
export async function readSettings(worker: Worker, path: string, known: Known): Promise<ReadSettings | null> {
  const { text } = await worker.readPicture({ path });
  const own = readOwnMetadata(text);
  if (own !== null) return fromOwn(own, known);
  const parameters = readParametersText(text);
  const a1111 = parameters === null ? null : readA1111Parameters(parameters);
  return a1111 === null ? null : fromA1111(a1111, known);
}

function fromOwn({ settings, model, noise, adapters: used }: OwnMetadata, known: Known): ReadSettings {
  const taken = new Taken(known);
  const { model: _id, sampler, schedule, adapters, prompt, ...others } = settings;
  Object.assign(taken.settings, others);
  const inPrompt = tagsWithAdapters(prompt, used).map(
    ({ tag, adapter }) => [withoutSeparators(tag.name), adapter.receipt.hashes.tensors] as const,
  );
  taken.prompt(prompt, new Map(inPrompt));
  taken.adapters(adapters, used);
  taken.model({ id: settings.model, name: model.name, sha256: model.sha256 });
  taken.sampler(sampler, sampler);
  taken.schedule(schedule);
  if (noise === 'given') taken.notices.push('It was made from given latents: its seed alone does not bring it back.');
  return { source: 'inkstone', settings: taken.settings, notices: taken.notices };
}

/** Keys of the last line that are taken over below, or that change no picture. */
const expectedKeys = new Set(
  (
    'Steps,Sampler,Schedule type,CFG scale,Seed,Size,Model,Model hash,Clip skip,RNG,Version,User,VAE,VAE hash,' +
    'Batch size,Batch pos,Hashes,Lora hashes,Discard penultimate sigma'
  ).split(','),
);

function fromA1111({ prompt, negative, values }: A1111Text, known: Known): ReadSettings {
  const taken = new Taken(known);
  taken.prompt(prompt, readLoraHashes(values.get('Lora hashes') ?? ''));
  taken.settings.negative = negative;
  taken.number('steps', 'Steps', values.get('Steps'));
  taken.number('cfg', 'CFG scale', values.get('CFG scale'));
  taken.number('seed', 'Seed', values.get('Seed'));
  taken.number('clipSkip', 'Clip skip', values.get('Clip skip'));
  const [width, height] = values.get('Size')?.split('x') ?? [];
  taken.number('width', 'Width', width);
  taken.number('height', 'Height', height);
  const label = values.get('Sampler');
  if (label !== undefined) {
    const named = readSampler(label, values.get('Schedule type'));
    if (taken.sampler(named?.sampler ?? null, label) && named !== null) taken.schedule(named.schedule);
  }
  const name = values.get('Model');
  const hash = values.get('Model hash');
  if (name !== undefined || hash !== undefined) taken.model({ name, sha256: hash ?? null });
  if (values.size > 0 && values.get('RNG') !== 'CPU') {
    taken.notices.push('Its noise came from a graphics card: the same seed draws another picture here.');
  }
  const others = [...values.keys()].filter((key) => !expectedKeys.has(key));
  if (others.length > 0) taken.notices.push(`Not taken over: ${others.join(', ')}.`);
  return { source: 'a1111', settings: taken.settings, notices: taken.notices };
}

/** Collects settings that can be used here, and a sentence for each that cannot. */
class Taken {
  readonly settings: { -readonly [K in keyof GenerationSettings]?: GenerationSettings[K] } = {};
  readonly notices: string[] = [];
  readonly #known: Known;
  readonly #adapters: KnownAdapters;

  constructor(known: Known) {
    this.#known = known;
    this.#adapters = new KnownAdapters(known.adapters, this.notices);
  }

  /** Its tags under the names that they have here; `hashes` by the names that they have there. */
  prompt(prompt: string, hashes: ReadonlyMap<string, string>): void {
    this.settings.prompt = this.#adapters.rename(prompt, hashes);
  }

  /** Rows of the mixer; `used` tells what they were. */
  adapters(rows: readonly AdapterUse[], used: readonly UsedAdapter[]): void {
    const applied = used.filter(({ fromPrompt }) => !fromPrompt);
    // A row of strength 0 put nothing on, and nothing is known of it.
    const on = rows.filter(({ weight, textWeight }) => weight !== 0 || textWeight !== 0);
    this.settings.adapters = on.flatMap((row, k) => {
      const { name, receipt } = applied[k] ?? { name: row.adapter, receipt: null };
      const adapter = this.#adapters.find({ id: row.adapter, name, hash: receipt?.hashes.tensors ?? null });
      return adapter === null ? [] : [{ ...row, adapter: adapter.id }];
    });
  }

  number(
    field: 'steps' | 'cfg' | 'seed' | 'clipSkip' | 'width' | 'height',
    label: string,
    value: string | undefined,
  ): void {
    if (value === undefined || value.trim() === '') return;
    const result = generationSettings.shape[field].safeParse(Number(value));
    if (result.success) this.settings[field] = result.data;
    else this.notices.push(`${label} ${value.slice(0, 40)} is out of range here and was left out.`);
  }

  /** False when there is no such sampler here. */
  sampler(id: string | null, label: string): boolean {
    const has = id !== null && this.#known.samplers.some((sampler) => sampler.id === id);
    if (has) this.settings.sampler = id;
    else this.notices.push(`The sampler ${label.slice(0, 40)} is not here yet; yours stays.`);
    return has;
  }

  schedule(id: string): void {
    if (this.#known.schedules.some((schedule) => schedule.id === id)) this.settings.schedule = id;
    else this.notices.push(`The schedule ${id.slice(0, 40)} is not here yet; yours stays.`);
  }

  /** The same bytes, else the same entry, else the same name; A1111 knows the first ten digits of the hash. */
  model(wanted: { id?: string; name?: string | undefined; sha256: string | null }): void {
    const { models } = this.#known;
    const hash = wanted.sha256 === null || wanted.sha256.length < 10 ? null : wanted.sha256.toLowerCase();
    const found =
      models.find((model) => hash !== null && model.sha256?.startsWith(hash)) ??
      models.find((model) => model.id === wanted.id) ??
      models.find((model) => model.name.toLowerCase() === wanted.name?.toLowerCase());
    if (found !== undefined) this.settings.model = found.id;
    else this.notices.push(`The model ${wanted.name ?? hash ?? ''} is not in your library; yours stays.`);
  }
}
