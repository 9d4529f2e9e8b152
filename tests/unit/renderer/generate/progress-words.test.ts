import { expect, test } from 'vitest';
import type { Job, JobProgress } from '../../../../app/contracts/generation.js';
import { endedWords, phaseWords, timeLeft } from '../../../../renderer/generate/progress-words.js';

const progress: JobProgress = {
  jobId: 'j',
  picture: 0,
  phase: 'denoising',
  step: 12,
  steps: 25,
  width: 64,
  height: 64,
  secondsLeft: 3.2,
  preview: null,
};

test('a running picture says its step and the time that is left', () => {
  expect(phaseWords(progress, 'Stable Diffusion 1.5', 9)).toBe('Step 12 of 25');
  expect(timeLeft(progress)).toBe('4 s left');
  expect(timeLeft({ ...progress, secondsLeft: null })).toBe('');
});

test('loading is named, with its seconds, once it takes any', () => {
  const loading: JobProgress = { ...progress, phase: 'loading', step: 0 };
  expect(phaseWords(loading, 'Stable Diffusion 1.5', 0.3)).toBe('Starting');
  expect(phaseWords(loading, 'Stable Diffusion 1.5', 2.6)).toBe('Loading Stable Diffusion 1.5 · 2 s');
});

test('a job that ended early says where', () => {
  const job = { state: 'stopped', step: 12, settings: { steps: 25 }, pictures: [], count: 12 } as unknown as Job;
  expect(endedWords(job)).toBe('Stopped at step 12 of 25');
  expect(endedWords({ ...job, step: 0 })).toBe('Stopped before the first step');
  expect(endedWords({ ...job, step: 0, pictures: ['a', 'b'] })).toBe('Stopped after 2 of 12 pictures');
  expect(endedWords({ ...job, state: 'failed' })).toBe('Failed at step 12 of 25');
});
