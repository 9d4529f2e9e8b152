/**
 * `open_clip_config.json`, as OpenCLIP's models have it beside their weights: what no shape tells, and how pictures are
 * prepared. A model of a kind that this studio does not author is refused by what makes it so.
 *
 * Reference: open_clip 3.3.0, model.py CLIPVisionCfg and CLIPTextCfg, factory.py, transform.py PreprocessCfg.
 */
import type { Json, JsonObject } from '../architectures/config-reader.js';
import { ConfigReader } from '../architectures/config-reader.js';
import type { ClipPreprocessing } from '../metrics/clip-preprocessing.js';
import { parseClipPreprocessing } from '../metrics/clip-preprocessing.js';
import type { ClipFacts } from './clip-sizes.js';

/** Fields that change the network, with the values of a plain CLIP. */
const plainVision: Readonly<Record<string, readonly Json[]>> = {
  timm_model_name: [],
  attentional_pool: [false],
  ls_init_value: [],
  no_ln_pre: [false],
  pool_type: ['tok'],
  final_ln_after_pool: [false],
  pos_embed_type: ['learnable'],
  input_patchnorm: [false],
  act_kwargs: [],
  norm_kwargs: [],
};
const plainText: Readonly<Record<string, readonly Json[]>> = {
  hf_model_name: [],
  hf_tokenizer_name: [],
  embed_cls: [false],
  no_causal_mask: [false],
  pool_type: ['argmax', 'eos'],
  proj_type: ['linear'],
  proj_bias: [false],
  ls_init_value: [],
  act_kwargs: [],
  norm_kwargs: [],
};

export function parseOpenClipConfig(json: JsonObject, label: string): Omit<ClipFacts, 'transposedProjection'> {
  const model = part(json, 'model_cfg', label);
  const vision = part(model.json, 'vision_cfg', label);
  const text = part(model.json, 'text_cfg', label);
  for (const [name, allowed] of Object.entries(plainVision)) vision.only(name, ...allowed);
  for (const [name, allowed] of Object.entries(plainText)) text.only(name, ...allowed);
  if (Array.isArray(vision.json['layers'])) throw vision.unsupported('layers', 'a ResNet; a vision transformer is');
  const width = vision.integer('width', 768);
  return {
    activation: model.flag('quick_gelu', false) ? 'quick_gelu' : 'gelu',
    visionHeads: Math.floor(width / vision.integer('head_width', 64)),
    textHeads: text.integer('heads', 8),
  };
}

/** What `preprocess_cfg` says, else OpenAI's settings. */
export function openClipPreprocessing(json: JsonObject, imageSize: number, label: string): ClipPreprocessing {
  const preprocess = part(json, 'preprocess_cfg', label);
  preprocess.only('mode', 'RGB');
  preprocess.only('interpolation', 'bicubic');
  preprocess.only('resize_mode', 'shortest', 'squash');
  const { mean, std } = preprocess.json;
  const settings = {
    ...(mean ? { image_mean: mean } : {}),
    ...(std ? { image_std: std } : {}),
    ...(preprocess.json['resize_mode'] === 'squash' ? { size: { height: imageSize, width: imageSize } } : {}),
  };
  return parseClipPreprocessing(settings, imageSize, label);
}

function part(json: JsonObject, name: string, label: string): ConfigReader {
  const inside = json[name] ?? {};
  const isObject = typeof inside === 'object' && !Array.isArray(inside);
  if (!isObject) throw new ConfigReader(json, label).wrong(name, 'an object of fields');
  return new ConfigReader(inside as JsonObject, `${label}: ${name}`);
}
