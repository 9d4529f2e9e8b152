/**
 * A diffusers Stable Diffusion folder, ready to make pictures. Networks are opened when a picture first needs them
 * and stay open for the next one of the same size.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pixelsPerLatent } from '../architectures/autoencoder-kl.js';
import { ModelError } from '../errors.js';
import type { Device } from '../runtime/devices.js';
import { identityKey, verifyFiles } from '../runtime/file-identity.js';
import type { Network } from '../runtime/network.js';
import { openNetwork } from '../runtime/open-network.js';
import type { SchedulerConfig } from '../schedulers/scheduler-config.js';
import type { ClipTokenizer } from '../tokenizers/clip-tokenizer.js';
import { readClipTokenizer } from '../tokenizers/read-clip-tokenizer.js';
import type { TextEncoderFiles } from '../weight-formats/component-folder.js';
import type { DiffusersModel, TokenizerFiles } from '../weight-formats/diffusers-folder.js';
import { fitLatentPreview, type LatentPreview } from './latent-preview.js';
import {
  textToImage,
  type TextToImageModel,
  type TextToImageOptions,
  type TextToImageResult,
  type TextToImageSettings,
} from './text-to-image.js';

export class LoadedTextToImage {
  readonly model: DiffusersModel;
  readonly device: Device;
  readonly tokenizer: ClipTokenizer;
  readonly #pipeline: TextToImageModel;
  readonly #textEncoder = new OpenOne();
  readonly #unet = new OpenOne();
  readonly #vaeDecoder = new OpenOne();

  constructor(model: DiffusersModel, device: Device, textEncoder: TextEncoderFiles, tokenizer: ClipTokenizer) {
    this.model = model;
    this.device = device;
    this.tokenizer = tokenizer;
    const { unet, vae } = model;
    const tokens = tokenizer.maxLength;
    const layers = textEncoder.config.layers;
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
        this.#textEncoder.get(String(clipSkip), () => {
          // The vectors of the layer that was asked for, after the final layer norm, as Stable Diffusion 1 and 2 take them.
          const output = clipSkip === 1 ? 'last_hidden_state' : `normalized_hidden_states.${layers - clipSkip + 1}`;
          const sizes = { batch: 1, tokens };
          return openNetwork({ component: 'text_encoder', files: textEncoder, device, sizes, outputs: [output] });
        }),
      unet: (sizes) =>
        this.#unet.get(JSON.stringify(sizes), () =>
          openNetwork({ component: 'unet', files: unet, device, sizes: { ...sizes, tokens } }),
        ),
      vaeDecoder: (sizes) =>
        this.#vaeDecoder.get(JSON.stringify(sizes), () =>
          openNetwork({ component: 'vae_decoder', files: vae, device, sizes: { batch: 1, ...sizes } }),
        ),
    };
  }

  /** One picture. Refuses when a file of the model has changed since it was read. */
  async generate(settings: TextToImageSettings, options: TextToImageOptions = {}): Promise<TextToImageResult> {
    await verifyFiles(this.model.identities);
    const result = await textToImage(this.#pipeline, settings, options);
    const changed = await verifyFiles(this.model.identities).then(
      () => null,
      (error: unknown) => error,
    );
    if (!(changed instanceof ModelError)) return result;
    // Weights are mapped: steps after the change may have used the new ones.
    const notice = `This picture may be wrong: ${changed.message}`;
    return { ...result, notices: [...result.notices, notice] };
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

export async function loadTextToImage(model: DiffusersModel, device: Device): Promise<LoadedTextToImage> {
  const { textEncoder, tokenizer } = runnable(model);
  const read = await readClipTokenizer(tokenizer, textEncoder.config.positions);
  return new LoadedTextToImage(model, device, textEncoder, read);
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

/** At most one network of a kind, for the sizes asked for last: two would take twice the memory. */
class OpenOne {
  #open: { readonly key: string; readonly network: Network } | null = null;

  async get(key: string, open: () => Promise<Network>): Promise<Network> {
    if (this.#open?.key === key) return this.#open.network;
    await this.release();
    const network = await open();
    this.#open = { key, network };
    return network;
  }

  async release(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    await open?.network.release();
  }
}
