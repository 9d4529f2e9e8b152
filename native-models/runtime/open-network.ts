/** Opens one network of a picture model: its files are checked, its graph is authored for device and sizes. */
import { authorNetwork, requireNoLayerUnused } from '../architectures/author-network.js';
import type { NetworkPlan } from '../architectures/author-network.js';
import type { AutoencoderSizes } from '../architectures/autoencoder-kl.js';
import { isTiny } from '../architectures/autoencoder-tiny.js';
import type { TextSizes } from '../architectures/clip-text-model.js';
import type { PictureSizes } from '../architectures/clip-vision-model.js';
import { ModelError } from '../errors.js';
import type { UNetSizes } from '../architectures/unet-2d-condition.js';
import type { Graph, GraphOptions } from '../onnx/graph.js';
import { sizeOf } from './tensor.js';
import type {
  AutoencoderFiles,
  ClipFiles,
  Component,
  TextEncoderFiles,
  UNetFiles,
} from '../weight-formats/component-folder.js';
import type { InceptionFiles } from '../weight-formats/inception-file.js';
import { requireFinite } from '../weight-formats/non-finite.js';
import type { Device } from './devices.js';
import { verifyFiles } from './file-identity.js';
import type { Network } from './network.js';
import { openGraph } from './open-graph.js';
import type { WeightsMode } from './session-options.js';
import { defaultWeightsMode } from './session-options.js';

interface RunOptions {
  readonly device: Device;
  /** Author low-rank branches, to be fed as `lora.<module>.down` and `.up`; what is not fed is idle. */
  readonly adapters?: boolean;
  /** `defaultWeightsMode` unless told. */
  readonly weightsMode?: WeightsMode;
  /** Prefix of the files for a profile of every node. */
  readonly profile?: string;
}

export type OpenNetworkOptions = RunOptions &
  (
    | {
        readonly component: 'text_encoder' | 'text_encoder_2';
        readonly files: TextEncoderFiles;
        readonly sizes: TextSizes;
        /** Names of `clipTextOutputs`, or 'all'; last_hidden_state and the pooled vector unless told. */
        readonly outputs?: readonly string[] | 'all';
      }
    | { readonly component: 'unet'; readonly files: UNetFiles; readonly sizes: UNetSizes }
    | {
        readonly component: 'vae_encoder' | 'vae_decoder';
        readonly files: AutoencoderFiles;
        readonly sizes: AutoencoderSizes;
      }
    | { readonly component: 'clip_text'; readonly files: ClipFiles; readonly sizes: TextSizes }
    | { readonly component: 'clip_image'; readonly files: ClipFiles; readonly sizes: PictureSizes }
    | { readonly component: 'inception'; readonly files: InceptionFiles; readonly sizes: PictureSizes }
  );

export async function openNetwork(options: OpenNetworkOptions): Promise<Network> {
  const { files, device, adapters = false, profile } = options;
  await verifyFiles(files.identities);
  for (const file of files.weights.files) await requireFinite(file);
  const graph = authorNetwork(planOf(options), { device, adapters, weights: files.weights });
  if (files.kind !== 'vae' && files.kind !== 'inception') requireNoLayerUnused([graph], files.weights);
  const { weightsMode = defaultWeightsMode(float32Bytes(graph), device) } = options;
  const blockConvolutions = files.kind === 'inception';
  return openGraph(graph, { weightsMode, blockConvolutions, ...(profile ? { profile } : {}) });
}

/** Refuse a component whose weights do not fit its config, without opening a session. */
export function requireFit(files: Component): void {
  const options: GraphOptions = { device: 'cpu', weights: files.weights };
  requireNoLayerUnused(
    smallPlans(files).map((plan) => authorNetwork(plan, options)),
    files.weights,
  );
}

function planOf(options: OpenNetworkOptions): NetworkPlan {
  switch (options.component) {
    case 'text_encoder':
    case 'text_encoder_2': {
      const { component, files, sizes, outputs } = options;
      return { component, config: files.config, sizes, ...(outputs ? { outputs } : {}) };
    }
    case 'unet': {
      const { component, files, sizes } = options;
      return { component, config: files.config, sizes };
    }
    case 'vae_encoder':
    case 'vae_decoder': {
      const { component, files, sizes } = options;
      return { component, config: files.config, sizes };
    }
    case 'clip_text': {
      const { component, files, sizes } = options;
      const { text } = files.config;
      if (text !== null) return { component, config: text, sizes };
      throw new ModelError('unfit-model', `${files.label} holds CLIP’s vision tower alone: it reads no text.`, {
        file: files.folder,
      });
    }
    case 'clip_image': {
      const { component, files, sizes } = options;
      return { component, config: files.config.vision, sizes };
    }
    case 'inception':
      return { component: 'inception', sizes: options.sizes };
  }
}

function smallPlans(files: Component): NetworkPlan[] {
  switch (files.kind) {
    case 'text_encoder':
      return [{ component: 'text_encoder', config: files.config, sizes: { batch: 1, tokens: 1 } }];
    case 'unet':
      return [{ component: 'unet', config: files.config, sizes: { batch: 1, height: 64, width: 64, tokens: 1 } }];
    case 'vae': {
      const sizes = { batch: 1, height: 64, width: 64 };
      const { config } = files;
      const isThere = {
        vae_encoder: !isTiny(config) || config.encoder,
        vae_decoder: !isTiny(config) || config.decoder,
      };
      const components = (['vae_encoder', 'vae_decoder'] as const).filter((component) => isThere[component]);
      return components.map((component) => ({ component, config, sizes }));
    }
    case 'clip': {
      const { text, vision } = files.config;
      const image: NetworkPlan = { component: 'clip_image', config: vision, sizes: { batch: 1 } };
      if (text === null) return [image];
      return [image, { component: 'clip_text', config: text, sizes: { batch: 1, tokens: 1 } }];
    }
  }
}

/** Of the weights that the graph reads, each once. Quantised ones are never made float32. */
export function float32Bytes(graph: Graph): number {
  return [...graph.usedWeights.values()]
    .filter(({ value }) => value.dtype !== 'uint8')
    .reduce((sum, { value }) => sum + 4 * sizeOf(value.shape.map(Number)), 0);
}
