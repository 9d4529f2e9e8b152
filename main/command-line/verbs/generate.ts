import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { deviceWish } from '../../../app/contracts/capabilities.js';
import { generateToFiles } from '../../../app/generation/generate-to-files.js';
import { StudioError } from '../../../app/contracts/studio-error.js';
import { UnknownChoice } from '../../../app/generation/settings.js';
import { modelJson } from '../model-report.js';
import { adapterFlags, givenAdapters } from '../lora-flag.js';
import { UsageError } from '../usage-error.js';
import type { GivenFlags } from '../flags.js';
import type { Verb } from '../verb.js';
import { secondsInWords } from '../words.js';

export const generate: Verb = {
  name: 'generate',
  usage: '--prompt P --out PATH',
  summary: 'make pictures',
  flags: {
    prompt: { value: 'P', help: 'what to see; may be empty' },
    prompts: { value: 'FILE', help: 'instead: a text file, one picture of each line; “eval --prompts” reads it too' },
    negative: { value: 'N', help: 'what not to see' },
    model: { value: 'M', help: 'a checkpoint, a model folder, a library id or name; else the embedded model' },
    steps: { value: 'N', help: 'denoising steps' },
    cfg: { value: 'X', help: 'guidance scale; 1 is none' },
    sampler: { value: 'NAME', help: 'a sampler; an unknown name lists them all' },
    schedule: { value: 'NAME', help: 'a schedule; an unknown name lists them all' },
    seed: { value: 'S', help: 'picture k of --count uses S + k; random without it' },
    rng: { value: 'NAME', help: "cpu: torch's CPU generator" },
    size: { value: 'WxH', help: 'pixels' },
    count: { value: 'K', help: 'how many pictures' },
    'clip-skip': { value: 'N', help: '1 is the last layer of the text encoder' },
    ...adapterFlags,
    latents: { value: 'FILE', help: 'initial noise from a .safetensors; sets size and count' },
    out: { value: 'PATH', help: 'a .png, or a folder for numbered ones' },
    force: { help: 'replace a file that is there' },
  },
  positionals: [],
  async run(given, session) {
    const form = 'inkstone generate --prompt "a red heart" --out heart.png';
    const size = given.size('size');
    const prompts = await promptsOf(given);
    const settings = {
      prompt: prompts === undefined ? given.required('prompt', form) : '',
      negative: given.text('negative'),
      steps: given.integer('steps', { least: 1, most: 1000 }),
      cfg: given.number('cfg', { least: 0, most: 100 }),
      sampler: given.text('sampler'),
      schedule: given.text('schedule'),
      seed: given.integer('seed', { least: 0, most: Number.MAX_SAFE_INTEGER }),
      width: size?.width,
      height: size?.height,
      clipSkip: given.integer('clip-skip', { least: 1, most: 24 }),
    };
    const count = given.integer('count', { least: 1, most: 1000 });
    given.choice('rng', ['cpu']);
    const device = given.choice('device', deviceWish.options);
    const out = given.required('out', form);
    const latents = given.text('latents');
    const { adapters, apply } = givenAdapters(given);

    const started = performance.now();
    const library = await session.library();
    const model = await library.resolvePictures(given.text('model'));
    const made = await generateToFiles({
      engine: session.engine,
      worker: session.worker,
      model,
      settings,
      adapters,
      apply,
      shelf: session.shelf,
      count,
      prompts,
      out,
      force: given.has('force'),
      device,
      latents: latents === undefined ? undefined : resolve(latents),
      version: session.version,
      signal: session.signal,
      onProgress: ({ phase, step, steps, picture, pictures }) => {
        const which = pictures > 1 ? ` · picture ${picture + 1} of ${pictures}` : '';
        session.progress.show(phase === 'loading' ? `Loading ${model.name}` : `Step ${step} of ${steps}${which}`);
      },
    }).catch((error: unknown) => {
      throw error instanceof UnknownChoice ? new UsageError(error.message, { cause: error }) : error;
    });
    for (const notice of made.notices) session.progress.say(notice);
    const total = (performance.now() - started) / 1000;
    const lines = made.images.map(({ path, seed, width, height }) => `${path}  ${width} × ${height}  seed ${seed}`);
    return {
      json: {
        images: made.images,
        model: modelJson(model),
        settings: made.settings,
        device: made.device,
        adapters: made.adapters,
        notices: made.notices,
        seconds: { ...made.seconds, total },
      },
      text: [...lines, `${secondsInWords(total)} on ${made.device}`].join('\n'),
    };
  },
};

/** The lines of `--prompts FILE`. */
async function promptsOf(given: GivenFlags): Promise<string[] | undefined> {
  const file = given.text('prompts');
  if (file === undefined) return undefined;
  for (const other of ['prompt', 'count']) {
    if (given.text(other) !== undefined) {
      throw new UsageError(`--prompts makes one picture of each line of its file: leave --${other} out.`);
    }
  }
  const text = await readFile(resolve(file), 'utf8').catch((cause: unknown) => {
    throw new StudioError('missing-file', `${file} cannot be read: give --prompts a text file.`, { file, cause });
  });
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/);
  if (text.trim() !== '') return lines;
  throw new StudioError('bad-input', `${file} is empty: write one prompt on each line.`, { file });
}
