import { z } from 'zod';
import { adapterFileUse, appliedAdapter, applyWish } from './adapters.js';
import { capabilities, device, deviceWish, type Capabilities, type Device } from './capabilities.js';
import {
  countChatTokensRequest,
  generatedText,
  generateTextProgress,
  generateTextRequest,
  languageModelFacts,
  type CountChatTokensRequest,
  type GeneratedText,
  type GenerateTextProgress,
  type GenerateTextRequest,
  type LanguageModelFacts,
} from './chat.js';
import {
  embeddingCalls,
  type EmbeddedPictures,
  type EmbeddedTexts,
  type EmbedPicturesRequest,
  type EmbedTextsRequest,
  type FeatureNetwork,
  type FeatureNetworkRequest,
} from './features.js';
import { preview, tokenCount, type TokenCount } from './generation.js';
import {
  measureCalls,
  type CaptionsRequest,
  type FeatureMomentsRequest,
  type MeasuredCaptions,
  type MeasuredSets,
  type MeasureProgress,
  type SetsRequest,
} from './measures.js';

/**
 * The engine: the process that holds every ONNX session. `app` talks to the `Engine` port and never knows which
 * process answers; the supervisor turns calls into the messages below. Both ends validate what they receive.
 */

export const generateRequest = z.object({
  /** Folder of the model, used in place. */
  modelPath: z.string(),
  device: deviceWish,
  prompt: z.string(),
  negative: z.string(),
  steps: z.number().int().positive(),
  cfg: z.number(),
  sampler: z.string(),
  schedule: z.string(),
  seed: z.number().int().nonnegative(),
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  clipSkip: z.number().int().positive(),
  adapters: z.array(adapterFileUse),
  apply: applyWish,
  /** Initial (and step) noise given in a `.safetensors` instead of drawn; `index` picks the picture of its batch. */
  latents: z.object({ file: z.string(), index: z.number().int().nonnegative() }).nullable(),
  /** Written after every step, read first when it exists: the picture goes on from there. Null = none kept. */
  checkpointFile: z.string().nullable(),
  /** Previews with every step; the fitted map is cached in this folder. Null = no previews. */
  previewCache: z.string().nullable(),
});
export type GenerateRequest = z.infer<typeof generateRequest>;

export const generateProgress = z.object({
  phase: z.enum(['loading', 'denoising', 'decoding']),
  step: z.number().int().nonnegative(),
  steps: z.number().int().positive(),
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  preview: preview.nullable(),
});
export type GenerateProgress = z.infer<typeof generateProgress>;

export const generatedPicture = z.object({
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  /** Row-major RGB, 3 bytes a pixel. */
  rgb: z.instanceof(Uint8Array),
  device: z.string(),
  noise: z.enum(['cpu', 'given']),
  /** In the order of the request. */
  adapters: z.array(appliedAdapter),
  notices: z.array(z.string()),
  seconds: z.object({ load: z.number(), denoise: z.number(), decode: z.number(), total: z.number() }),
});
export type GeneratedPicture = z.infer<typeof generatedPicture>;

export const runRequest = z.object({
  modelPath: z.string(),
  /** A component by its name in command-line.md: `unet`, `text_encoder`, `llm` ... */
  component: z.string(),
  device: deviceWish,
  /** `.safetensors` with the component's inputs, and where its outputs go. */
  inputs: z.string(),
  out: z.string(),
  adapters: z.array(adapterFileUse),
  apply: applyWish,
  /** As `generateText` has it; absent: a temporary folder. */
  weightCache: z.string().optional(),
});
export type RunRequest = z.infer<typeof runRequest>;

export const runResult = z.object({
  device: z.string(),
  outputs: z.record(z.string(), z.object({ shape: z.array(z.number()), dtype: z.string() })),
  adapters: z.array(appliedAdapter),
  seconds: z.number(),
});
export type RunResult = z.infer<typeof runResult>;

/** Sessions cannot gain inputs later: open those that take adapters before the first one is put on. */
export const prepareAdaptersRequest = z.object({
  modelPath: z.string(),
  device: deviceWish,
  /** Of the pictures to come. */
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  cfg: z.number(),
  clipSkip: z.number().int().positive(),
});
export type PrepareAdaptersRequest = z.infer<typeof prepareAdaptersRequest>;

const pixels = z.object({
  /** Row-major RGB, 3 bytes a pixel. */
  rgb: z.instanceof(Uint8Array),
  width: z.number().int().positive(),
  height: z.number().int().positive(),
});

export const imageSimilarityRequest = z.object({
  /** Folder of a CLIP model, or of a model that has one in `clip/`. */
  modelPath: z.string(),
  device: deviceWish,
  pictures: z.tuple([pixels, pixels]),
});
export type ImageSimilarityRequest = z.infer<typeof imageSimilarityRequest>;

export interface Engine {
  capabilities(): Promise<Capabilities>;
  devices(): Promise<Device[]>;
  /** Aborting `signal` stops between two steps; the promise rejects with kind `cancelled`, the checkpoint stays. */
  generate(
    request: GenerateRequest,
    onProgress: (progress: GenerateProgress) => void,
    signal: AbortSignal,
  ): Promise<GeneratedPicture>;
  /** How many latents of the file `--latents` names: `{count, width, height}` in pictures and pixels. */
  inspectLatents(request: {
    modelPath: string;
    file: string;
  }): Promise<{ count: number; width: number; height: number }>;
  run(request: RunRequest, signal: AbortSignal): Promise<RunResult>;
  /** Resolves when the sessions are open; nothing to do resolves at once. */
  prepareAdapters(request: PrepareAdaptersRequest): Promise<void>;
  /** Cosine of two pictures' CLIP image vectors, -1 to 1. */
  imageSimilarity(request: ImageSimilarityRequest): Promise<number>;
  countTokens(request: { modelPath: string; text: string }): Promise<TokenCount>;
  /**
   * An answer of a language model, which stays open with all it has read: the next turn computes only what is new.
   * Aborting `signal` stops between two tokens and resolves with what was said and finish `cancelled`. It rejects with
   * kind `cancelled` when it was still waiting or loading, or when one step took so long that the engine was ended: what
   * was told until then is all there is.
   */
  generateText(
    request: GenerateTextRequest,
    onProgress: (progress: GenerateTextProgress) => void,
    signal: AbortSignal,
  ): Promise<GeneratedText>;
  /** Opens nothing. */
  languageModelFacts(request: { modelPath: string }): Promise<LanguageModelFacts>;
  /** Tokens of a prompt as `generateText` would read it, and the model's context. */
  countChatTokens(request: CountChatTokensRequest): Promise<TokenCount>;
  /** Of files that turn pictures into vectors; opens nothing. */
  featureNetwork(request: FeatureNetworkRequest): Promise<FeatureNetwork>;
  /** One batch; the network stays open for the next one. */
  embedPictures(request: EmbedPicturesRequest, signal: AbortSignal): Promise<EmbeddedPictures>;
  embedTexts(request: EmbedTextsRequest, signal: AbortSignal): Promise<EmbeddedTexts>;
  /** Metrics on sets of pictures, from their vectors. Other calls get through while it runs. */
  measureSets(
    request: SetsRequest,
    onProgress: (progress: MeasureProgress) => void,
    signal: AbortSignal,
  ): Promise<MeasuredSets>;
  measureCaptions(request: CaptionsRequest, signal: AbortSignal): Promise<MeasuredCaptions>;
  /** Writes the `.npz`; refuses with `bad-input` one that is there and is not to be overwritten. */
  featureMoments(
    request: FeatureMomentsRequest,
    onProgress: (progress: MeasureProgress) => void,
    signal: AbortSignal,
  ): Promise<{ n: number; dimensions: number }>;
  /** The Frechet distance between two `.npz`. */
  frechet(
    request: { a: string; b: string },
    onProgress: (progress: MeasureProgress) => void,
    signal: AbortSignal,
  ): Promise<number>;
  /** Close every session; memory goes back to the system. */
  unload(): Promise<void>;
}

/** Request and reply of every call, by name. `signal` travels as a `cancel` message, progress as events. */
export const engineCalls = {
  capabilities: { request: z.object({}), reply: capabilities },
  /** Each device is told as progress before it is tried: a driver may end the process with no exception. */
  devices: { request: z.object({}), progress: device, reply: z.array(device) },
  generate: { request: generateRequest, progress: generateProgress, reply: generatedPicture },
  inspectLatents: {
    request: z.object({ modelPath: z.string(), file: z.string() }),
    reply: z.object({ count: z.number().int(), width: z.number().int(), height: z.number().int() }),
  },
  run: { request: runRequest, reply: runResult },
  prepareAdapters: { request: prepareAdaptersRequest, reply: z.object({}) },
  imageSimilarity: { request: imageSimilarityRequest, reply: z.number() },
  countTokens: { request: z.object({ modelPath: z.string(), text: z.string() }), reply: tokenCount },
  generateText: { request: generateTextRequest, progress: generateTextProgress, reply: generatedText },
  languageModelFacts: { request: z.object({ modelPath: z.string() }), reply: languageModelFacts },
  countChatTokens: { request: countChatTokensRequest, reply: tokenCount },
  ...embeddingCalls,
  ...measureCalls,
  unload: { request: z.object({}), reply: z.object({}) },
} as const;
