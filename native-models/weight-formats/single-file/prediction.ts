/**
 * What a checkpoint's UNet predicts, noise or velocity: the same tensors of the same shapes. What the file itself says goes
 * first, then a number that is different in practice, then its name.
 *
 * Velocity: Salimans and Ho 2022 (arXiv 2202.00512), appendix D. Zero terminal SNR: Lin and others 2023 (arXiv 2305.08891).
 */
import path from 'node:path';

import type { DiffusionFamily, Prediction } from '../picture-model.js';
import { readFloats } from '../read-floats.js';
import type { SafetensorsFile } from '../safetensors.js';

export interface FoundPrediction {
  readonly prediction: Exclude<Prediction, 'sample'>;
  /** The last timestep is pure noise. */
  readonly zeroTerminalSnr: boolean;
  /** What decided; null where nothing spoke against the family's usual prediction. */
  readonly notice: string | null;
}

/** A norm whose bias is spread wider in SD 2's models of velocity than in those of noise; seen so by others' tools too. */
const tellingBias = 'model.diffusion_model.output_blocks.11.1.transformer_blocks.0.norm1.bias';
const TELLING_DEVIATION = 0.09;

export async function findPrediction(file: SafetensorsFile, family: DiffusionFamily): Promise<FoundPrediction> {
  const zeroTerminalSnr = file.tensors.has('ztsnr');
  const found = fromMetadata(file) ?? fromKeys(file) ?? (await fromBias(file, family)) ?? fromName(file, family);
  return { ...found, zeroTerminalSnr };
}

type Answer = Omit<FoundPrediction, 'zeroTerminalSnr'>;

const answer = (isVelocity: boolean, why: string): Answer => ({
  prediction: isVelocity ? 'v_prediction' : 'epsilon',
  notice: `It predicts ${isVelocity ? 'velocity (v)' : 'noise (epsilon)'}: ${why}`,
});

/** https://github.com/Stability-AI/ModelSpec: `epsilon` or `v`; in version 1 SD 2's architecture says it too. */
function fromMetadata({ metadata }: SafetensorsFile): Answer | null {
  const said = metadata['modelspec.prediction_type'];
  if (said !== undefined && /^(epsilon|eps|v|v_prediction|v-prediction)$/i.test(said)) {
    return answer(/^v/i.test(said), 'its metadata says so.');
  }
  const velocity = (metadata['modelspec.architecture'] ?? '').startsWith('stable-diffusion-v2-768-v');
  return velocity ? answer(true, 'its metadata says so.') : null;
}

function fromKeys({ tensors }: SafetensorsFile): Answer | null {
  return tensors.has('v_pred') ? answer(true, 'it holds the mark v_pred.') : null;
}

async function fromBias(file: SafetensorsFile, family: DiffusionFamily): Promise<Answer | null> {
  const tensor = file.tensors.get(tellingBias);
  if (family !== 'sd2' || tensor === undefined) return null;
  const [bias = new Float32Array()] = (await readFloats(file, [tensor])).floats;
  const mean = bias.reduce((sum, value) => sum + value, 0) / bias.length;
  const variance = bias.reduce((sum, value) => sum + (value - mean) ** 2, 0) / bias.length;
  const why = `its weights are spread as in such models (deviation ${Math.sqrt(variance).toFixed(3)} of a bias that tells them apart at ${TELLING_DEVIATION}).`;
  return answer(Math.sqrt(variance) > TELLING_DEVIATION, why);
}

function fromName({ label }: SafetensorsFile, family: DiffusionFamily): Answer {
  const name = path.basename(label);
  if (/v[-_ ]?pred(iction)?(?![a-z])|768[-_]v(?![a-z])/i.test(name))
    return answer(true, 'its name says so, which is a guess.');
  if (family !== 'sd2') return { prediction: 'epsilon', notice: null };
  return answer(false, 'nothing in it says otherwise, which is a guess.');
}
