/**
 * A diffusers Stable Diffusion folder, ready to make pictures. Networks are opened when a picture first needs them
 * and stay open for the next one of the same size.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { adaptableModel } from '../adapters/adaptable-model.js';
import {
  AdapterSet,
  NO_ADAPTERS,
  type AdapterUse,
  type AppliedAdapter,
  type AppliedHow,
} from '../adapters/adapter-set.js';
import { pixelsPerLatent } from '../architectures/autoencoder-kl.js';
import { ModelError } from '../errors.js';
import type { Device } from '../runtime/devices.js';
import { identityKey, verifyFiles } from '../runtime/file-identity.js';
import { openNetwork } from '../runtime/open-network.js';
import type { SchedulerConfig } from '../schedulers/scheduler-config.js';
import type { ClipTokenizer } from '../tokenizers/clip-tokenizer.js';
import { readClipTokenizer } from '../tokenizers/read-clip-tokenizer.js';
import type { TextEncoderFiles, UNetFiles } from '../weight-formats/component-folder.js';
import type { DiffusersModel, TokenizerFiles } from '../weight-formats/diffusers-folder.js';
import { AdaptedNetwork } from './adapted-network.js';
import { fitLatentPreview, type LatentPreview } from './latent-preview.js';
import { OpenOne } from './open-one.js';
import { pictureSize } from './picture-size.js';
import {
  batchOf,
  requireClipSkip,
  textToImage,
  type TextToImageModel,
  type TextToImageOptions,
  type TextToImageResult,
  type TextToImageSettings,
} from './text-to-image.js';

/** Files put on the picture, and how. */
export interface AdapterOptions {
  readonly adapters?: readonly AdapterUse[];
  /** `auto` unless told; it is live, on every device. */
  readonly apply?: 'auto' | AppliedHow;
}

export interface AdaptedTextToImageResult extends TextToImageResult {
  /** In the order they were given. */
  readonly adapters: readonly AppliedAdapter[];
}

export interface LoadOptions {
  /** Asked for when adapters are baked, for temporary files; the system's own folder unless told. */
  readonly bakeFolder?: () => Promise<string>;
}

export class LoadedTextToImage {
  readonly model: DiffusersModel;
  readonly device: Device;
  readonly tokenizer: ClipTokenizer;
  readonly #pipeline: TextToImageModel;
  /** Made when it is first asked for: looking through a model's layers takes longer than reading its headers. */
  #adapters: AdapterSet | null = null;
  readonly #textEncoder: AdaptedNetwork<TextEncoderFiles>;
  readonly #unet: AdaptedNetwork<UNetFiles>;
  readonly #vaeDecoder = new OpenOne();

  constructor(
    model: DiffusersModel,
    device: Device,
    textEncoder: TextEncoderFiles,
    tokenizer: ClipTokenizer,
    { bakeFolder }: LoadOptions = {},
  ) {
    this.model = model;
    this.device = device;
    this.tokenizer = tokenizer;
    const { unet, vae } = model;
    this.#textEncoder = new AdaptedNetwork('text_encoder', textEncoder, bakeFolder);
    this.#unet = new AdaptedNetwork('unet', unet, bakeFolder);
    const tokens = tokenizer.maxLength;
    const { layers } = textEncoder.config;
    this.#pipeline = {
      tokenizer,
      schedulerConfig: stableDiffusionScheduler(model.schedulerConfig),
      latentChannels: vae.config.latentChannels,
      pixelsPerLatent: pixelsPerLatent(vae.config),
      scalingFactor: vae.config.scalingFactor,
      shiftFactor: vae.config.shiftFactor,
      guidanceWidth: unet.config.time.conditionWidth,
      textLayers: layers,
      fingerprint: [device, ...model.identities.map(identityKey)].join('\n'),
      textEncoder: (clipSkip) =>
        this.#textEncoder.get(String(clipSkip), (opening) => {
          // The vectors of the layer that was asked for, after the final layer norm, as Stable Diffusion 1 and 2 take them.
          const output = clipSkip === 1 ? 'last_hidden_state' : `normalized_hidden_states.${layers - clipSkip + 1}`;
          const sizes = { batch: 1, tokens };
          return openNetwork({ component: 'text_encoder', device, sizes, outputs: [output], ...opening });
        }),
      unet: ({ batch, height, width }) =>
        this.#unet.get(`${batch} ${height} ${width}`, (opening) =>
          openNetwork({ component: 'unet', device, sizes: { batch, height, width, tokens }, ...opening }),
        ),
      vaeDecoder: (sizes) =>
        this.#vaeDecoder.get(JSON.stringify(sizes), () =>
          openNetwork({ component: 'vae_decoder', files: vae, device, sizes: { batch: 1, ...sizes } }),
        ),
    };
  }

  /**
   * One picture, with these adapters on and no others. Refuses when a file of the model has changed since it was read,
   * and adapters that are gone, damaged or made for another model.
   */
  async generate(
    settings: TextToImageSettings,
    { adapters = [], apply = 'auto', ...options }: TextToImageOptions & AdapterOptions = {},
  ): Promise<AdaptedTextToImageResult> {
    await verifyFiles(this.model.identities);
    const how = apply === 'baked' ? 'baked' : 'live';
    const ready = adapters.length === 0 ? NO_ADAPTERS : await this.#adapterSet().ready(adapters);
    const began = performance.now();
    const news = [
      await this.#textEncoder.putOn(ready, how, options.signal),
      await this.#unet.putOn(ready, how, options.signal),
    ];
    const share = news.includes(true) ? (performance.now() - began) / 1000 / adapters.length : 0;
    const applied = ready.adapters.map((adapter) => ({ ...adapter, how, seconds: adapter.seconds + share }) as const);

    const own = this.#pipeline.fingerprint;
    const fingerprint = adapters.length === 0 ? own : [own, how, ready.key].join('\n');
    const made = await textToImage({ ...this.#pipeline, fingerprint }, settings, options);
    const result = { ...made, adapters: applied };
    const changed = await verifyFiles(this.model.identities).then(
      () => null,
      (error: unknown) => error,
    );
    if (!(changed instanceof ModelError)) return result;
    // Weights are mapped: steps after the change may have used the new ones.
    const notice = `This picture may be wrong: ${changed.message}`;
    return { ...result, notices: [...result.notices, notice] };
  }

  /**
   * Opens text encoder and UNet for pictures of these settings with room for adapters, so that the first one is put on
   * at once. `AdaptedNetwork` tells why not every model is opened so.
   */
  async prepareAdapters(settings: Pick<TextToImageSettings, 'width' | 'height' | 'cfg' | 'clipSkip'>): Promise<void> {
    const { pixelsPerLatent: pixels } = this;
    const { width, height } = pictureSize(settings.width, settings.height, pixels);
    requireClipSkip(this.#pipeline, settings.clipSkip);
    const batch = batchOf(this.#pipeline, settings.cfg);
    this.#adapterSet().prepare();
    this.#textEncoder.prepare();
    this.#unet.prepare();
    await this.#pipeline.textEncoder(settings.clipSkip);
    await this.#pipeline.unet({ batch, height: height / pixels, width: width / pixels });
  }

  #adapterSet(): AdapterSet {
    return (this.#adapters ??= new AdapterSet(adaptableModel(this.model)));
  }

  /** Pixels along one side that a latent pixel stands for. */
  get pixelsPerLatent(): number {
    return this.#pipeline.pixelsPerLatent;
  }

  /** C. */
  get latentChannels(): number {
    return this.#pipeline.latentChannels;
  }

  /**
   * The map from this model's latents to colours: from `cacheFolder`, or fitted now (a few small pictures go through
   * the autoencoder) and kept there.
   */
  async latentPreview(cacheFolder: string): Promise<LatentPreview> {
    const { vae } = this.model;
    const key = createHash('sha256').update(vae.identities.map(identityKey).join('\n')).digest('hex').slice(0, 32);
    const file = path.join(cacheFolder, `latent-preview-${key}.json`);
    const known = await readPreview(file, vae.config.latentChannels);
    if (known !== null) return known;
    const preview = await this.#fitPreview();
    await mkdir(cacheFolder, { recursive: true });
    await writeFile(`${file}.part`, JSON.stringify(preview));
    await rename(`${file}.part`, file);
    return preview;
  }

  async #fitPreview(): Promise<LatentPreview> {
    const { vae } = this.model;
    const { latentChannels: channels, pixelsPerLatent: factor, scalingFactor, shiftFactor } = this.#pipeline;
    const size = PREVIEW_LATENTS;
    const pixels = { batch: 1, height: size * factor, width: size * factor };
    const encoder = await openNetwork({ component: 'vae_encoder', files: vae, device: this.device, sizes: pixels });
    try {
      const decoder = await this.#pipeline.vaeDecoder({ height: size, width: size });
      const scale = { pixelsPerLatent: factor, scalingFactor, shiftFactor };
      return (await fitLatentPreview({ encoder, decoder, size, channels, ...scale })).preview;
    } finally {
      await encoder.release();
    }
  }

  /** Closes every network; memory goes back to the system. */
  async release(): Promise<void> {
    await Promise.all([this.#textEncoder, this.#unet, this.#vaeDecoder].map((one) => one.release()));
  }
}

/** Side of the latents that previews are fitted on: small enough for a processor, large enough to be a picture. */
const PREVIEW_LATENTS = 16;

export async function loadTextToImage(
  model: DiffusersModel,
  device: Device,
  options: LoadOptions = {},
): Promise<LoadedTextToImage> {
  const { textEncoder, tokenizer } = runnable(model);
  const read = await readClipTokenizer(tokenizer, textEncoder.config.positions);
  return new LoadedTextToImage(model, device, textEncoder, read, options);
}

/** What this pipeline needs of a model; refuses models that are built for another one. */
function runnable(model: DiffusersModel): { textEncoder: TextEncoderFiles; tokenizer: TokenizerFiles } {
  const { name, folder, textEncoder, tokenizer, unet, vae } = model;
  const refuse = (sentence: string): ModelError => new ModelError('unsupported', sentence, { file: folder });
  if (model.family === 'sdxl') throw refuse(`${name} is an SDXL model, which cannot make pictures here yet.`);
  if (unet.config.inChannels !== vae.config.latentChannels) {
    throw refuse(`${name} takes ${unet.config.inChannels} channels, not only the picture's ${vae.config.latentChannels}: it is made for inpainting, which is not here yet.`); // prettier-ignore
  }
  if (textEncoder === null || tokenizer === null) {
    throw new ModelError('missing-file', `${name} has no text_encoder or no tokenizer: download it again.`, {
      file: folder,
    });
  }
  return { textEncoder, tokenizer };
}

/**
 * Two settings of old Stable Diffusion files that were always wrong, mended as StableDiffusionPipeline mends them
 * (diffusers 0.42.1): leading timesteps start at 1, and latents are not pixels, so they are not clipped.
 */
function stableDiffusionScheduler(config: SchedulerConfig): SchedulerConfig {
  return { ...config, steps_offset: 1, clip_sample: false };
}

async function readPreview(file: string, channels: number): Promise<LatentPreview | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    const { weights } = JSON.parse(text) as Partial<LatentPreview>;
    const whole = Array.isArray(weights) && weights.length === 3 * (channels + 1) && weights.every(Number.isFinite);
    return whole ? { channels, weights } : null;
  } catch {
    return null; // cut short: fitted anew
  }
}
