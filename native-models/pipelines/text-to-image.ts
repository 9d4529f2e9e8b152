/**
 * Text to image with latent diffusion: Rombach, Blattmann, Lorenz, Esser and Ommer 2022, "High-resolution image
 * synthesis with latent diffusion models" (arXiv 2112.10752). One loop: the prompt is encoded once, then noise is
 * denoised step by step, then the latents are decoded to pixels.
 *
 * Reference: diffusers 0.42.1, StableDiffusionPipeline and StableDiffusionXLPipeline with one CPU generator: the same
 * settings, seed and sampler give the same picture.
 *
 * C latent channels, h and w the latents' height and width, T tokens, D width of the text's vectors.
 */
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { ModelError } from '../errors.js';
import { TorchGenerator } from '../noise/torch-generator.js';
import type { Network, Tensors } from '../runtime/network.js';
import { concatenate, floats, floatsOf, sizeOf, type FloatTensor } from '../runtime/tensor.js';
import { findSchedule, findScheduler } from '../schedulers/find-scheduler.js';
import type { SchedulerConfig } from '../schedulers/scheduler-config.js';
import { NO_HISTORY, type Schedule } from '../schedulers/scheduler.js';
import type { Checkpoint } from './checkpoint.js';
import { guidanceEmbedding, guide, isGuided } from './classifier-free-guidance.js';
import { toPixels } from './picture-pixels.js';
import { pictureSize } from './picture-size.js';
import { textConditions, type TextModel } from './text-conditions.js';

/** A model whose networks are opened when the loop first needs them. Who made it releases them. */
export interface TextToImageModel {
  readonly texts: TextModel;
  readonly schedulerConfig: SchedulerConfig;
  /** C. */
  readonly latentChannels: number;
  /** Pixels along one side that a latent pixel stands for. */
  readonly pixelsPerLatent: number;
  /** Latents are (encoded - shift) times scale. */
  readonly scalingFactor: number;
  readonly shiftFactor: number;
  /** Width of the guidance condition of latent consistency models; null in all others. */
  readonly guidanceWidth: number | null;
  /** SDXL is told the picture's sizes and what was cut off it. */
  readonly toldSizes: boolean;
  /** Of the files and the device: a checkpoint of another model does not fit. */
  readonly fingerprint: string;
  /**
   * sample [batch, C, h, w], timestep [1], encoder_hidden_states [batch, T, D] and, where it takes them, text_embeds
   * [batch, P], time_ids [batch, 6], timestep_cond [1, width] -> out_sample [batch, C, h, w].
   */
  unet(sizes: { readonly batch: 1 | 2; readonly height: number; readonly width: number }): Promise<Network>;
  /** latent_sample [1, C, h, w] -> sample [1, 3, H, W] in -1..1. */
  vaeDecoder(sizes: { readonly height: number; readonly width: number }): Promise<Network>;
}

/** Everything that decides a picture. */
export interface TextToImageSettings {
  readonly prompt: string;
  readonly negative: string;
  readonly steps: number;
  /** Guidance scale; 1 or less is none. */
  readonly cfg: number;
  /** By the names of `schedulers/`. */
  readonly sampler: string;
  readonly schedule: string;
  readonly seed: bigint | number;
  /** Pixels; rounded to what the model can make. Not asked when latents are given. */
  readonly width: number;
  readonly height: number;
  readonly clipSkip: number;
}

/** Noise from elsewhere instead of the generator's. */
export interface GivenNoise {
  /** [C, h, w] of unit variance; sets the size. */
  readonly latents: FloatTensor;
  /** [C, h, w] for a step that mixes in noise; a step that is not here draws its own. */
  readonly steps: ReadonlyMap<number, Float32Array>;
}

export interface TextToImageOptions {
  readonly noise?: GivenNoise;
  /** Where to go on. One that does not fit is passed over, and told. */
  readonly resume?: Checkpoint;
  /** Heard between two steps. */
  readonly signal?: AbortSignal;
  /** After each step; the next one waits for it. */
  readonly onStep?: (progress: StepProgress) => void | Promise<void>;
}

export interface StepProgress {
  /** Steps done, and to do in all. */
  readonly step: number;
  readonly steps: number;
  /** Pixels of the picture to be. */
  readonly width: number;
  readonly height: number;
  /** [C, h, w]: the network's idea of the finished picture; a preview of it is nicer than one of noisy latents. */
  readonly predictedOriginal: FloatTensor;
  readonly checkpoint: Checkpoint;
}

export interface TextToImageResult {
  /** Row-major, [height, width, 3]. */
  readonly rgb: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** [C, h, w], as the decoder got them before they were scaled. */
  readonly finalLatents: FloatTensor;
  /** What was changed or left out of the wish, one sentence each. */
  readonly notices: readonly string[];
  /** `encode` holds opening the networks up to the first step; `denoise` all steps, those before a resume too. */
  readonly seconds: { readonly encode: number; readonly denoise: number; readonly decode: number };
}

export async function textToImage(
  model: TextToImageModel,
  settings: TextToImageSettings,
  options: TextToImageOptions = {},
): Promise<TextToImageResult> {
  const notices: string[] = [];
  const began = performance.now();

  // 1. which timesteps to visit, at which size, from where
  const schedule = planOf(model, settings);
  const steps = schedule.timesteps.length;
  const { height, width } = latentSize(model, settings, options.noise, notices);
  const shape = [model.latentChannels, height, width];
  const fingerprint = fingerprintOf(model, settings, options.noise);
  const resumed = fitting(options.resume, fingerprint, notices);

  // 2. the text, as vectors; with guidance the negative one goes first
  const batch = batchOf(model, settings.cfg);
  const guided = batch === 2;
  const conditions = await conditionsOf(model, settings, { guided, height, width }, notices);
  const unet = await model.unet({ batch, height, width }); // opened here, so that no step's time holds it
  const encoded = performance.now();
  const denoisingSeconds = (): number => (resumed?.seconds ?? 0) + (performance.now() - encoded) / 1000;

  // 3. the noise to start from
  const generator = resumed?.generator
    ? TorchGenerator.fromState(resumed.generator)
    : new TorchGenerator(settings.seed);
  const draw = (): Float32Array => generator.randn(sizeOf(shape));
  let history = resumed?.history ?? NO_HISTORY;
  let sample =
    resumed?.latents.data ?? (options.noise?.latents.data ?? draw()).map((value) => value * schedule.initNoiseSigma);

  // 4. step by step to latents without noise
  for (let index = resumed?.step ?? 0; index < steps; index++) {
    await pause(options.signal, index, steps);

    // 4a. the network's answer to the sample, for both texts at once
    const scaled = schedule.scaleModelInput(sample, index);
    const { out_sample: answer } = await unet.run({
      ...conditions,
      sample: floats([batch, ...shape], guided ? concatenate([scaled, scaled]) : scaled),
      timestep: floats([1], Float32Array.of(schedule.timesteps[index]!)),
    });
    // 4b. guidance
    const modelOutput = guided ? guide(floatsOf(answer), settings.cfg) : floatsOf(answer);
    // 4c. the sampler's step, with noise where it mixes some in
    const noise = schedule.wantsNoise(index) ? { noise: options.noise?.steps.get(index) ?? draw() } : {};
    const result = schedule.step({ index, sample, modelOutput, history, ...noise });
    ({ previous: sample, history } = result);

    await options.onStep?.({
      step: index + 1,
      steps,
      width: width * model.pixelsPerLatent,
      height: height * model.pixelsPerLatent,
      predictedOriginal: floats(shape, result.predictedOriginal),
      checkpoint: {
        step: index + 1,
        latents: floats(shape, sample),
        history,
        generator: generator.state(),
        seconds: denoisingSeconds(),
        fingerprint,
      },
    });
  }
  requireNumbers(sample);
  const denoise = denoisingSeconds();
  const denoised = performance.now();

  // 5. latents to pixels
  await pause(options.signal, steps, steps);
  const decoder = await model.vaeDecoder({ height, width });
  const unscaled = sample.map((value) => Math.fround(value / model.scalingFactor) + model.shiftFactor);
  const { sample: picture } = await decoder.run({ latent_sample: floats([1, ...shape], unscaled) });
  const rgb = toPixels(floatsOf(picture));
  const decoded = performance.now();

  return {
    rgb,
    width: width * model.pixelsPerLatent,
    height: height * model.pixelsPerLatent,
    finalLatents: floats(shape, sample),
    notices,
    seconds: {
      encode: (encoded - began) / 1000,
      denoise,
      decode: (decoded - denoised) / 1000,
    },
  };
}

/** Pictures that go through the UNet at once: with guidance the sample meets the negative text and the prompt. */
export function batchOf({ guidanceWidth }: Pick<TextToImageModel, 'guidanceWidth'>, cfg: number): 1 | 2 {
  return isGuided(cfg) && guidanceWidth === null ? 2 : 1;
}

function planOf(model: TextToImageModel, { sampler, schedule, steps }: TextToImageSettings): Schedule {
  return findScheduler(sampler).schedule(model.schedulerConfig, { steps, schedule: findSchedule(schedule) });
}

/** What the UNet is told beside sample and time: the texts, sizes where it is told them, guidance where that is a condition. */
async function conditionsOf(
  model: TextToImageModel,
  { prompt, negative, cfg, clipSkip }: TextToImageSettings,
  { guided, height, width }: { guided: boolean; height: number; width: number },
  notices: string[],
): Promise<Tensors> {
  if (!guided && negative.trim() !== '') {
    notices.push('The negative prompt has no effect: guidance is off.');
  }
  const { guidanceWidth, pixelsPerLatent: pixels } = model;
  // The size that the picture was, how much was cut off above and on the left, and the size it is to have.
  const sizes = [height * pixels, width * pixels, 0, 0, height * pixels, width * pixels];
  const batch = guided ? 2 : 1;
  return {
    ...(await textConditions(model.texts, { prompt, negative: guided ? negative : null, clipSkip }, notices)),
    ...(model.toldSizes
      ? { time_ids: floats([batch, 6], concatenate(Array.from({ length: batch }, () => Float32Array.from(sizes)))) }
      : {}),
    ...(guidanceWidth === null
      ? {}
      : { timestep_cond: floats([1, guidanceWidth], guidanceEmbedding(cfg, guidanceWidth)) }),
  };
}

function latentSize(
  model: TextToImageModel,
  settings: TextToImageSettings,
  noise: GivenNoise | undefined,
  notices: string[],
): { height: number; width: number } {
  if (noise === undefined) {
    const { width, height, notice } = pictureSize(settings.width, settings.height, model.pixelsPerLatent);
    if (notice !== null) notices.push(notice);
    return { height: height / model.pixelsPerLatent, width: width / model.pixelsPerLatent };
  }
  const { shape } = noise.latents;
  const [channels, height, width] = shape;
  if (shape.length !== 3 || channels !== model.latentChannels || !height || !width) {
    const expected = `[${model.latentChannels}, height, width] for this model`;
    throw new ModelError('bad-input', `The given latents are [${shape.join(', ')}], expected ${expected}.`);
  }
  for (const [index, step] of noise.steps) {
    if (step.length !== noise.latents.data.length) {
      throw new ModelError('bad-input', `The given noise of step ${index} is not of the size of the latents.`);
    }
  }
  return { height, width };
}

/** Everything that decides the picture, as one short text. */
function fingerprintOf(model: TextToImageModel, settings: TextToImageSettings, noise: GivenNoise | undefined): string {
  const hash = createHash('sha256');
  const { prompt, negative, steps, cfg, sampler, schedule, width, height, clipSkip } = settings;
  const size = noise ? noise.latents.shape : [width, height];
  const seed = String(settings.seed);
  hash.update(
    JSON.stringify([model.fingerprint, prompt, negative, steps, cfg, sampler, schedule, seed, size, clipSkip]),
  );
  if (noise) {
    hash.update(noise.latents.data);
    for (const [index, step] of noise.steps) hash.update(`step ${index}`).update(step);
  }
  return hash.digest('hex');
}

/** The checkpoint, if it is of this picture. */
function fitting(resume: Checkpoint | undefined, fingerprint: string, notices: string[]): Checkpoint | null {
  if (resume === undefined || resume.fingerprint === fingerprint) return resume ?? null;
  notices.push('The picture was begun anew: what was saved of it is of other settings or another model.');
  return null;
}

/** Lets messages in, a stop among them. */
async function pause(signal: AbortSignal | undefined, done: number, steps: number): Promise<void> {
  await setImmediate();
  if (signal?.aborted) throw new ModelError('cancelled', `Stopped after ${done} of ${steps} steps.`);
}

function requireNumbers(latents: Float32Array): void {
  if (latents.every(Number.isFinite)) return;
  throw new ModelError(
    'unfit-model',
    'The model gave no picture, only numbers without a value: check prediction_type in its scheduler config, or try another sampler or less guidance.',
  );
}
