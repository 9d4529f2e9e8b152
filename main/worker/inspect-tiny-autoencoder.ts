import { basename, dirname, extname, join } from 'node:path';
import type { ModelDescription } from '../../app/contracts/models.js';
import { pixelsPerLatent } from '../../native-models/architectures/autoencoder-kl.js';
import { requireFit } from '../../native-models/runtime/open-network.js';
import { readModelCard } from '../../native-models/weight-formats/model-card.js';
import { requireFinite } from '../../native-models/weight-formats/non-finite.js';
import { readTinyAutoencoderFile } from '../../native-models/weight-formats/tiny-autoencoder-file.js';

/** A tiny autoencoder in a single file, whole or one way of it. */
export async function inspectTinyAutoencoder(path: string, checkFinite: boolean): Promise<ModelDescription> {
  const files = await readTinyAutoencoderFile(path);
  requireFit(files);
  if (checkFinite) for (const file of files.weights.files) await requireFinite(file);
  const { config, dtype, bytes } = files;
  const stem = basename(path, extname(path));
  const card = await readModelCard(join(dirname(path), `${stem}.inkstone.json`));
  const sizeMultiple = pixelsPerLatent(config);
  const what = config.encoder && config.decoder ? '' : config.decoder ? '’s decoder' : '’s encoder';
  return {
    name: card.name ?? stem,
    path,
    kind: 'autoencoder',
    family: 'custom',
    prediction: null,
    inChannels: null,
    format: extname(path).slice(1).toLowerCase() || 'safetensors',
    dtype,
    bytes,
    card: Object.keys(card).length === 0 ? null : card,
    sizeMultiple,
    nativeSize: usualSize,
    hashedFile: path,
    notices: [`This is a tiny autoencoder${what}, for latents of ${config.latentChannels} channels${ofWhom(config)}.`],
  };
}

/** Pixels; it has none of its own. */
const usualSize = 512;

/** Whose latents have so many channels. The file does not tell which of them it was trained on. */
function ofWhom({ latentChannels }: { readonly latentChannels: number }): string {
  const models: Readonly<Record<number, string>> = {
    4: 'Stable Diffusion or SDXL',
    16: 'Flux or Stable Diffusion 3',
    32: 'FLUX.2',
  };
  const known = models[latentChannels];
  return known === undefined ? '' : ` (${known})`;
}
