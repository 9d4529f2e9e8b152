import { expect, it } from 'vitest';
import { guidanceEmbedding, guide, isGuided } from '../../../../native-models/pipelines/classifier-free-guidance.js';

it('guidance is off at 1 and below', () => {
  expect([0, 1, 1.01, 7].map(isGuided)).toEqual([false, false, true, true]);
});

it('goes from the negative answer through the positive one and on', () => {
  expect(guide(Float32Array.of(1, 0, 2, 4), 3)).toEqual(Float32Array.of(4, 12));
  expect(guide(Float32Array.of(1, 0, 2, 4), 1)).toEqual(Float32Array.of(2, 4));
});

it('as a condition it is sines and cosines of 1000 (cfg - 1), as in the reference', () => {
  // diffusers 0.42.1: StableDiffusionPipeline.get_guidance_scale_embedding(torch.tensor([7.0]), 6)
  const expected = [0.5068854, 0.7738907, 0.6442176, 0.8620135, 0.6333192, 0.7648422];
  guidanceEmbedding(8, 6).forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 4));
  expect(guidanceEmbedding(8, 7)).toHaveLength(7);
  expect(guidanceEmbedding(8, 7)[6]).toBe(0);
});
