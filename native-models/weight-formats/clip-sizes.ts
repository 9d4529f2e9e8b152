/**
 * The config of a CLIP whose file brings none, from the shapes of its tensors. Two things no shape tells: the number of
 * heads, which follows from the width in every CLIP that was published, and the activation (`clip-activation.ts`).
 */
import type { ClipConfig } from '../architectures/clip-model.js';
import type { ClipEncoderConfig } from '../architectures/clip-encoder.js';
import { ModelError } from '../errors.js';
import type { SafetensorsWeights } from './safetensors-weights.js';

/** What a config says of a CLIP that its shapes do not. */
export interface ClipFacts {
  readonly activation: ClipEncoderConfig['activation'];
  /** Null: by the width. */
  readonly visionHeads: number | null;
  readonly textHeads: number | null;
  /** The projections are [D, P]. */
  readonly transposedProjection: boolean;
}

/** Widths of a head that are not 64: ViT-H/14, g/14, G/14 and e/14 of OpenCLIP, by the width of their vision towers. */
const visionHeadWidths: Readonly<Record<number, number>> = { 1280: 80, 1408: 88, 1664: 104, 1792: 112 };

/** @param weights answer to transformers' names */
export function clipConfigOfShapes(weights: SafetensorsWeights, file: string, facts: ClipFacts): ClipConfig {
  const shapeOf = (name: string): readonly number[] => {
    const stored = weights.find(name);
    if (stored) return stored.shape;
    throw new ModelError('unfit-model', `${weights.label} is no whole CLIP: it has no tensor for ${name}.`, { file });
  };
  const projected = (name: string): number => shapeOf(name)[facts.transposedProjection ? 1 : 0] ?? 0;
  const tower = (path: string, width: number, heads: number | null, headWidth: number): ClipEncoderConfig => {
    let layers = 0;
    while (weights.find(`${path}.encoder.layers.${layers}.layer_norm1.weight`)) layers++;
    const counted = heads ?? width / headWidth;
    if (!Number.isInteger(counted) || width % counted !== 0) {
      const sentence = `${weights.label}: how many heads a tower of width ${width} has cannot be told from its file. Put its config.json beside it.`;
      throw new ModelError('unsupported', sentence, { file });
    }
    return {
      width,
      layers,
      heads: counted,
      mlpWidth: shapeOf(`${path}.encoder.layers.0.mlp.fc1.weight`)[0] ?? 0,
      activation: facts.activation,
      epsilon: 1e-5,
    };
  };

  const [width = 0, channels = 3, patchSize = 1] = shapeOf('vision_model.embeddings.patch_embedding.weight');
  const [places = 0] = shapeOf('vision_model.embeddings.position_embedding.weight');
  const transposed = facts.transposedProjection ? { transposedProjection: true } : {};
  const vision = {
    ...tower('vision_model', width, facts.visionHeads, visionHeadWidths[width] ?? 64),
    channels,
    patchSize,
    imageSize: Math.round(Math.sqrt(places - 1)) * patchSize,
    projection: projected('visual_projection.weight'),
    ...transposed,
  };
  const words = weights.find('text_model.embeddings.token_embedding.weight');
  if (words === null) return { text: null, vision };
  const [vocabularySize = 0, textWidth = 0] = words.shape;
  const text = {
    ...tower('text_model', textWidth, facts.textHeads, 64),
    vocabularySize,
    positions: shapeOf('text_model.embeddings.position_embedding.weight')[0] ?? 0,
    endToken: 2, // at the largest id, which OpenAI's code takes
    projection: projected('text_projection.weight'),
    ...transposed,
  };
  return { text, vision };
}
