/**
 * A Stable Diffusion model, ready to make pictures. Networks are opened when a picture first needs them
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
  type ReadyAdapters,
} from '../adapters/adapter-set.js';
import { pixelsPerLatent } from '../architectures/autoencoder-kl.js';
import { ModelError } from '../errors.js';
import type { Device } from '../runtime/devices.js';
import { identityKey, verifyFiles } from '../runtime/file-identity.js';
import { openNetwork } from '../runtime/open-network.js';
import type { SchedulerConfig } from '../schedulers/scheduler-config.js';
import type { ClipTokenizer } from '../tokenizers/clip-tokenizer.js';
import { readPromptTokenizer } from '../tokenizers/prompt-tokenizer.js';
import type { TextEncoderFiles, UNetFiles } from '../weight-formats/component-folder.js';
import type { PictureModel } from '../weight-formats/picture-model.js';
import { AdaptedNetwork } from './adapted-network.js';
import { fitLatentPreview, type LatentPreview } from './latent-preview.js';
import { OpenOne } from './open-one.js';
import { pictureSize } from './picture-size.js';
import { requireClipSkip, type TextReader } from './text-conditions.js';
import {
  batchOf,
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
  /** OpenAI's file of merges, for models that bring no tokenizer. */
  readonly openAIMerges?: string;
}

export class LoadedTextToImage {
  readonly model: PictureModel;
  readonly device: Device;
  /** The first of them counts a prompt's tokens; all read as many. */
  readonly tokenizer: ClipTokenizer;
  readonly #pipeline: TextToImageModel;
  /** Made when it is first asked for: looking through a model's layers takes longer than reading its headers. */
  #adapters: AdapterSet | null = null;
  readonly #textEncoders: readonly AdaptedNetwork<TextEncoderFiles>[];
  readonly #unet: AdaptedNetwork<UNetFiles>;
  readonly #vaeDecoder = new OpenOne();

  constructor(model: PictureModel, device: Device, texts: readonly ReadableText[], { bakeFolder }: LoadOptions = {}) {
    this.model = model;
    this.device = device;
    const { unet, vae } = model;
    this.#textEncoders = texts.map(({ component, files }) => new AdaptedNetwork(component, files, bakeFolder));
    this.#unet = new AdaptedNetwork('unet', unet, bakeFolder);
    const readers = texts.map((text, k) => this.#reader(text, this.#textEncoders[k]!));
    const { tokenizer } = readers[0]!;
    this.tokenizer = tokenizer;
    const tokens = tokenizer.maxLength;
    const isXL = model.family === 'sdxl';
    this.#pipeline = {
      texts: { readers, emptyNegativeIsZeros: isXL && model.emptyNegativeIsZeros },
      toldSizes: isXL,
      schedulerConfig: isXL ? model.schedulerConfig : stableDiffusionScheduler(model.schedulerConfig),
      latentChannels: vae.config.latentChannels,
      pixelsPerLatent: pixelsPerLatent(vae.config),
      scalingFactor: vae.config.scalingFactor,
      shiftFactor: vae.config.shiftFactor,
      guidanceWidth: unet.config.time.conditionWidth,
      fingerprint: [device, ...model.identities.map(identityKey)].join('\n'),
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
      ...(await putOnEach(this.#textEncoders, ready, how, options.signal)),
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
    const { readers } = this.#pipeline.texts;
    requireClipSkip(readers, settings.clipSkip);
    const batch = batchOf(this.#pipeline, settings.cfg);
    this.#adapterSet().prepare();
    for (const encoder of this.#textEncoders) encoder.prepare();
    this.#unet.prepare();
    for (const reader of readers) await reader.encoder(settings.clipSkip);
    await this.#pipeline.unet({ batch, height: height / pixels, width: width / pixels });
  }

  #reader({ component, files, tokenizer }: ReadableText, network: AdaptedNetwork<TextEncoderFiles>): TextReader {
    const { layers, projection } = files.config;
    const isXL = this.model.family === 'sdxl';
    const outputs: TextReader['outputs'] = isXL
      ? (clipSkip) => ({
          states: `hidden_states.${layers - clipSkip}`, // SDXL's usual layer is the one before the last
          pooled: projection === null ? null : 'text_embeds',
        })
      : (clipSkip) => ({
          // After the final layer norm, as Stable Diffusion 1 and 2 take every layer.
          states: clipSkip === 1 ? 'last_hidden_state' : `normalized_hidden_states.${layers - clipSkip + 1}`,
          pooled: null,
        });
    const sizes = { batch: 1, tokens: tokenizer.maxLength };
    return {
      tokenizer,
      deepestSkip: layers,
      outputs,
      encoder: (clipSkip) =>
        network.get(String(clipSkip), (opening) => {
          const wanted = Object.values(outputs(clipSkip)).filter((name) => name !== null);
          return openNetwork({ component, device: this.device, sizes, outputs: wanted, ...opening });
        }),
    };
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
    await Promise.all([...this.#textEncoders, this.#unet, this.#vaeDecoder].map((one) => one.release()));
  }
}

/** Side of the latents that previews are fitted on: small enough for a processor, large enough to be a picture. */
const PREVIEW_LATENTS = 16;

export async function loadTextToImage(
  model: PictureModel,
  device: Device,
  options: LoadOptions = {},
): Promise<LoadedTextToImage> {
  requireRunnable(model);
  return new LoadedTextToImage(model, device, await readableTexts(model, options), options);
}

/** A text encoder and the tokenizer that belongs to it. */
interface ReadableText {
  readonly component: 'text_encoder' | 'text_encoder_2';
  readonly files: TextEncoderFiles;
  readonly tokenizer: ClipTokenizer;
}

async function readableTexts(model: PictureModel, { openAIMerges }: LoadOptions): Promise<ReadableText[]> {
  const parts = [
    { component: 'text_encoder', files: model.textEncoder, tokenizer: model.tokenizer },
    { component: 'text_encoder_2', files: model.textEncoder2, tokenizer: model.tokenizer2 },
  ] as const;
  const texts: ReadableText[] = [];
  for (const { component, files, tokenizer } of parts) {
    if (files === null || tokenizer === null) continue;
    texts.push({
      component,
      files,
      tokenizer: await readPromptTokenizer(tokenizer, files.config.positions, openAIMerges),
    });
  }
  return texts;
}

/** Refuses models that lack what this pipeline needs, or are built for another one. */
function requireRunnable({
  name,
  path: file,
  family,
  textEncoder,
  tokenizer,
  textEncoder2,
  tokenizer2,
  unet,
  vae,
}: PictureModel): void {
  const refuse = (sentence: string): ModelError => new ModelError('unsupported', sentence, { file });
  if (family === 'sdxl' && textEncoder === null && textEncoder2 !== null) {
    throw refuse(`${name} is SDXL’s refiner, which only finishes pictures that SDXL began: choose the base model.`);
  }
  if (unet.config.inChannels !== vae.config.latentChannels) {
    throw refuse(`${name} takes ${unet.config.inChannels} channels, not only the picture's ${vae.config.latentChannels}: it is made for inpainting, which is not here yet.`); // prettier-ignore
  }
  const second = family === 'sdxl' && (textEncoder2 === null || tokenizer2 === null);
  if (textEncoder !== null && tokenizer !== null && !second) return;
  const [encoder, its] = second ? ['text_encoder_2', 'tokenizer_2'] : ['text_encoder', 'tokenizer'];
  throw new ModelError('missing-file', `${name} has no ${encoder} or no ${its}: download it again.`, { file });
}

async function putOnEach(
  networks: readonly AdaptedNetwork<TextEncoderFiles>[],
  ready: ReadyAdapters,
  how: AppliedHow,
  signal: AbortSignal | undefined,
): Promise<boolean[]> {
  const news: boolean[] = [];
  for (const network of networks) news.push(await network.putOn(ready, how, signal));
  return news;
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
