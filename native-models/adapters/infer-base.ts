/**
 * What an adapter was trained on, from the names and shapes of its layers; metadata may be wrong or edited.
 *
 * Cross-attention reads the text vectors, so the width of its `to_k` and `to_v` tells the base: 768 for SD 1.x, 1024
 * for SD 2.x, 2048 for SDXL, 1280 for SDXL's refiner. Transformers of later models are told by the names of their blocks.
 */
import type { AdaptableComponentName, AdapterFile, AdapterModule } from './adapter.js';

const byTextWidth: Readonly<Record<number, string>> = { 768: 'sd1', 1024: 'sd2', 2048: 'sdxl', 1280: 'sdxl-refiner' };

/** Width of the text vectors that most of its cross-attention was trained on; null when it has no such layer. */
export function crossAttentionWidth(modules: readonly AdapterModule[]): number | null {
  const layers = new Map<number, number>();
  for (const { key, inFeatures } of modules) {
    if (isTextKey(key)) layers.set(inFeatures, (layers.get(inFeatures) ?? 0) + 1);
  }
  const [most] = [...layers].toSorted((a, b) => b[1] - a[1]);
  return most?.[0] ?? null;
}

/** A layer that reads the text vectors, in any dialect's spelling. */
export const isTextKey = (key: string): boolean => /attn2[._](?:processor[._])?to_[kv](?:_lora)?$/.test(key);

/** `sd1`, `sd2`, `sdxl`, `sdxl-refiner`, `flux`, `sd3`, or `unknown`. */
export function inferBase(modules: readonly AdapterModule[], components: AdapterFile['components']): string {
  const keys = modules.map(({ key }) => key);
  const has = (pattern: RegExp): boolean => keys.some((key) => pattern.test(key));
  const width = crossAttentionWidth(modules);
  if (width !== null) return byTextWidth[width] ?? 'unknown';
  if (has(/double_blocks[._]|single_blocks[._]|single_transformer_blocks[._]/)) return 'flux';
  if (has(/joint_blocks[._]/)) return 'sd3';
  const inTransformer = modules.find(({ key }) =>
    /(?:^transformer|lora_transformer)[._]transformer_blocks[._].*to_q$/.test(key),
  );
  if (inTransformer) return byTransformerWidth[inTransformer.inFeatures] ?? 'unknown';
  const of = (component: AdaptableComponentName): AdapterModule[] =>
    modules.filter(({ key }) => components.get(key) === component);
  if (of('text_encoder_2').length > 0 || has(/input_blocks[._][78][._]1[._]transformer_blocks[._][2-9]/)) return 'sdxl';
  const inUNet = of('unet');
  return inUNet.length > 0 ? byUNet(inUNet) : byTextEncoder(of('text_encoder'));
}

/** Flux, SD 3 medium, SD 3.5 large. */
const byTransformerWidth: Readonly<Record<number, string>> = { 3072: 'flux', 1536: 'sd3', 2432: 'sd3' };

/** A UNet without cross-attention layers: SD 1.x alone goes into its transformers through a convolution. */
function byUNet(modules: readonly AdapterModule[]): string {
  const projection = modules.find(({ key }) => /attentions[._]\d+[._]proj_(in|out)$/.test(key));
  return projection?.kernel ? 'sd1' : 'unknown';
}

/** SDXL's first text encoder is SD 1.x's, and kohya's `lora_te1_` leaves open which of the two it is. */
function byTextEncoder(modules: readonly AdapterModule[]): string {
  const attention = modules.find(({ key }) => /^(?!lora_te1_).*self_attn[._](q|k|v|out)_proj$/.test(key));
  return attention ? ({ 768: 'sd1', 1024: 'sd2' }[attention.inFeatures] ?? 'unknown') : 'unknown';
}
