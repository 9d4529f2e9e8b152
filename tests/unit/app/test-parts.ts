import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type {
  ChatPrompt,
  CountChatTokensRequest,
  GeneratedText,
  GenerateTextProgress,
  GenerateTextRequest,
  LanguageModelFacts,
} from '../../../app/contracts/chat.js';
import type { Capabilities } from '../../../app/contracts/capabilities.js';
import type { Desktop } from '../../../app/contracts/desktop.js';
import type {
  Engine,
  GeneratedPicture,
  GenerateProgress,
  GenerateRequest,
  ImageSimilarityRequest,
} from '../../../app/contracts/engine.js';
import type { ErrorKind } from '../../../app/contracts/errors.js';
import type { GenerationSettings } from '../../../app/contracts/generation.js';
import type { ModelDescription } from '../../../app/contracts/models.js';
import { StudioError } from '../../../app/contracts/studio-error.js';
import type { Worker } from '../../../app/contracts/worker.js';
import { bakeAdapters } from '../../../main/worker/bake-adapters.js';
import { describeAdapters } from '../../../main/worker/describe-adapters.js';
import { fitAdapters } from '../../../main/worker/fit-adapters.js';
import { hashAdapter } from '../../../main/worker/hash-adapter.js';
import { hashFile } from '../../../main/worker/hash-file.js';
import { hashPictures } from '../../../main/worker/hash-pictures.js';
import { inspectAdapter } from '../../../main/worker/inspect-adapter.js';
import { listPictures } from '../../../main/worker/list-pictures.js';
import { makeAdapterPreview } from '../../../main/worker/make-adapter-preview.js';
import { makeThumbnail } from '../../../main/worker/make-thumbnail.js';
import { preparePicture } from '../../../main/worker/prepare-picture.js';
import { readPicture } from '../../../main/worker/read-picture.js';
import { savePicture } from '../../../main/worker/save-picture.js';
import { scanAdapterFolder } from '../../../main/worker/scan-adapter-folder.js';
import { metricFacts } from '../../../native-models/metrics/index.js';
import { readCheckpoint, writeCheckpoint } from '../../../native-models/pipelines/checkpoint.js';
import { floats } from '../../../native-models/runtime/tensor.js';

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'inkstone-app-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * The real worker's functions, called in this process: real PNG files, hashes and adapters. Only a model is described by a
 * small JSON file instead of weights: `describe` below writes one.
 */
export function workerInProcess(): Worker {
  return {
    inspectModel: async ({ path }) => {
      const text = await readFile(join(path, 'description.json'), 'utf8').catch(() => null);
      if (text === null) {
        throw new StudioError('unfit-model', `${basename(path)} is no model: nothing in it is known.`, { file: path });
      }
      return { ...(JSON.parse(text) as ModelDescription), path, hashedFile: join(path, 'weights.bin') };
    },
    hashFile: ({ path }, progress, signal) => hashFile({ path }, { progress, signal }),
    savePicture,
    readPicture,
    makeThumbnail: async (request) => {
      await makeThumbnail(request);
    },
    scanAdapterFolder,
    describeAdapters,
    fitAdapters,
    inspectAdapter: (request, signal) => inspectAdapter(request, { signal }),
    hashAdapter: (request, progress, signal) => hashAdapter(request, { progress, signal }),
    makeAdapterPreview: async (request) => {
      await makeAdapterPreview(request);
    },
    bakeAdapters: (request, progress, signal) => bakeAdapters(request, { progress, signal }),
    listPictures,
    hashPictures,
    preparePicture,
  };
}

export const description: ModelDescription = {
  name: 'Test pictures',
  path: '',
  kind: 'diffusion',
  family: 'custom',
  prediction: 'epsilon',
  inChannels: 4,
  format: 'diffusers',
  dtype: 'F32',
  bytes: 1000,
  card: null,
  sizeMultiple: 8,
  nativeSize: 64,
  hashedFile: '',
  notices: [],
};

/** A folder that `workerInProcess` takes for a model. */
export async function makeModel(folder: string, change: Partial<ModelDescription> = {}, weights = 'weights') {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'description.json'), JSON.stringify({ ...description, ...change }));
  await writeFile(join(folder, 'weights.bin'), weights);
  return folder;
}

/** A home and a folder with an embedded model. */
export async function makePlace(): Promise<{ root: string; home: string; embeddedModels: string }> {
  const root = temporaryFolder();
  const embeddedModels = join(root, 'embedded');
  await makeModel(join(embeddedModels, 'pictures'), { name: 'Inkstone pictures' });
  return { root, home: join(root, 'home'), embeddedModels };
}

export const capabilities: Capabilities = {
  samplers: [
    { id: 'ddim', label: 'DDIM' },
    { id: 'euler', label: 'Euler' },
    { id: 'euler_a', label: 'Euler a' },
    { id: 'dpmpp_2m', label: 'DPM++ 2M' },
    { id: 'lcm', label: 'LCM' },
  ],
  schedules: [
    { id: 'normal', label: 'Normal' },
    { id: 'karras', label: 'Karras' },
  ],
  metrics: metricFacts.map((facts) => ({ ...facts })),
  versions: { inkstone: '0.1.0', onnxruntime: '1.30.0' },
};

/** What befalls one call of `generate`. */
interface Fate {
  /** Fail after this step was made and told. */
  readonly atStep: number;
  readonly kind: ErrorKind;
  readonly file?: string;
}

/**
 * An engine without networks. It keeps the contract that the queue builds on: a checkpoint after every step before the
 * step is told, a start from the checkpoint, a stop between steps, one picture at a time, and a picture that depends on
 * the seed and on what is put on it: each UNet strength of 1 makes it one level brighter.
 */
export class StepEngine implements Engine {
  /** One is used up by each call; none left: the call succeeds. */
  readonly fates: Fate[] = [];
  /** Every call: its request and the step it began at. */
  readonly calls: { request: GenerateRequest; from: number }[] = [];
  notices: string[] = [];
  /** How similar any two pictures are; null: it cannot tell. */
  similarity: number | null = 0.83;
  #busy: Promise<unknown> = Promise.resolve();
  /** Very quick steps are not all saved. */
  savesEvery = 1;
  /** Awaited before each step: a test can hold a step for as long as it likes. */
  beforeStep: (step: number) => Promise<void> = () => Promise.resolve();

  generate(
    request: GenerateRequest,
    onProgress: (progress: GenerateProgress) => void,
    signal: AbortSignal,
  ): Promise<GeneratedPicture> {
    const mine = this.#busy.then(() => {
      if (signal.aborted) throw new StudioError('cancelled', 'Stopped.');
      return this.#generate(request, onProgress, signal);
    });
    this.#busy = mine.catch(() => undefined);
    return mine;
  }

  async #generate(
    request: GenerateRequest,
    onProgress: (progress: GenerateProgress) => void,
    signal: AbortSignal,
  ): Promise<GeneratedPicture> {
    const fate = this.fates.shift();
    const { steps, width, height, checkpointFile } = request;
    const from = checkpointFile === null ? 0 : ((await readCheckpoint(checkpointFile))?.step ?? 0);
    this.calls.push({ request, from });
    const tell = (phase: GenerateProgress['phase'], step: number) =>
      onProgress({ phase, step, steps, width, height, preview: null });
    tell('loading', 0);
    if (fate?.atStep === from) throw new StudioError(fate.kind, 'The engine said no.', { file: fate.file });
    for (let step = from + 1; step <= steps; step += 1) {
      await this.beforeStep(step);
      if (signal.aborted) throw new StudioError('cancelled', 'Stopped.');
      if (checkpointFile !== null && step % this.savesEvery === 0) await keep(checkpointFile, step);
      tell('denoising', step);
      if (fate?.atStep === step) throw new StudioError(fate.kind, 'The engine said no.', { file: fate.file });
    }
    tell('decoding', steps);
    return {
      width,
      height,
      rgb: new Uint8Array(width * height * 3).fill((request.seed + strengthsOf(request)) % 256),
      device: 'cpu',
      noise: request.latents === null ? 'cpu' : 'given',
      adapters: request.adapters.map(({ file }) => ({ file, matched: 1, total: 1, how: 'live', seconds: 0 })),
      notices: this.notices,
      seconds: { load: 0.1, denoise: 0.2, decode: 0.1, total: 0.4 },
    };
  }

  capabilities = () => Promise.resolve(capabilities);
  devices = () =>
    Promise.resolve([
      { id: 'cpu' as const, name: 'A processor', available: true, reason: null, proven: true, slow: false },
    ]);
  inspectLatents = () => Promise.resolve({ count: 2, width: 32, height: 16 });
  run = () => Promise.reject(new StudioError('unsupported', 'No networks here.'));
  prepareAdapters = () => Promise.resolve();
  imageSimilarity = async (_request: ImageSimilarityRequest): Promise<number> => {
    if (this.similarity === null) throw new StudioError('missing-file', 'There is no CLIP here.');
    return this.similarity;
  };
  featureNetwork = () => Promise.reject(new StudioError('unsupported', 'No networks here.'));
  embedPictures = () => Promise.reject(new StudioError('unsupported', 'No networks here.'));
  embedTexts = () => Promise.reject(new StudioError('unsupported', 'No networks here.'));
  measureSets = () => Promise.reject(new StudioError('unsupported', 'No metrics here.'));
  measureCaptions = () => Promise.reject(new StudioError('unsupported', 'No metrics here.'));
  featureMoments = () => Promise.reject(new StudioError('unsupported', 'No metrics here.'));
  frechet = () => Promise.reject(new StudioError('unsupported', 'No metrics here.'));
  countTokens = ({ text }: { text: string }) => Promise.resolve({ tokens: text.split(' ').length, limit: 75 });

  /** One is used up by each answer; none left: it comes to its end. */
  readonly textFates: TextFate[] = [];
  readonly textCalls: GenerateTextRequest[] = [];
  /** Tokens after which an answer is at its end. */
  answerLength = 12;
  /** Awaited before each token, counted from 0 in the whole answer. */
  beforeToken: (at: number) => Promise<void> = () => Promise.resolve();
  facts: LanguageModelFacts = {
    ...{ family: 'llama', parameters: 260_000, contextLength: 512, chats: true },
    ...{ weightBytes: 1_000_000, cacheBytesPerToken: 1000, preparedBytes: 0 },
    sampling: { temperature: 0.5, topP: 0.9 },
  };

  /** Words by a script: each follows from the one before it and the seed. Three rivals stand beside each. */
  generateText(
    request: GenerateTextRequest,
    onProgress: (progress: GenerateTextProgress) => void,
    signal: AbortSignal,
  ): Promise<GeneratedText> {
    const mine = this.#busy.then(() => {
      if (signal.aborted) throw new StudioError('cancelled', 'Stopped.');
      return this.#generateText(request, onProgress, signal);
    });
    this.#busy = mine.catch(() => undefined);
    return mine;
  }

  async #generateText(
    request: GenerateTextRequest,
    onProgress: (progress: GenerateTextProgress) => void,
    signal: AbortSignal,
  ): Promise<GeneratedText> {
    this.textCalls.push(request);
    const fate = this.textFates.shift();
    const { answerSoFar, sampling, prompt } = request;
    const promptTokens = wordsOf(prompt);
    const ids = [...answerSoFar];
    const end = (finish: GeneratedText['finish']): GeneratedText => ({
      ...{ text: textOf(ids), finish, device: 'cpu', promptTokens },
      ...{ completionTokens: ids.length - answerSoFar.length, computedTokens: ids.length - answerSoFar.length },
      ...{ notices: this.notices, seconds: { load: 0.1, firstToken: 0.2, total: 0.2 + 0.1 * ids.length } },
    });
    onProgress({ phase: 'loading', part: null });
    const room = this.facts.contextLength - promptTokens - ids.length;
    if (room <= 0) throw new StudioError('bad-input', 'The conversation is too long: shorten it, or begin a new one.');
    onProgress({ phase: 'begun', tokens: promptTokens + ids.length, room, notices: this.notices });
    onProgress({ phase: 'reading', read: promptTokens, toRead: promptTokens, promptTokens });
    for (;;) {
      await this.beforeToken(ids.length);
      if (fate?.atToken === ids.length) throw new StudioError(fate.kind, 'The engine said no.');
      if (signal.aborted) return end('cancelled');
      if (ids.length >= this.answerLength) return end('stop');
      const id = wordAfter(ids.at(-1) ?? promptTokens, sampling.seed);
      const before = textOf(ids);
      ids.push(id);
      const top = [0, 1, 2, 3].map((rank) => rivalAt((id + rank) % script.length, rank));
      onProgress({ phase: 'writing', text: textOf(ids).slice(before.length), tokens: [{ ...rivalAt(id, 0), top }] });
      if (ids.length - answerSoFar.length >= sampling.maxTokens) return end('length');
    }
  }

  languageModelFacts = () => Promise.resolve(this.facts);
  countChatTokens = ({ prompt }: CountChatTokensRequest) =>
    Promise.resolve({ tokens: wordsOf(prompt), limit: this.facts.contextLength });
  unload = () => Promise.resolve();
}

/** What becomes of one answer. */
interface TextFate {
  /** Fail before this token, counted in the whole answer. */
  readonly atToken: number;
  readonly kind: ErrorKind;
}

/** All the words that `StepEngine` knows. */
const script = [
  ...[' the', ' boat', ' sailed', ' over', ' a', ' calm', ' sea', ' and', ' came', ' home', ' at', ' night'],
  ...[',', '.', ' where', ' we', ' slept'],
];
const wordAfter = (word: number, seed: number): number => (word * 3 + seed + 1) % script.length;
const rivalAt = (id: number, rank: number) => ({ id, text: script[id] ?? '', logprob: -0.5 - rank });
/** As tokenizers have it: a text does not begin with the space of its first word. */
const textOf = (ids: readonly number[]): string =>
  ids
    .map((id) => script[id])
    .join('')
    .trimStart();
const wordsOf = (prompt: ChatPrompt): number =>
  (prompt.kind === 'text' ? prompt.text : prompt.messages.map(({ content }) => content).join(' ')).split(/\s+/).length;

const strengthsOf = ({ adapters }: GenerateRequest): number =>
  Math.round(adapters.reduce((sum, { weight }) => sum + weight, 0));

const keep = (file: string, step: number): Promise<void> =>
  writeCheckpoint(file, {
    step,
    latents: floats([1], Float32Array.of(step)),
    history: [],
    generator: null,
    seconds: 0,
    fingerprint: '',
  });

export function desktopNotes(): Desktop & { readonly done: string[] } {
  const done: string[] = [];
  return {
    done,
    reveal: (path) => void done.push(`reveal ${path}`),
    copyPicture: async (path) => void done.push(`copy ${path}`),
    dragPicture: (path) => void done.push(`drag ${path}`),
    chooseFolder: () => Promise.resolve(null),
    chooseFiles: () => Promise.resolve([]),
    chooseSave: () => Promise.resolve(null),
    openLink: async (url) => void done.push(`open ${url}`),
    openFile: async (path) => void done.push(`open ${path}`),
  };
}

export const settings: GenerationSettings = {
  model: 'embedded-pictures',
  prompt: 'a red heart',
  negative: '',
  steps: 4,
  cfg: 2.5,
  sampler: 'ddim',
  schedule: 'normal',
  seed: 7,
  width: 16,
  height: 16,
  clipSkip: 1,
  adapters: [],
};

/** Ask until it holds; the test's own time limit ends a wait in vain. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}

export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
