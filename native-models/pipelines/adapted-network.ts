/**
 * A text encoder or UNet with adapters on it.
 *
 * Live, adapters are inputs of a graph that was authored with low-rank branches. A session cannot gain inputs later,
 * and branches that idle still cost their small products; so a network begins with a plain session, and the first
 * adapter (or `prepare`, before it) opens the session with branches *in place of* the plain one. From then on it serves
 * all pictures of this model: fed with pairs of zeros its results are the plain session's to the bit (decision 0002),
 * and opening one or the other for each picture would cost seconds.
 *
 * Baked, the touched weights are merged into a temporary file and a plain session reads that one over the model's own.
 */
import { randomUUID } from 'node:crypto';
import { realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AdaptableComponentName } from '../adapters/adapter.js';
import type { AppliedHow, ReadyAdapters } from '../adapters/adapter-set.js';
import { writeMerged } from '../adapters/bake.js';
import { AdapterStack, pairsByLayer, type WeightedPair } from '../adapters/stack-adapters.js';
import { ModelError } from '../errors.js';
import type { Network, Tensors } from '../runtime/network.js';
import { withWeightsUnder, type TextEncoderFiles, type UNetFiles } from '../weight-formats/component-folder.js';
import { readSafetensors } from '../weight-formats/safetensors.js';
import { OpenOne } from './open-one.js';

/** How the session for the adapters that are on is opened. */
interface Opening<Files> {
  readonly files: Files;
  /** Author low-rank branches. */
  readonly adapters: boolean;
}

export class AdaptedNetwork<Files extends TextEncoderFiles | UNetFiles> {
  readonly #component: AdaptableComponentName;
  readonly #files: Files;
  readonly #bakeFolder: () => Promise<string>;
  readonly #session = new OpenOne();
  readonly #stack = new AdapterStack();
  #branches = false;
  /** Of what is on; empty: nothing. */
  #key = '';
  #inputs: Tensors = {};
  #baked: { readonly file: string; readonly files: Files } | null = null;

  /** `bakeFolder` is asked for when a temporary file of baked adapters is made; the system's own unless told. */
  constructor(
    component: AdaptableComponentName,
    files: Files,
    bakeFolder: () => Promise<string> = async () => tmpdir(),
  ) {
    this.#component = component;
    this.#files = files;
    this.#bakeFolder = bakeFolder;
  }

  /** Put these on and take all others off. Returns whether there was anything to do. */
  async putOn(ready: ReadyAdapters, how: AppliedHow, signal?: AbortSignal): Promise<boolean> {
    const key = ready.key === '' ? '' : `${how}\n${ready.key}`;
    if (key === this.#key) return false;
    await this.#takeOff();
    const weighted = ready.weighted(this.#component);
    if (how === 'baked') this.#baked = await this.#bake(weighted, signal);
    else this.#putOnLive(weighted);
    this.#key = key;
    return true;
  }

  /** From now on sessions have branches. */
  prepare(): void {
    this.#branches = true;
  }

  /** The network for what is on. `wish` names what else `open` depends on: sizes, outputs. */
  async get(wish: string, open: (opening: Opening<Files>) => Promise<Network>): Promise<Network> {
    const { file, files } = this.#baked ?? { file: '', files: this.#files };
    const adapters = this.#branches && this.#baked === null;
    const network = await this.#session.get(`${wish} ${adapters} ${file}`, () => open({ files, adapters }));
    const inputs = this.#inputs;
    return { run: (given) => network.run({ ...given, ...inputs }), release: () => network.release() };
  }

  async release(): Promise<void> {
    await this.#session.release();
    await this.#takeOff();
  }

  #putOnLive(weighted: readonly WeightedPair[]): void {
    // Strengths of 0 count: the slider that is there now will move.
    if (weighted.length > 0) this.#branches = true;
    this.#inputs = this.#stack.inputs(weighted);
  }

  /** Null where nothing is touched. */
  async #bake(weighted: readonly WeightedPair[], signal: AbortSignal | undefined) {
    if (pairsByLayer(weighted).size === 0) return null;
    const files = this.#files;
    const folder = await realpath(await this.#bakeFolder());
    if (path.parse(folder).root !== path.parse(files.folder).root) {
      // External data of a graph lies under one folder, which two drives do not have.
      const sentence = `${files.label} is on another drive than the folder for temporary files: apply its adapters live.`;
      throw new ModelError('unsupported', sentence, { file: files.folder });
    }
    const out = path.join(folder, `${this.#component}-${randomUUID()}.safetensors`);
    await writeMerged({ files, weighted, out, dtype: 'f32', full: false }, signal ? { signal } : {});
    return { file: out, files: withWeightsUnder(files, await readSafetensors(out)) };
  }

  /** A baked file goes when no session maps it any more. */
  async #takeOff(): Promise<void> {
    this.#key = '';
    this.#inputs = {};
    const baked = this.#baked;
    if (baked === null) return;
    this.#baked = null;
    await this.#session.release();
    await rm(baked.file, { force: true });
  }
}
