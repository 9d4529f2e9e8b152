import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelError } from '../../../../native-models/errors.js';
import { TorchGenerator } from '../../../../native-models/noise/torch-generator.js';
import { readCheckpoint, writeCheckpoint, type Checkpoint } from '../../../../native-models/pipelines/checkpoint.js';
import {
  textToImage,
  type StepProgress,
  type TextToImageModel,
  type TextToImageSettings,
} from '../../../../native-models/pipelines/text-to-image.js';
import type { Network, Tensors } from '../../../../native-models/runtime/network.js';
import { floats } from '../../../../native-models/runtime/tensor.js';
import type { TextReader } from '../../../../native-models/pipelines/text-conditions.js';
import { findScheduler, schedules } from '../../../../native-models/schedulers/find-scheduler.js';
import { schedulers } from '../../../../native-models/schedulers/index.js';
import { ClipTokenizer } from '../../../../native-models/tokenizers/clip-tokenizer.js';
import { SD15 } from '../schedulers/stable-diffusion-config.js';

const SETTINGS: TextToImageSettings = {
  prompt: 'a b',
  negative: 'c',
  steps: 4,
  cfg: 3,
  sampler: 'euler',
  schedule: 'normal',
  seed: 7,
  width: 24,
  height: 16,
  clipSkip: 1,
};

describe('the loop', () => {
  it('asks the network about both texts at once, the negative one first', async () => {
    const { model, calls } = fakeModel();
    await textToImage(model, SETTINGS);
    expect(calls.textEncoder.map(({ input_ids }) => Array.from(input_ids!.data, Number))).toEqual([
      [10, 5, 11, 11, 11, 11], // c
      [10, 3, 4, 11, 11, 11], // a b
    ]);
    expect(calls.unet).toHaveLength(4);
    const [first] = calls.unet;
    expect(first!['sample']!.shape).toEqual([2, 2, 2, 3]);
    expect(first!['encoder_hidden_states']!.shape).toEqual([2, 6, 1]);
    expect(first!['encoder_hidden_states']!.data[1]).toBe(5);
    expect(first!['encoder_hidden_states']!.data[7]).toBe(3);
  });

  it('without guidance asks about the prompt alone, and says that the negative one is not read', async () => {
    const { model, calls } = fakeModel();
    const { notices } = await textToImage(model, { ...SETTINGS, cfg: 1 });
    expect(calls.textEncoder).toHaveLength(1);
    expect(calls.unet[0]!['sample']!.shape).toEqual([1, 2, 2, 3]);
    expect(notices).toEqual(['The negative prompt has no effect: guidance is off.']);
  });

  it('starts from the generator’s noise times the sampler’s first sigma', async () => {
    const { model } = fakeModel();
    const { finalLatents } = await textToImage(model, { ...SETTINGS, sampler: 'ddim', steps: 1 });
    const given = floats([2, 2, 3], new TorchGenerator(7).randn(12));
    const again = await textToImage(
      model,
      { ...SETTINGS, sampler: 'ddim', steps: 1, seed: 99 },
      { noise: { latents: given, steps: new Map() } },
    );
    expect(again.finalLatents).toEqual(finalLatents);
  });

  it('an empty prompt is a prompt', async () => {
    const { model } = fakeModel();
    const { rgb, notices } = await textToImage(model, { ...SETTINGS, prompt: '', negative: '' });
    expect(rgb).toHaveLength(24 * 16 * 3);
    expect(notices).toEqual([]);
  });

  it('tells the guidance to a latent consistency model, and asks it once a step', async () => {
    const { model, calls } = fakeModel({ guidanceWidth: 8 });
    await textToImage(model, { ...SETTINGS, sampler: 'lcm' });
    expect(calls.unet[0]!['sample']!.shape[0]).toBe(1);
    expect(calls.unet[0]!['timestep_cond']!.shape).toEqual([1, 8]);
  });

  it('divides latents by the scale and adds the shift before they are decoded', async () => {
    const { model, calls } = fakeModel({ scalingFactor: 0.5, shiftFactor: 10 });
    const { finalLatents } = await textToImage(model, SETTINGS);
    const decoded = calls.vaeDecoder[0]!['latent_sample']!.data;
    expect(decoded[0]).toBeCloseTo(finalLatents.data[0]! * 2 + 10, 5);
  });

  it('tells SDXL’s network both readers’ vectors side by side, the second one’s for the whole text, and the sizes', async () => {
    const { model, calls } = fakeModel({ toldSizes: true });
    const readers = [reader(calls), reader(calls, 'text_embeds')];
    await textToImage({ ...model, texts: { readers, emptyNegativeIsZeros: false } }, SETTINGS);
    const told = calls.unet[0]!;
    expect(told['encoder_hidden_states']!.shape).toEqual([2, 6, 2]);
    expect([...told['encoder_hidden_states']!.data.slice(0, 4)]).toEqual([10, 10, 5, 5]);
    expect(told['text_embeds']).toEqual(floats([2, 1], Float32Array.of(10 + 5 + 4 * 11, 10 + 3 + 4 + 3 * 11)));
    expect(told['time_ids']).toEqual(floats([2, 6], Float32Array.of(16, 24, 0, 0, 16, 24, 16, 24, 0, 0, 16, 24)));
  });

  it('no negative prompt is zeros where the model’s own settings say so, and an empty text where they do not', async () => {
    for (const emptyNegativeIsZeros of [true, false]) {
      const { model, calls } = fakeModel();
      const readers = [reader(calls, 'text_embeds')];
      await textToImage({ ...model, texts: { readers, emptyNegativeIsZeros } }, { ...SETTINGS, negative: '' });
      expect(calls.textEncoder).toHaveLength(emptyNegativeIsZeros ? 1 : 2);
      const told = calls.unet[0]!;
      expect(told['encoder_hidden_states']!.data.slice(0, 6).some((value) => value !== 0)).toBe(!emptyNegativeIsZeros);
      expect(told['text_embeds']!.data[0] === 0).toBe(emptyNegativeIsZeros);
    }
  });

  it('opens the text encoder for the layer that clip skip asks for', async () => {
    const { model, calls } = fakeModel();
    await textToImage(model, { ...SETTINGS, clipSkip: 2 });
    expect(calls.clipSkips).toEqual([2]);
    await expect(textToImage(model, { ...SETTINGS, clipSkip: 5 })).rejects.toThrow(
      'Clip skip 5 is not possible: choose a whole number from 1 to 4, the text encoder’s layers.',
    );
  });
});

describe('notices', () => {
  it('a size that the model cannot make is rounded and told', async () => {
    const { model } = fakeModel();
    const result = await textToImage(model, { ...SETTINGS, width: 21, height: 3 });
    expect([result.width, result.height]).toEqual([24, 8]);
    expect(result.notices).toEqual(['Size set to 24 × 8: sides are multiples of 8.']);
  });

  it('a prompt with more tokens than places tells how many and which were left out', async () => {
    const { model } = fakeModel();
    const { notices } = await textToImage(model, { ...SETTINGS, prompt: 'a b a b a b c' });
    expect(notices).toEqual(['The prompt is too long: 3 of its 7 tokens were left out, from “a b c” on.']);
  });

  it('of 10,000 tokens only the first of the left-out ones are quoted', async () => {
    const { model } = fakeModel();
    const { notices } = await textToImage(model, { ...SETTINGS, negative: 'a '.repeat(10_000) });
    expect(notices[0]).toMatch(
      /^The negative prompt is too long: 9996 of its 10000 tokens were left out, from “(a ){30}…” on\.$/,
    );
  });
});

describe('given noise', () => {
  const latents = floats([2, 3, 1], Float32Array.of(1, 2, 3, 4, 5, 6));

  it('sets the size, whatever the settings say', async () => {
    const { model } = fakeModel();
    const result = await textToImage(model, SETTINGS, { noise: { latents, steps: new Map() } });
    expect([result.width, result.height]).toEqual([8, 24]);
    expect(result.notices).toEqual([]);
  });

  it('takes the place of what a step would draw, and only in that step', async () => {
    const { model } = fakeModel();
    const settings = { ...SETTINGS, sampler: 'euler_a' };
    const make = async (steps: ReadonlyMap<number, Float32Array>): Promise<Float32Array> =>
      (await textToImage(model, settings, { noise: { latents, steps } })).finalLatents.data;
    const drawn = new TorchGenerator(settings.seed);
    const all = new Map([0, 1, 2, 3].map((step) => [step, drawn.randn(6)]));
    const own = await make(new Map());
    expect(await make(all)).toEqual(own);
    expect(await make(new Map([[1, new Float32Array(6)]]))).not.toEqual(own);
  });

  it('of other channels is refused', async () => {
    const { model } = fakeModel();
    const wrong = floats([4, 3, 1]);
    await expect(textToImage(model, SETTINGS, { noise: { latents: wrong, steps: new Map() } })).rejects.toThrow(
      'The given latents are [4, 3, 1], expected [2, height, width] for this model.',
    );
  });

  it('of another size in a step is refused', async () => {
    const { model } = fakeModel();
    const steps = new Map([[2, new Float32Array(5)]]);
    await expect(textToImage(model, SETTINGS, { noise: { latents, steps } })).rejects.toThrow(
      'The given noise of step 2 is not of the size of the latents.',
    );
  });
});

describe('progress and stopping', () => {
  it('each step is told once, with the size of the picture to be', async () => {
    const { model } = fakeModel();
    const told: StepProgress[] = [];
    await textToImage(model, SETTINGS, { onStep: (progress) => void told.push(progress) });
    expect(told.map(({ step, steps }) => `${step}/${steps}`)).toEqual(['1/4', '2/4', '3/4', '4/4']);
    expect(told[0]).toMatchObject({ width: 24, height: 16 });
    expect(told[0]!.predictedOriginal.shape).toEqual([2, 2, 3]);
  });

  it('the next step waits for what is done after one', async () => {
    const { model, calls } = fakeModel();
    const callsThen: number[] = [];
    await textToImage(model, SETTINGS, {
      onStep: async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        callsThen.push(calls.unet.length);
      },
    });
    expect(callsThen).toEqual([1, 2, 3, 4]);
  });

  it('a stop is heard before the next step, though the network never lets go of the thread', async () => {
    const { model, calls } = fakeModel();
    const stop = new AbortController();
    setImmediate(() => setImmediate(() => stop.abort()));
    const made = textToImage(model, { ...SETTINGS, steps: 50 }, { signal: stop.signal });
    await expect(made).rejects.toMatchObject({ kind: 'cancelled' });
    await expect(made).rejects.toThrow(/^Stopped after \d of 50 steps\.$/);
    expect(calls.unet.length).toBeLessThan(10);
  });
});

describe('resuming', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'inkstone-resume-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  for (const { id } of schedulers) {
    for (const { id: schedule } of schedules) {
      it(`${id} ${schedule} goes on after any step, through a file, to the very same bits`, async () => {
        const { model } = fakeModel();
        const settings = { ...SETTINGS, sampler: id, schedule, steps: 6 };
        const { timesteps } = findScheduler(id).schedule(SD15, { steps: 6, schedule });
        const calls = Array.from(timesteps, (_, index) => index + 1);
        const checkpoints: Checkpoint[] = [];
        const whole = await textToImage(model, settings, {
          onStep: ({ checkpoint }) => void checkpoints.push(checkpoint),
        });
        expect(checkpoints.map(({ step }) => step)).toEqual(calls);
        for (const checkpoint of checkpoints) {
          const file = join(folder, `${id}-${schedule}.safetensors`);
          await writeCheckpoint(file, checkpoint);
          const resume = (await readCheckpoint(file))!;
          const steps: number[] = [];
          const rest = await textToImage(model, settings, { resume, onStep: ({ step }) => void steps.push(step) });
          expect(steps).toEqual(calls.slice(checkpoint.step));
          expect(rest.finalLatents).toEqual(whole.finalLatents);
          expect(rest.rgb).toEqual(whole.rgb);
          expect(rest.notices).toEqual([]);
          expect(rest.seconds.denoise).toBeGreaterThan(checkpoint.seconds); // the steps before count as well
        }
      });
    }
  }

  const CHANGES: [string, Partial<TextToImageSettings>][] = [
    ['prompt', { prompt: 'b' }],
    ['negative prompt', { negative: 'b' }],
    ['seed', { seed: 8 }],
    ['guidance', { cfg: 4 }],
    ['sampler', { sampler: 'dpmpp_2m' }],
    ['schedule', { schedule: 'karras' }],
    ['steps', { steps: 5 }],
    ['size', { width: 16 }],
    ['clip skip', { clipSkip: 2 }],
  ];
  it.each(CHANGES)('a checkpoint of another %s is passed over, and that is told', async (_, change) => {
    const { model } = fakeModel();
    let resume: Checkpoint | undefined;
    await textToImage(model, SETTINGS, { onStep: ({ checkpoint }) => void (resume ??= checkpoint) });
    const fresh = await textToImage(model, { ...SETTINGS, ...change });
    const resumed = await textToImage(model, { ...SETTINGS, ...change }, { resume: resume! });
    expect(resumed.rgb).toEqual(fresh.rgb);
    expect(resumed.notices).toEqual([
      'The picture was begun anew: what was saved of it is of other settings or another model.',
    ]);
  });

  it('so is one of another model', async () => {
    let resume: Checkpoint | undefined;
    await textToImage(fakeModel().model, SETTINGS, { onStep: ({ checkpoint }) => void (resume ??= checkpoint) });
    const { notices } = await textToImage(fakeModel({ fingerprint: 'other' }).model, SETTINGS, { resume: resume! });
    expect(notices).toHaveLength(1);
  });
});

describe('refusals', () => {
  it.each([
    ['an unknown sampler', { sampler: 'no-such-sampler' }, /There is no sampler "no-such-sampler": choose one of ddim/],
    ['an unknown schedule', { schedule: 'no-such-schedule' }, /There is no schedule "no-such-schedule"/],
    ['too many steps', { steps: 2000 }, /2000 steps are more than the 1000 timesteps/],
  ] as const)('%s, before any network is opened', async (_, change, sentence) => {
    const { model, calls } = fakeModel();
    await expect(textToImage(model, { ...SETTINGS, ...change })).rejects.toThrow(sentence);
    expect(calls.textEncoder).toHaveLength(0);
  });

  it('a picture without numbers is an error, not a black square', async () => {
    const { model } = fakeModel({}, () => NaN);
    const made = textToImage(model, SETTINGS);
    await expect(made).rejects.toThrow(ModelError);
    await expect(made).rejects.toThrow(/gave no picture, only numbers without a value/);
  });
});

/** Three words; each token's vector is its id, and that of a whole text is the sum of its ids. */
function reader(
  calls: { readonly textEncoder: Tensors[]; readonly clipSkips: number[] },
  pooled: string | null = null,
): TextReader {
  const vocabulary = new Map([
    ['a</w>', 3],
    ['b</w>', 4],
    ['c</w>', 5],
    ['<|startoftext|>', 10],
    ['<|endoftext|>', 11],
  ]);
  return {
    tokenizer: new ClipTokenizer({
      pairs: { vocabulary, merges: [], unknownId: 11 },
      maxLength: 6,
      startId: 10,
      endId: 11,
      padId: 11,
      special: [],
    }),
    deepestSkip: 4,
    outputs: () => ({ states: 'last_hidden_state', pooled }),
    encoder: async (clipSkip) => {
      calls.clipSkips.push(clipSkip);
      return network(calls.textEncoder, (inputs) => {
        const ids = values(inputs, 'input_ids');
        const sum = ids.reduce((total, id) => total + id, 0);
        return {
          last_hidden_state: floats(
            [1, 6, 1],
            ids.map((id) => id + clipSkip - 1),
          ),
          ...(pooled === null ? {} : { [pooled]: floats([1, 1], Float32Array.of(sum)) }),
        };
      });
    },
  };
}

/** A tiny model: three words, two latent channels, networks that mix what they are given by a formula. */
function fakeModel(changes: Partial<TextToImageModel> = {}, formula = smooth) {
  const calls = {
    textEncoder: [] as Tensors[],
    unet: [] as Tensors[],
    vaeDecoder: [] as Tensors[],
    clipSkips: [] as number[],
  };
  const model: TextToImageModel = {
    texts: { readers: [reader(calls)], emptyNegativeIsZeros: false },
    toldSizes: false,
    schedulerConfig: SD15,
    latentChannels: 2,
    pixelsPerLatent: 8,
    scalingFactor: 1,
    shiftFactor: 0,
    guidanceWidth: null,
    fingerprint: 'fake',
    unet: async () =>
      network(calls.unet, (inputs) => {
        const { shape } = inputs['sample']!;
        const sample = values(inputs, 'sample');
        const [timestep] = values(inputs, 'timestep');
        const text = values(inputs, 'encoder_hidden_states');
        const size = sample.length / shape[0]!;
        // Of the text, the first token counts.
        const answer = sample.map((value, i) =>
          formula(value, timestep!, text[6 * Math.floor(i / size) + 1]!, i % size),
        );
        return { out_sample: floats(shape, answer) };
      }),
    vaeDecoder: async () =>
      network(calls.vaeDecoder, (inputs) => {
        const [, , h = 0, w = 0] = inputs['latent_sample']!.shape;
        const latents = values(inputs, 'latent_sample');
        const sample = new Float32Array(3 * 64 * h * w).map((_, i) => Math.tanh(latents[i % latents.length]!));
        return { sample: floats([1, 3, 8 * h, 8 * w], sample) };
      }),
    ...changes,
  };
  return { model, calls };
}

function values(inputs: Tensors, name: string): Float32Array {
  return new Float32Array(Array.from<number | bigint, number>(inputs[name]!.data, Number));
}

function smooth(value: number, timestep: number, text: number, place: number): number {
  return 0.4 * value + 0.2 * Math.sin(timestep / 90 + text + place);
}

function network(calls: Tensors[], answer: (inputs: Tensors) => Tensors): Network {
  return {
    run: async (inputs) => {
      calls.push(inputs);
      return answer(inputs);
    },
    release: async () => {},
  };
}
