/**
 * The config of a CLIP whose file brings none, from the shapes of its tensors. Two things no shape tells: the number of
 * heads, which follows from the width in every CLIP that was published, and the activation (`clip-activation.ts`).
 */
import type { ClipConfig } from '../architectures/clip-model.js';
import type { ClipEncoderConfig } from '../architectures/clip-encoder.js';
import type { ClipTextConfig } from '../architectures/clip-text-model.js';
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
  const { activation, transposedProjection } = facts;
  const vision = (name: string): readonly number[] => shapeOf(weights, file, name, 'CLIP');
  const [width = 0, channels = 3, patchSize = 1] = vision('vision_model.embeddings.patch_embedding.weight');
  const [places = 0] = vision('vision_model.embeddings.position_embedding.weight');
  const heads = facts.visionHeads ?? width / (visionHeadWidths[width] ?? 64);
  const tower = towerOfShapes(weights, file, { path: 'vision_model', width, heads, activation });
  const words = weights.find('text_model.embeddings.token_embedding.weight');
  const projection = transposedProjection ? 'transposed' : 'plain';
  return {
    text: words && clipTextConfigOfShapes(weights, file, { activation, heads: facts.textHeads, projection }),
    vision: {
      ...tower,
      channels,
      patchSize,
      imageSize: Math.round(Math.sqrt(places - 1)) * patchSize,
      projection: vision('visual_projection.weight')[transposedProjection ? 1 : 0] ?? 0,
      ...(transposedProjection ? { transposedProjection } : {}),
    },
  };
}

/** What a config says of a text tower that its shapes do not. */
export interface ClipTextFacts {
  readonly activation: ClipEncoderConfig['activation'];
  /** Null: heads of width 64, as in every text tower that was published. */
  readonly heads: number | null;
  /** How the projection is stored, [P, D] or [D, P]; null: there is none that is read. */
  readonly projection: 'plain' | 'transposed' | null;
}

/** A text tower alone. @param weights answer to transformers' names */
export function clipTextConfigOfShapes(
  weights: SafetensorsWeights,
  file: string,
  facts: ClipTextFacts,
): ClipTextConfig {
  const shape = (name: string): readonly number[] => shapeOf(weights, file, name, 'text tower');
  const { activation, projection } = facts;
  const [vocabularySize = 0, width = 0] = shape('text_model.embeddings.token_embedding.weight');
  return {
    ...towerOfShapes(weights, file, { path: 'text_model', width, heads: facts.heads ?? width / 64, activation }),
    vocabularySize,
    positions: shape('text_model.embeddings.position_embedding.weight')[0] ?? 0,
    endToken: 2, // at the largest id, which OpenAI's code takes
    projection: projection && (shape('text_projection.weight')[projection === 'transposed' ? 1 : 0] ?? 0),
    ...(projection === 'transposed' ? { transposedProjection: true } : {}),
  };
}

interface Tower {
  /** `text_model` or `vision_model`. */
  readonly path: string;
  readonly width: number;
  readonly heads: number;
  readonly activation: ClipEncoderConfig['activation'];
}

function towerOfShapes(
  weights: SafetensorsWeights,
  file: string,
  { path, width, heads, activation }: Tower,
): ClipEncoderConfig {
  let layers = 0;
  while (weights.find(`${path}.encoder.layers.${layers}.layer_norm1.weight`)) layers++;
  if (!Number.isInteger(heads) || width % heads !== 0) {
    const sentence = `${weights.label}: how many heads a tower of width ${width} has cannot be told from its file. Put its config.json beside it.`;
    throw new ModelError('unsupported', sentence, { file });
  }
  const [mlpWidth = 0] = shapeOf(weights, file, `${path}.encoder.layers.0.mlp.fc1.weight`, 'CLIP');
  return { width, layers, heads, mlpWidth, activation, epsilon: 1e-5 };
}

function shapeOf(weights: SafetensorsWeights, file: string, name: string, what: string): readonly number[] {
  const stored = weights.find(name);
  if (stored) return stored.shape;
  throw new ModelError('unfit-model', `${weights.label} is no whole ${what}: it has no tensor for ${name}.`, { file });
}
