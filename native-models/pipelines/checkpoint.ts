/**
 * A picture between two steps: all that is needed to go on with it as if nothing had happened, bit for bit.
 *
 * On disk it is one `.safetensors` file: `latents` and `history.N` [C, h, w] F32, `generator` U8 (the bytes of
 * `torch.Generator.get_state()`), and in the metadata the number of steps done, the seconds they took, and what the picture is of.
 */
import { stat } from 'node:fs/promises';
import { ModelError } from '../errors.js';
import { floats, type FloatTensor, type Tensor } from '../runtime/tensor.js';
import type { History } from '../schedulers/scheduler.js';
import { readTensors } from '../weight-formats/read-tensors.js';
import { readSafetensors } from '../weight-formats/safetensors.js';
import { writeSafetensors, type WritableTensor } from '../weight-formats/write-safetensors.js';

export interface Checkpoint {
  /** Steps done; the next one has this index. */
  readonly step: number;
  /** Latents after those steps, [C, h, w]. */
  readonly latents: FloatTensor;
  /** What the sampler looks back on. */
  readonly history: History;
  /** `TorchGenerator.state()`; null when all noise is given. */
  readonly generator: Uint8Array | null;
  /** Seconds that those steps took, in all the lives of the picture. */
  readonly seconds: number;
  /** Of settings, model and given noise: a picture goes on only from a checkpoint of its own. */
  readonly fingerprint: string;
}

/** Tells our checkpoints from other tensors, and a later form from this one. */
const FORMAT = 'inkstone-checkpoint-1';

/** Beside, to the disk, then renamed: after a crash there is the one before or this one, whole. */
export async function writeCheckpoint(file: string, checkpoint: Checkpoint): Promise<void> {
  const { latents, history, generator } = checkpoint;
  const tensors: Record<string, WritableTensor> = { latents };
  history.forEach((data, n) => (tensors[`history.${n}`] = floats(latents.shape, data)));
  if (generator !== null) tensors['generator'] = { dtype: 'U8', shape: [generator.length], bytes: generator };
  const { step, seconds, fingerprint } = checkpoint;
  const metadata = { format: FORMAT, step: String(step), seconds: String(seconds), fingerprint };
  await writeSafetensors(file, tensors, metadata);
}

/** Null where there is no such file; throws for one that is no checkpoint. */
export async function readCheckpoint(file: string): Promise<Checkpoint | null> {
  const found = await stat(file).catch(() => null);
  if (found === null) return null;
  const opened = await readSafetensors(file);
  const { format, step: steps = '', seconds = '0', fingerprint = '' } = opened.metadata;
  const { latents, generator, ...others } = await readTensors(opened);
  const step = Number(steps);
  const history = Object.keys(others).map((_, n) => others[`history.${n}`]);
  if (format !== FORMAT || !Number.isInteger(step) || !isFloats(latents) || !history.every(isFloats)) {
    throw new ModelError('bad-file', `${opened.label} is no checkpoint of a picture: delete it and begin anew.`, {
      file,
    });
  }
  return {
    step,
    latents,
    history: history.map(({ data }) => data),
    generator: generator === undefined ? null : Uint8Array.from(generator.data, Number),
    seconds: Number(seconds),
    fingerprint,
  };
}

function isFloats(tensor: Tensor | undefined): tensor is FloatTensor {
  return tensor?.dtype === 'float32';
}
