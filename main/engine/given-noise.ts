import { basename } from 'node:path';
import { StudioError } from '../../app/contracts/studio-error.js';
import type { GivenNoise } from '../../native-models/pipelines/text-to-image.js';
import { floats, type FloatTensor, type Tensor } from '../../native-models/runtime/tensor.js';
import { readTensors } from '../../native-models/weight-formats/read-tensors.js';
import { readSafetensors } from '../../native-models/weight-formats/safetensors.js';

/** Sizes of `latents` [K, C, h, w] in a file that stands for noise; only its header is read. */
export async function latentsShape(
  file: string,
): Promise<{ count: number; channels: number; height: number; width: number }> {
  const shape = (await readSafetensors(file)).tensors.get('latents')?.shape ?? [];
  const [count, channels, height, width] = shape;
  if (shape.length !== 4 || !count || !channels || !height || !width) {
    throw new StudioError(
      'bad-input',
      `${basename(file)} has no tensor latents of the shape [count, channels, height, width].`,
      { file },
    );
  }
  return { count, channels, height, width };
}

/** The noise of one picture: `latents` and, where there are, `step_noise.I` instead of what step I would draw. */
export async function readGivenNoise({ file, index }: { file: string; index: number }): Promise<GivenNoise> {
  const { count } = await latentsShape(file);
  if (index >= count) {
    throw new StudioError(
      'bad-input',
      `${basename(file)} has latents for ${count} pictures, and picture ${index + 1} was asked for.`,
      { file },
    );
  }
  const { latents, ...others } = await readTensors(file);
  const steps = new Map<number, Float32Array>();
  for (const [name, tensor] of Object.entries(others)) {
    const step = /^step_noise\.(\d+)$/.exec(name)?.[1];
    if (step !== undefined) steps.set(Number(step), pick(tensor, index, name, file).data);
  }
  return { latents: pick(latents, index, 'latents', file), steps };
}

/** [K, C, h, w] -> [C, h, w] */
function pick(tensor: Tensor | undefined, index: number, name: string, file: string): FloatTensor {
  if (tensor?.dtype !== 'float32' || tensor.shape.length !== 4 || index >= (tensor.shape[0] ?? 0)) {
    throw new StudioError(
      'bad-input',
      `${basename(file)}: ${name} has to be floats of the shape [count, channels, height, width].`,
      { file },
    );
  }
  const shape = tensor.shape.slice(1);
  const size = shape.reduce((product, side) => product * side, 1);
  return floats(shape, tensor.data.slice(index * size, (index + 1) * size));
}
