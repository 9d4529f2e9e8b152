/**
 * A tiny autoencoder in single files, as its author publishes them (`taesd_decoder.safetensors`, `taesd_encoder.pth`) and
 * as others pass them on: both ways in one file, under the names of diffusers, ComfyUI or stable-diffusion.cpp.
 *
 * All of them number the layers of one way; names in front of the numbers and the place of the first differ. Which way it
 * is, and its config, is told from which numbers have weights: an activation and an up-sampling have none.
 *
 * Reference: madebyollin/taesd, taesd.py; diffusers 0.42.1, models/autoencoders/vae.py EncoderTiny and DecoderTiny.
 */
import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';

import type { AutoencoderTinyConfig, TinyStage } from '../architectures/autoencoder-tiny.js';
import { ModelError } from '../errors.js';
import type { AutoencoderFiles } from './component-folder.js';
import { mainDtype } from './component-folder.js';
import { readWeightFile } from './read-weight-file.js';
import type { SafetensorsFile, SafetensorsTensor } from './safetensors.js';
import { SafetensorsWeights } from './safetensors-weights.js';

export interface TinyAutoencoderFiles extends AutoencoderFiles {
  readonly config: AutoencoderTinyConfig;
}

type Tensors = ReadonlyMap<string, Pick<SafetensorsTensor, 'shape'>>;

/** Three convolutions in a row, numbered with the activations between them, in a layer that has a number itself. */
const blockName = /^(.*?)(\d+)\.conv\.0\.weight$/;

/** Whether the tensors of a file are those of a tiny autoencoder, of one that is run here or of another one. */
export function isTinyAutoencoder(tensors: Tensors): boolean {
  return prefixesOf(tensors).length > 0;
}

/** What stands before the numbers of layers: nothing, `decoder.`, `encoder.layers.` and so on. */
function prefixesOf(tensors: Tensors): string[] {
  const prefixes = new Set<string>();
  for (const [name, { shape }] of tensors) {
    const [, prefix, number] = blockName.exec(name) ?? [];
    if (prefix === undefined || number === undefined || shape.length !== 4) continue;
    if (tensors.has(`${prefix}${number}.conv.2.weight`) && tensors.has(`${prefix}${number}.conv.4.weight`)) {
      prefixes.add(prefix);
    }
  }
  return [...prefixes];
}

export async function readTinyAutoencoderFile(given: string): Promise<TinyAutoencoderFiles> {
  return tinyAutoencoder(await weightFile(given), path.resolve(given));
}

/** Null for a folder, and for a file of another network. */
export async function findTinyAutoencoderFile(given: string): Promise<TinyAutoencoderFiles | null> {
  const found = await stat(given).catch(() => null);
  if (!found?.isFile()) return null;
  const file = await weightFile(given);
  return isTinyAutoencoder(file.tensors) ? tinyAutoencoder(file, path.resolve(given)) : null;
}

async function weightFile(given: string): Promise<SafetensorsFile> {
  const place = path.resolve(given);
  return readWeightFile(await realpath(place).catch(() => place), path.basename(place));
}

/** `place` is where the person has the file. */
function tinyAutoencoder(file: SafetensorsFile, place: string): TinyAutoencoderFiles {
  const { tensors, label, identity } = file;
  const refuse = (what: string): ModelError => new ModelError('unfit-model', `${label} ${what}`, { file: place });
  const prefixes = prefixesOf(tensors);
  if (prefixes.length === 0) throw refuse('is no tiny autoencoder: it has no layers like 3.conv.0.weight.');
  const ways = prefixes.map((prefix) => new LayersOfFile(tensors, prefix, refuse).way());
  const encoder = ways.find(({ way }) => way === 'encoder');
  const decoder = ways.find(({ way }) => way === 'decoder');
  if (encoder && decoder && encoder.latentChannels !== decoder.latentChannels) {
    throw refuse('has an encoder and a decoder that do not belong together: their latents differ in channels.');
  }
  const stages = decoder?.stages ?? encoder?.stages ?? [];
  const config: AutoencoderTinyConfig = {
    inChannels: encoder?.colours ?? 3,
    outChannels: decoder?.colours ?? 3,
    latentChannels: decoder?.latentChannels ?? encoder?.latentChannels ?? 4,
    activation: 'relu',
    encoder: encoder?.stages ?? null,
    decoder: decoder?.stages ?? null,
    upFactor: 2,
    channels: stages.map(({ channels }) => channels),
    scalingFactor: 1,
    shiftFactor: 0,
  };
  const storedName = (name: string): string => {
    const [, way, number, rest] = /^(encoder|decoder)\.layers\.(\d+)(.*)$/.exec(name) ?? [];
    const stored = way === 'encoder' ? encoder : decoder;
    return stored ? `${stored.prefix}${Number(number) + stored.first}${rest}` : name;
  };
  return {
    kind: 'vae',
    folder: path.dirname(place),
    label,
    rawConfig: {},
    config,
    weights: new SafetensorsWeights([file], label, storedName),
    dtype: mainDtype([file]),
    bytes: identity.bytes,
    identities: [identity],
  };
}

interface Way {
  readonly way: 'encoder' | 'decoder';
  readonly prefix: string;
  /** The number of its first layer with weights: 1 where the squeezing of latents is counted. */
  readonly first: 0 | 1;
  readonly stages: readonly TinyStage[];
  readonly latentChannels: number;
  readonly colours: number;
}

/** [O, C, k, k] and whether it has a bias. */
interface Convolution {
  readonly out: number;
  readonly in: number;
  readonly bias: boolean;
}

/** A stage while its blocks are counted. */
type Stage = { -readonly [Field in keyof TinyStage]: TinyStage[Field] };

type Refusal = (what: string) => ModelError;

/** The numbered layers under one prefix, walked from the first to the last. */
class LayersOfFile {
  constructor(
    readonly tensors: Tensors,
    readonly prefix: string,
    readonly refuse: Refusal,
  ) {}

  way(): Way {
    // An activation follows a decoder's first convolution; an encoder goes on with a layer that has weights.
    if (!this.#has(0)) return this.#decoder(1);
    return this.#has(1) ? this.#encoder() : this.#decoder(0);
  }

  #encoder(): Way {
    const stem = this.#convolution(0);
    let stage: Stage = { channels: stem.out, blocks: 0, pooled: false };
    const stages = [stage];
    for (let n = 1; ; n++) {
      if (this.#addBlock(n, stage)) continue;
      const { out, bias } = this.#convolution(n);
      if (bias) return this.#ending(n, { way: 'encoder', first: 0, stages, latentChannels: out, colours: stem.in });
      stage = { channels: out, blocks: 0, pooled: false };
      stages.push(stage);
    }
  }

  #decoder(first: 0 | 1): Way {
    const stem = this.#convolution(first);
    let stage: Stage = { channels: stem.out, blocks: 0, pooled: false };
    const stages = [stage];
    if (this.#has(first + 1)) throw this.#otherKind(first + 1);
    for (let n = first + 2; ; n++) {
      if (this.#addBlock(n, stage)) continue;
      const isLarger = !this.#has(n);
      if (isLarger) n++;
      const { out, bias } = this.#convolution(n);
      if (bias === isLarger) throw this.#otherKind(n);
      if (bias) return this.#ending(n, { way: 'decoder', first, stages, latentChannels: stem.in, colours: out });
      stage = { channels: out, blocks: 0, pooled: false };
      stages.push(stage);
    }
  }

  #ending(last: number, way: Omit<Way, 'prefix'>): Way {
    if (this.#has(last + 1) || way.colours > 4) throw this.#otherKind(last);
    return { ...way, prefix: this.prefix };
  }

  /** Whether layer n is a block; then it belongs to the stage. */
  #addBlock(n: number, stage: Stage): boolean {
    const first = this.#shape(n, 'conv.0.weight');
    if (!first) return false;
    const pooled = this.#shape(n, 'pool.0.weight') !== undefined;
    const fits = first[0] === stage.channels && first[1] === stage.channels && !this.#shape(n, 'skip.weight');
    if (!fits || (stage.blocks > 0 && pooled !== stage.pooled)) throw this.#otherKind(n);
    stage.blocks++;
    stage.pooled = pooled;
    return true;
  }

  #convolution(n: number): Convolution {
    const shape = this.#shape(n, 'weight');
    if (shape?.length !== 4 || shape[2] !== 3 || shape[3] !== 3) throw this.#otherKind(n);
    return { out: shape[0] as number, in: shape[1] as number, bias: this.#shape(n, 'bias') !== undefined };
  }

  #has(n: number): boolean {
    return this.#shape(n, 'weight') !== undefined || this.#shape(n, 'conv.0.weight') !== undefined;
  }

  #shape(n: number, name: string): readonly number[] | undefined {
    return this.tensors.get(`${this.prefix}${n}.${name}`)?.shape;
  }

  #otherKind(n: number): ModelError {
    return this.refuse(
      `is a tiny autoencoder of another kind, of a video model or of Sana for one (its layer ${this.prefix}${n} shows it): choose TAESD or TAESDXL.`,
    );
  }
}
