/**
 * A checkpoint as it is passed around: UNet, autoencoder and text encoders in one `.safetensors` or `.ckpt`, in the layout
 * of CompVis (Stable Diffusion 1 and 2) or of Stability's generative-models (SDXL).
 *
 * Nothing is converted: configs are told from names and shapes, each part is a view of the file under the names of
 * diffusers and transformers, and every tensor stays where it lies. What else such files hold (averaged copies under
 * `model_ema.`, schedules, a safety checker) is not looked at.
 */
import { realpath } from 'node:fs/promises';
import path from 'node:path';

import { ModelError } from '../../errors.js';
import type { AutoencoderFiles, UNetFiles } from '../component-folder.js';
import { readModelCard } from '../model-card.js';
import type { DiffusionFamily, PictureModel } from '../picture-model.js';
import { readWeightFile } from '../read-weight-file.js';
import type { SafetensorsFile } from '../safetensors.js';
import { SafetensorsWeights } from '../safetensors-weights.js';
import { componentOfPart } from './component-of-part.js';
import { schedulerConfigOf } from './family-settings.js';
import { ldmAutoencoderConfig } from './ldm-autoencoder-config.js';
import { ldmAutoencoderNames } from './ldm-autoencoder-names.js';
import { ldmUNetConfig } from './ldm-unet-config.js';
import { ldmUNetNames } from './ldm-unet-names.js';
import { partOfFile, tensorsOf } from './part-of-file.js';
import { PartShapes } from './part-shapes.js';
import { findPrediction } from './prediction.js';
import { findTexts, readText } from './text-encoders.js';

const UNET = 'model.diffusion_model.';
const AUTOENCODER = 'first_stage_model.';

/** Whether the tensors of a file are such a checkpoint's, whole or not. */
export function isSingleFile(names: ReadonlySet<string> | ReadonlyMap<string, unknown>): boolean {
  return names.has(`${UNET}input_blocks.0.0.weight`);
}

/** Reads the header; of the weights at most one small tensor. Refuses what is no whole Stable Diffusion, and says what it is. */
export async function readSingleFile(given: string): Promise<PictureModel> {
  const place = path.resolve(given);
  const label = path.basename(place);
  const file = await readWeightFile(await realpath(place).catch(() => place), label);
  requireKnown(file);
  const texts = findTexts(file.tensors.keys());
  if (texts === null) {
    throw unfit(file, 'has no text encoder of Stable Diffusion: choose the whole checkpoint.');
  }
  if (!file.tensors.has(`${AUTOENCODER}decoder.conv_in.weight`)) {
    throw unfit(file, 'has no autoencoder: choose a version of it with the VAE baked in.');
  }
  const { family } = texts;
  const found = await findPrediction(file, family);
  const unet = readUNet(file, family, found.prediction === 'v_prediction');
  const vae = readAutoencoder(file, family);
  const read = texts.places.map((text) => ({ component: text.component, ...readText(file, text) }));
  const first = read.find(({ component }) => component === 'text_encoder');
  const second = read.find(({ component }) => component === 'text_encoder_2');
  const stem = path.basename(place, path.extname(place));
  const card = await readModelCard(path.join(path.dirname(place), `${stem}.inkstone.json`));
  return {
    path: place,
    name: card.name ?? stem,
    card,
    family,
    prediction: found.prediction,
    inChannels: unet.config.inChannels,
    dtype: unet.dtype,
    bytes: file.identity.bytes,
    unet,
    vae,
    textEncoder: first?.files ?? null,
    textEncoder2: second?.files ?? null,
    tokenizer: first?.tokenizer ?? null,
    tokenizer2: second?.tokenizer ?? null,
    schedulerConfig: schedulerConfigOf(family, found),
    emptyNegativeIsZeros: family === 'sdxl',
    identities: [file.identity],
    notices: found.notice === null ? [] : [found.notice],
  };
}

function readUNet(file: SafetensorsFile, family: DiffusionFamily, velocity: boolean): UNetFiles {
  const told = ldmUNetConfig(new PartShapes(file, UNET), family);
  const config = family === 'sd2' && velocity ? { ...told, sampleSize: 96 } : told;
  const ldm = ldmUNetNames(config);
  const sizes = { batch: 1, height: 64, width: 64, tokens: 1 };
  const part = partOfFile(file, {
    name: 'unet',
    prefix: UNET,
    wanted: tensorsOf(file, [{ component: 'unet', config, sizes }]),
    source: new SafetensorsWeights([file], file.label, (name) => `${UNET}${ldm(name) ?? name}`),
  });
  return { kind: 'unet', config, ...componentOfPart(part) };
}

function readAutoencoder(file: SafetensorsFile, family: DiffusionFamily): AutoencoderFiles {
  const config = ldmAutoencoderConfig(new PartShapes(file, AUTOENCODER), family);
  const ldm = ldmAutoencoderNames(config);
  const sizes = { batch: 1, height: 64, width: 64 };
  const part = partOfFile(file, {
    name: 'vae',
    prefix: AUTOENCODER,
    wanted: tensorsOf(
      file,
      (['vae_encoder', 'vae_decoder'] as const).map((component) => ({ component, config, sizes })),
    ),
    source: new SafetensorsWeights([file], file.label, (name) => AUTOENCODER + ldm(name)),
  });
  return { kind: 'vae', config, ...componentOfPart(part) };
}

/** Relatives with the same UNet's names that are models of another kind. */
const relatives: readonly { readonly has: RegExp; readonly sentence: string }[] = [
  {
    has: /\.time_stack\.|\.time_mixer\./,
    sentence: 'is Stable Video Diffusion, which is not supported: choose a Stable Diffusion 1, 2 or XL checkpoint.',
  },
  {
    has: /^(low_scale_model\.|model\.diffusion_model\.label_emb\.weight$)/,
    sentence: 'is Stable Diffusion’s upscaler, which is not supported.',
  },
  { has: /^(noise_augmentor|embedder)\./, sentence: 'is an unCLIP checkpoint, which is not supported.' },
  { has: /^(depth_model)\./, sentence: 'is a checkpoint that is told depths, which is not supported.' },
  { has: /^edm_(mean|std)$/, sentence: 'is Playground 2.5, whose latents are scaled otherwise: it is not supported.' },
];

function requireKnown(file: SafetensorsFile): void {
  if (!isSingleFile(file.tensors)) {
    throw unfit(file, `is no Stable Diffusion checkpoint: it has no ${UNET}input_blocks.0.0.weight.`);
  }
  const names = [...file.tensors.keys()];
  const relative = relatives.find(({ has }) => names.some((name) => has.test(name)));
  if (relative) throw unfit(file, relative.sentence);
}

const unfit = (file: SafetensorsFile, what: string): ModelError =>
  new ModelError('unfit-model', `${file.label} ${what}`, { file: file.file });
