/**
 * A whole CLIP: both towers, each projected to vectors of one space, where the cosine tells what belongs together.
 *
 * Paper: Radford and others 2021. Reference: transformers 5.23.0, models/clip/modeling_clip.py CLIPModel,
 * CLIPVisionModelWithProjection; configuration_clip.py CLIPConfig.
 */
import type { Graph } from '../onnx/graph.js';
import type { ClipTextConfig, TextSizes } from './clip-text-model.js';
import { clipTextModel, parseClipTextTower } from './clip-text-model.js';
import type { ClipVisionConfig } from './clip-vision-model.js';
import { parseClipVisionConfig } from './clip-vision-model.js';
import type { JsonObject } from './config-reader.js';
import { ConfigReader } from './config-reader.js';

/** `config.json` of a CLIPModel or of a CLIPVisionModelWithProjection. */
export interface ClipConfig {
  /** Null in files that hold the vision tower alone (a pipeline's `image_encoder`). */
  readonly text: ClipTextConfig | null;
  readonly vision: ClipVisionConfig;
}

/** The architectures that `parseClipConfig` reads, as `architectures` in a config names them. */
export const clipArchitectures = ['CLIPModel', 'CLIPVisionModelWithProjection'] as const;

export function parseClipConfig(config: ConfigReader): ClipConfig {
  const projection = config.integer('projection_dim', 512); // [projection_dim: 768 in ViT-L/14]
  if (config.texts('architectures', ['CLIPModel']).includes('CLIPVisionModelWithProjection')) {
    return { text: null, vision: parseClipVisionConfig(config, projection) };
  }
  config.only('model_type', 'clip');
  return {
    text: parseClipTextTower(tower(config, 'text_config'), projection),
    vision: parseClipVisionConfig(tower(config, 'vision_config'), projection),
  };
}

/** The config of one tower. Files of old transformers repeat it as `text_config_dict`, and that one counts. */
function tower(config: ConfigReader, name: 'text_config' | 'vision_config'): ConfigReader {
  const used = config.has(`${name}_dict`) ? `${name}_dict` : name;
  const json = config.json[used] ?? {};
  if (!isObject(json)) throw config.wrong(used, 'an object of fields');
  return new ConfigReader(json, `${config.label}: ${used}`);
}

const isObject = (json: unknown): json is JsonObject =>
  typeof json === 'object' && json !== null && !Array.isArray(json);

/**
 * in   input_ids [B, T]
 * out  text_embeds [B, P], not normalised
 */
export function clipTextFeatures(graph: Graph, text: ClipTextConfig, sizes: TextSizes): void {
  // The names in a CLIPModel's file are those of a CLIPTextModelWithProjection.
  clipTextModel(graph, text, sizes, ['text_embeds']);
}
