/**
 * Every sampler against diffusers 0.42.1 (goldens: `make_schedulers.py`), driven by a stand-in for the network.
 *
 * Two views of one run. Step by step: each step starts from the golden's own sample, so a wrong step is named;
 * tolerance 1e-5 (design section 5). From end to end: the sampler runs on its own samples, network and noise;
 * differences add up over 25 steps, so 1e-4. With zero terminal SNR euler and euler_a start from sigma 4096, where
 * neighbouring float32 samples are already 2^-11 apart: there a few of those are allowed.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { TorchGenerator } from '../../native-models/noise/torch-generator.js';
import { findScheduler, schedules } from '../../native-models/schedulers/find-scheduler.js';
import { schedulers } from '../../native-models/schedulers/index.js';
import { alphasCumprod } from '../../native-models/schedulers/noise-schedules.js';
import {
  DDPM_DEFAULTS,
  trainingOptions,
  type SchedulerConfig,
} from '../../native-models/schedulers/scheduler-config.js';
import {
  NO_HISTORY,
  type History,
  type Schedule,
  type ScheduleName,
} from '../../native-models/schedulers/scheduler.js';
import { goldenNames, readGolden, relativeDifference, type Golden } from './golden.js';

interface Run {
  readonly name: string;
  readonly steps: number;
  readonly prediction: string;
  readonly initNoiseSigma: number;
  readonly stepNoise: readonly number[];
  readonly base: SchedulerConfig;
}

interface SchedulerGolden {
  readonly runs: readonly Run[];
}

const SOURCES = fileURLToPath(new URL('../../native-models/schedulers/', import.meta.url));
const UNIT_TESTS = fileURLToPath(new URL('../unit/native-models/schedulers/', import.meta.url));

const NOISE_SEED = 7;

/** The goldens' latents are [1, 4, 3, 5]. */
const SIZE = 60;

/** Four times the distance of neighbouring float32 at the first sample. */
const spacingAtStart = (run: Run): number => 4 * run.initNoiseSigma * 2 ** -24;

const MADE = goldenNames('schedulers');
const PICTURES = goldenNames('pictures');

it.each(schedulers)('$id has its goldens, its picture and its unit test', ({ id }) => {
  expect(stillToDo(id).join('\n')).toBe('');
});

describe('alphas_cumprod', () => {
  const golden = readGolden<{ tables: { name: string; config: SchedulerConfig }[] }>('schedulers', 'alphas');
  it.each(golden.description.tables)('of $name are those of diffusers', ({ name, config }) => {
    const table = alphasCumprod(trainingOptions(config, DDPM_DEFAULTS, ['epsilon']));
    expect(relativeDifference(table, golden.floats(name))).toBeLessThan(1e-6);
  });
});

for (const { id, label } of schedulers) {
  for (const schedule of schedules) {
    const name = `${id}-${schedule.id}`;
    if (!MADE.includes(name)) continue; // told above, with what to run
    const golden = readGolden<SchedulerGolden>('schedulers', name);
    describe(`${label}, ${schedule.id}`, () => {
      it.each(golden.description.runs)('$name: lays the same timesteps and sigmas', (run) => {
        const plan = planOf(id, schedule.id, run);
        expect(relativeDifference(plan.timesteps, numbers(golden, `${run.name}.timesteps`))).toBeLessThan(1e-5);
        expect(golden.count(`${run.name}.model_output.`), 'network calls').toBe(plan.timesteps.length);
        expect(golden.count(`${run.name}.sample.`), 'samples').toBe(plan.timesteps.length);
        expect(plan.initNoiseSigma / run.initNoiseSigma).toBeCloseTo(1, 5);
        expect([...plan.timesteps.keys()].filter((index) => plan.wantsNoise(index))).toEqual(run.stepNoise);
        if (plan.sigmas !== null) {
          expect(relativeDifference(plan.sigmas, golden.floats(`${run.name}.sigmas`))).toBeLessThan(1e-6);
        }
      });

      it.each(golden.description.runs)('$name: each step ends where the reference ends', (run) => {
        const plan = planOf(id, schedule.id, run);
        const tolerance = Math.max(1e-5, spacingAtStart(run));
        let sample = initialSample(golden, run);
        let history: History = NO_HISTORY;
        for (let index = 0; index < plan.timesteps.length; index++) {
          const result = plan.step({
            index,
            sample,
            modelOutput: golden.floats(`${run.name}.model_output.${index}`),
            history,
            ...(plan.wantsNoise(index) ? { noise: golden.floats(`${run.name}.step_noise.${index}`) } : {}),
          });
          const expected = golden.floats(`${run.name}.sample.${index}`);
          expect(relativeDifference(result.previous, expected), `step ${index}`).toBeLessThan(tolerance);
          sample = expected;
          history = result.history;
        }
      });

      it.each(golden.description.runs)('$name: a whole run on its own noise ends where the reference ends', (run) => {
        const plan = planOf(id, schedule.id, run);
        const generator = new TorchGenerator(NOISE_SEED);
        let sample: Float32Array = generator.randn(SIZE).map((value) => value * plan.initNoiseSigma);
        let history: History = NO_HISTORY;
        for (let index = 0; index < plan.timesteps.length; index++) {
          const modelOutput = standIn(plan.scaleModelInput(sample, index), plan.timesteps[index]!);
          const noise = plan.wantsNoise(index) ? { noise: generator.randn(SIZE) } : {};
          ({ previous: sample, history } = plan.step({ index, sample, modelOutput, history, ...noise }));
        }
        const expected = golden.floats(`${run.name}.sample.${plan.timesteps.length - 1}`);
        const tolerance = Math.max(1e-4, spacingAtStart(run));
        expect(relativeDifference(sample, expected)).toBeLessThan(tolerance);
      });
    });
  }
}

/** What a new sampler in the list still lacks: a sentence each, with what to run. */
function stillToDo(id: string): string[] {
  const todo: string[] = [];
  const unmade = schedules.map((schedule) => `${id}-${schedule.id}`).filter((name) => !MADE.includes(name));
  if (unmade.length > 0) {
    todo.push(
      `tests/parity/goldens/schedulers has no ${unmade.join(' and no ')}: give ${id} a row in tests/parity/make_schedulers.py, then run "python tests/parity/make_schedulers.py ${id}".`,
    );
  }
  if (!PICTURES.includes(`${id}-normal`)) {
    todo.push(
      `tests/parity/goldens/pictures has no ${id}-normal: run "python tests/parity/make_pictures.py ${id}" (after make_schedulers.py).`,
    );
  }
  const file = sourceOf(id).replace(/\.ts$/, '.test.ts');
  if (!existsSync(`${UNIT_TESTS}${file}`)) {
    todo.push(`tests/unit/native-models/schedulers has no ${file}: write the edge cases of ${id} there.`);
  }
  return todo;
}

/** The file of native-models/schedulers that holds the sampler of this name. */
function sourceOf(id: string): string {
  const declaration = new RegExp(`\\bid: '${id}',\\s*label:`);
  const file = readdirSync(SOURCES).find((name) => declaration.test(readFileSync(SOURCES + name, 'utf8')));
  if (file === undefined) throw new Error(`No file of native-models/schedulers says "id: '${id}', label:".`);
  return file;
}

function planOf(id: string, schedule: ScheduleName, { base, prediction, steps }: Run): Schedule {
  return findScheduler(id).schedule({ ...base, prediction_type: prediction }, { steps, schedule });
}

function initialSample(golden: Golden<SchedulerGolden>, run: Run): Float32Array {
  return golden.floats(`${run.name}.latents`).map((value) => value * run.initNoiseSigma);
}

function numbers(golden: Golden<SchedulerGolden>, name: string): number[] {
  return [...golden.tensor(name).data].map(Number);
}

/** The goldens' network: a smooth answer that depends on sample, timestep and place. */
function standIn(scaled: Float32Array, timestep: number): Float32Array {
  return scaled.map((value, k) => 0.3 * value + 0.1 * Math.sin(timestep / 100 + (k % 7)));
}

describe('options of scheduler configs', () => {
  interface OptionRun {
    readonly sampler: string;
    readonly steps: number;
    readonly options: SchedulerConfig;
    readonly timesteps: readonly number[];
    readonly last: readonly number[];
  }
  const { base, runs } = readGolden<{ base: SchedulerConfig; runs: OptionRun[] }>(
    'scheduler-options',
    'options',
  ).description;
  const named = runs.map((run) => ({ ...run, name: `${run.sampler} with ${JSON.stringify(run.options)}` }));

  it.each(named)('$name ends where the reference ends', ({ sampler, steps, options, timesteps, last }) => {
    const plan = findScheduler(sampler).schedule({ ...base, ...options }, { steps, schedule: 'normal' });
    expect(relativeDifference(plan.timesteps, timesteps)).toBeLessThan(1e-6);
    const generator = new TorchGenerator(NOISE_SEED);
    let sample: Float32Array = generator.randn(20).map((value) => value * plan.initNoiseSigma);
    let history: History = NO_HISTORY;
    plan.timesteps.forEach((timestep, index) => {
      const scaled = plan.scaleModelInput(sample, index);
      const modelOutput = scaled.map((value, k) => 0.9 * value + 0.6 * Math.sin(timestep / 100 + (k % 7)));
      const noise = plan.wantsNoise(index) ? { noise: generator.randn(20) } : {};
      ({ previous: sample, history } = plan.step({ index, sample, modelOutput, history, ...noise }));
    });
    expect(relativeDifference(sample, last)).toBeLessThan(1e-5);
  });
});
