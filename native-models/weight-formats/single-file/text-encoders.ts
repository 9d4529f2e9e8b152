/**
 * The text encoders of a checkpoint: OpenAI's under transformers' names, OpenCLIP's under its own.
 *
 * Reference: CompVis/stable-diffusion and Stability-AI/stablediffusion, ldm/modules/encoders/modules.py
 * FrozenCLIPEmbedder and FrozenOpenCLIPEmbedder; Stability-AI/generative-models, sgm/modules/encoders/modules.py.
 */
import { ModelError } from '../../errors.js';
import { openAIVocabularySize } from '../../tokenizers/openai-clip-vocabulary.js';
import { clipTextConfigOfShapes } from '../clip-sizes.js';
import type { TextEncoderFiles } from '../component-folder.js';
import { OpenAIClipWeights } from '../openai-clip-weights.js';
import type { DiffusionFamily, OpenAITokenizer } from '../picture-model.js';
import type { SafetensorsFile } from '../safetensors.js';
import { SafetensorsWeights } from '../safetensors-weights.js';
import { componentOfPart } from './component-of-part.js';
import { partOfFile, tensorsOf } from './part-of-file.js';

/** Where a family's text encoder stands, and what its shapes do not tell. */
interface TextPlace {
  readonly component: 'text_encoder' | 'text_encoder_2';
  readonly prefix: string;
  readonly spelling: 'transformers' | 'openclip';
  readonly activation: 'quick_gelu' | 'gelu';
  /** It is asked for a vector of the whole text. */
  readonly projected: boolean;
  /** The last layer was never used in training, and diffusers' configs leave it out. */
  readonly withoutLast: boolean;
  readonly pad: OpenAITokenizer['pad'];
}

const places: Readonly<Record<'sd1' | 'sd2' | 'sdxl' | 'refiner', readonly TextPlace[]>> = {
  sd1: [openAI('cond_stage_model.transformer.')],
  sd2: [{ ...openClip('cond_stage_model.model.'), component: 'text_encoder', projected: false, withoutLast: true }],
  sdxl: [openAI('conditioner.embedders.0.transformer.'), openClip('conditioner.embedders.1.model.')],
  refiner: [openClip('conditioner.embedders.0.model.')],
};

function openAI(prefix: string): TextPlace {
  return {
    component: 'text_encoder',
    prefix,
    spelling: 'transformers',
    activation: 'quick_gelu',
    projected: false,
    withoutLast: false,
    pad: 'end',
  };
}

function openClip(prefix: string): TextPlace {
  return {
    component: 'text_encoder_2',
    prefix,
    spelling: 'openclip',
    activation: 'gelu',
    projected: true,
    withoutLast: false,
    pad: '!',
  };
}

export interface FoundTexts {
  readonly family: DiffusionFamily;
  readonly places: readonly TextPlace[];
}

/** The family, told by which text encoders there are; null where there are none that this studio knows. */
export function findTexts(names: Iterable<string>): FoundTexts | null {
  const waiting = new Map(
    Object.entries(places).map(([kind, all]) => [kind, new Set(all.map(({ prefix }) => prefix))]),
  );
  for (const name of names) {
    for (const prefixes of waiting.values()) {
      for (const prefix of prefixes) if (name.startsWith(prefix)) prefixes.delete(prefix);
    }
  }
  const kinds = ['sdxl', 'refiner', 'sd2', 'sd1'] as const;
  const kind = kinds.find((each) => waiting.get(each)?.size === 0);
  if (kind === undefined) return null;
  return { family: kind === 'refiner' ? 'sdxl' : kind, places: places[kind] };
}

export interface ReadText {
  readonly files: TextEncoderFiles;
  readonly tokenizer: OpenAITokenizer;
}

export function readText(file: SafetensorsFile, place: TextPlace): ReadText {
  const { component, prefix, spelling, activation, projected, withoutLast, pad } = place;
  const label = `${file.label} (${component})`;
  const source = spelling === 'openclip' ? openClipWeights(file, label, prefix) : openAIWeights(file, label, prefix);
  const projection = projected ? 'transposed' : null;
  const whole = clipTextConfigOfShapes(source, file.file, { activation, heads: null, projection });
  if (whole.vocabularySize < openAIVocabularySize) {
    const sentence = `${label} has a vocabulary of ${whole.vocabularySize} tokens, which is not CLIP’s: use the model’s folder, where its tokenizer is.`;
    throw new ModelError('unfit-model', sentence, { file: file.file });
  }
  const config = withoutLast ? { ...whole, layers: whole.layers - 1 } : whole;
  const wanted = tensorsOf(file, [{ component, config, sizes: { batch: 1, tokens: 1 } }]);
  const unread = withoutLast ? `|resblocks\\.${config.layers}\\.` : '';
  const passedOver = new RegExp(`\\.(vision_model\\.|visual\\.${unread})`); // some hold the whole CLIP
  const part = partOfFile(file, { name: component, prefix, wanted, source, passedOver });
  return { files: { kind: 'text_encoder', config, ...componentOfPart(part) }, tokenizer: { pad } };
}

const openClipWeights = (file: SafetensorsFile, label: string, prefix: string): SafetensorsWeights =>
  new OpenAIClipWeights([file], label, { vision: `${prefix}visual.`, text: prefix });

/** Some merges lost the `text_model.` that transformers' names had. */
function openAIWeights(file: SafetensorsFile, label: string, prefix: string): SafetensorsWeights {
  const hasWord = file.tensors.has(`${prefix}text_model.embeddings.token_embedding.weight`);
  return new SafetensorsWeights([file], label, (name) => prefix + (hasWord ? name : name.replace(/^text_model\./, '')));
}
