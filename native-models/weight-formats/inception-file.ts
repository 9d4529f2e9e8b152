/**
 * The weights of the FID Inception as people have them: `pt_inception-2015-12-05-6726825d.pth` of pytorch-fid,
 * `weights-inception-2015-12-05-6726825d.pth` of torch-fidelity, or the same tensors as `.safetensors`.
 */
import { realpath } from 'node:fs/promises';
import path from 'node:path';

import { authorNetwork } from '../architectures/author-network.js';
import { ModelError } from '../errors.js';
import { imaginaryWeights } from '../onnx/weight-source.js';
import { describeShape, sameShape } from '../onnx/value.js';
import type { FileIdentity } from '../runtime/file-identity.js';
import { readWeightFile } from './read-weight-file.js';
import type { SafetensorsTensor } from './safetensors.js';
import { SafetensorsWeights } from './safetensors-weights.js';

export interface InceptionFiles {
  readonly kind: 'inception';
  /** Absolute path. */
  readonly file: string;
  readonly label: string;
  readonly weights: SafetensorsWeights;
  /** The number format of its weights: F32. */
  readonly dtype: string;
  /** Of the file. */
  readonly bytes: number;
  readonly identities: readonly FileIdentity[];
}

/** One tensor that every Inception v3 has, under its name without a prefix. */
const first = 'Conv2d_1a_3x3.conv.weight';

/** Whether the tensors of a file are those of an Inception v3, of FID's or of another one. */
export function isInception(names: Iterable<string>): boolean {
  return prefixOf(names) !== null;
}

/** What stands before all names: `module.` or `inception.` where a larger model was saved. */
function prefixOf(names: Iterable<string>): string | null {
  for (const name of names) if (name === first || name.endsWith(`.${first}`)) return name.slice(0, -first.length);
  return null;
}

/**
 * Reads the headers and checks names and shapes. Refuses torchvision's Inception by its name: it has the same layers,
 * and gives other distances.
 */
export async function readInception(given: string): Promise<InceptionFiles> {
  const absolute = path.resolve(given);
  const label = path.basename(absolute);
  const weightFile = await readWeightFile(await realpath(absolute).catch(() => absolute), label);
  const { tensors, identity } = weightFile;
  const prefix = prefixOf(tensors.keys());
  if (prefix === null) {
    const sentence = `${label} is no FID Inception: it has no ${first}. Choose pt_inception-2015-12-05-6726825d.pth or the same weights as .safetensors.`;
    throw new ModelError('unfit-model', sentence, { file: absolute });
  }
  requireFidWeights(tensors, prefix, absolute, label);
  return {
    kind: 'inception',
    file: absolute,
    label,
    weights: new SafetensorsWeights([weightFile], label, (name) => prefix + name),
    dtype: tensors.get(prefix + first)?.dtype ?? 'F32',
    bytes: identity.bytes,
    identities: [identity],
  };
}

/** Exactly the tensors that the network reads; counts of batches and the bias that no metric uses may be there too. */
function requireFidWeights(
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  prefix: string,
  file: string,
  label: string,
): void {
  const refuse = (sentence: string): ModelError => new ModelError('unfit-model', sentence, { file });
  const classes = tensors.get(`${prefix}fc.weight`)?.shape[0];
  if (classes === 1000 || tensors.has(`${prefix}AuxLogits.fc.weight`)) {
    throw refuse(
      `${label} is torchvision’s Inception (${classes ?? 1000} classes), not the FID one: its distances agree with no published number. Choose pt_inception-2015-12-05-6726825d.pth.`,
    );
  }
  const { usedWeights } = authorNetwork(
    { component: 'inception', sizes: { batch: 1 } },
    { device: 'cpu', weights: imaginaryWeights },
  );
  for (const { name, shape } of [...usedWeights.values()].map(({ value }) => value)) {
    const tensor = tensors.get(prefix + name);
    if (!tensor) throw refuse(`${label} is no whole FID Inception: it has no tensor ${prefix}${name}.`);
    if (sameShape(tensor.shape, shape)) continue;
    const [is, expected] = [describeShape(tensor.shape), describeShape(shape)];
    throw refuse(`${label} is no FID Inception: ${prefix}${name} is ${is}, expected ${expected}.`);
  }
}
