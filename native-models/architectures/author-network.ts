/**
 * Every network by the name that the command line calls it, ready to author.
 * What runs on files (opening sessions) and what only looks (lists of adaptable layers, fitness checks) both start here.
 */
import { ModelError } from '../errors.js';
import { AuthoringError } from '../onnx/authoring-error.js';
import type { AdaptableLayer } from '../onnx/graph.js';
import { Graph } from '../onnx/graph.js';
import type { GraphOptions } from '../onnx/graph.js';
import type { WeightSource } from '../onnx/weight-source.js';
import { imaginaryWeights } from '../onnx/weight-source.js';
import type { AutoencoderConfig, AutoencoderSizes } from './autoencoder-kl.js';
import { autoencoderKLDecoder, autoencoderKLEncoder } from './autoencoder-kl.js';
import type { AutoencoderTinyConfig } from './autoencoder-tiny.js';
import { autoencoderTinyDecoder, autoencoderTinyEncoder, isTiny } from './autoencoder-tiny.js';
import { clipTextFeatures } from './clip-model.js';
import type { ClipTextConfig, TextSizes } from './clip-text-model.js';
import { clipTextModel, clipTextOutputs } from './clip-text-model.js';
import type { ClipVisionConfig, PictureSizes } from './clip-vision-model.js';
import { clipVisionModel } from './clip-vision-model.js';
import type { DecoderSizes } from './decoder.js';
import { batchDecoder, cachedDecoder } from './decoder.js';
import type { DecoderConfig } from './decoder-config.js';
import { fidInception } from './fid-inception.js';
import type { UNetConfig, UNetSizes } from './unet-2d-condition.js';
import { unet2DCondition } from './unet-2d-condition.js';

/** One network, its config, and the sizes to author it for. */
export type NetworkPlan =
  | {
      readonly component: 'text_encoder' | 'text_encoder_2';
      readonly config: ClipTextConfig;
      readonly sizes: TextSizes;
      /** Outputs to have; 'all' that `clipTextOutputs` lists. The first two of that list unless told. */
      readonly outputs?: readonly string[] | 'all';
    }
  | { readonly component: 'unet'; readonly config: UNetConfig; readonly sizes: UNetSizes }
  | {
      readonly component: 'vae_encoder' | 'vae_decoder';
      readonly config: AutoencoderConfig | AutoencoderTinyConfig;
      readonly sizes: AutoencoderSizes;
    }
  | { readonly component: 'clip_text'; readonly config: ClipTextConfig; readonly sizes: TextSizes }
  | { readonly component: 'clip_image'; readonly config: ClipVisionConfig; readonly sizes: PictureSizes }
  | { readonly component: 'inception'; readonly sizes: PictureSizes }
  /** Sizes: whole texts side by side; without them one text with a cache. */
  | { readonly component: 'llm'; readonly config: DecoderConfig; readonly sizes?: DecoderSizes };

export function authorNetwork(plan: NetworkPlan, options: GraphOptions): Graph {
  const graph = new Graph(options);
  try {
    author(graph, plan);
  } catch (error) {
    // The architectures fit together for every sound config, so what does not fit is the config.
    if (!(error instanceof AuthoringError)) throw error;
    const sentence = `${options.weights.label}: its config.json describes no network that fits together (${error.message}).`;
    throw new ModelError('unfit-model', sentence, { cause: error });
  }
  return graph;
}

function author(graph: Graph, plan: NetworkPlan): void {
  switch (plan.component) {
    case 'text_encoder':
    case 'text_encoder_2': {
      const all = clipTextOutputs(plan.config);
      const { outputs = all.slice(0, 2) } = plan;
      return clipTextModel(graph, plan.config, plan.sizes, outputs === 'all' ? all : outputs);
    }
    case 'unet':
      return unet2DCondition(graph, plan.config, plan.sizes);
    case 'vae_encoder': {
      if (!isTiny(plan.config)) return autoencoderKLEncoder(graph, plan.config, plan.sizes);
      const { encoder } = plan.config;
      if (encoder) return autoencoderTinyEncoder(graph, plan.config, encoder, plan.sizes);
      throw oneWayAlone(graph, 'decoder', 'encoder');
    }
    case 'vae_decoder': {
      if (!isTiny(plan.config)) return autoencoderKLDecoder(graph, plan.config, plan.sizes);
      const { decoder } = plan.config;
      if (decoder) return autoencoderTinyDecoder(graph, plan.config, decoder, plan.sizes);
      throw oneWayAlone(graph, 'encoder', 'decoder');
    }
    case 'clip_text':
      return clipTextFeatures(graph, plan.config, plan.sizes);
    case 'clip_image':
      return clipVisionModel(graph, plan.config, plan.sizes);
    case 'inception':
      return fidInception(graph, plan.sizes);
    case 'llm':
      return plan.sizes ? batchDecoder(graph, plan.config, plan.sizes) : cachedDecoder(graph, plan.config);
  }
}

/** Tiny autoencoders are published in two files. */
function oneWayAlone({ weights: { label } }: Graph, has: string, wanted: string): ModelError {
  const sentence = `${label} holds a tiny autoencoder’s ${has} alone: choose the file with its ${wanted}.`;
  return new ModelError('unfit-model', sentence);
}

/** The layers of a network that adapters can change, from its config alone. */
export function adaptableLayers(
  network:
    | { component: 'text_encoder' | 'text_encoder_2'; config: ClipTextConfig }
    | { component: 'unet'; config: UNetConfig },
): readonly AdaptableLayer[] {
  const options: GraphOptions = { device: 'cpu', weights: imaginaryWeights };
  const plan: NetworkPlan =
    network.component === 'unet'
      ? { ...network, component: 'unet', sizes: { batch: 1, height: 64, width: 64, tokens: 1 } }
      : { ...network, sizes: { batch: 1, tokens: 1 } };
  return authorNetwork(plan, options).adaptableLayers;
}

/**
 * Refuse weights that hold more layers than the config has: the network would run without them and be wrong.
 * Other tensors that no network reads (position ids, projections, what trainers leave behind) are no harm.
 */
export function requireNoLayerUnused(graphs: readonly Graph[], weights: WeightSource): void {
  const used = new Set<string>();
  for (const graph of graphs) {
    for (const { stored } of graph.usedWeights.values()) {
      if (stored !== 'any') for (const name of [stored.name, ...(stored.followers ?? [])]) used.add(name);
    }
  }
  const isLayer =
    /(^|\.)(down_blocks|up_blocks|mid_block|add_embedding|class_embedding|encoder\.layers|resblocks|(input|output)_blocks|middle_block|label_emb|(en|de)coder\.(down|mid|up)|decoder\.layers)\.|^(model\.)?layers\./;
  // A text encoder's file may hold the whole CLIP it is from, and each tower of a CLIP is a network of its own.
  const otherTower = [/^text_model\.|^(text\.)?transformer\./, /^vision_model\.|^visual\./].filter(
    (tower) => ![...used].some((name) => tower.test(name)),
  );
  const unused = [...weights.names()].filter(
    (name) =>
      isLayer.test(name) &&
      !used.has(name) &&
      !/processor|position_ids|rotary_emb/.test(name) &&
      !otherTower.some((tower) => tower.test(name)),
  );
  if (unused.length === 0) return;
  const sentence = `${weights.label} holds ${unused.length} tensors that its config.json has no place for, ${unused[0]} for one: config and weights are of different models.`;
  throw new ModelError('unfit-model', sentence);
}
