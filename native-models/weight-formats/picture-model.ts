/** A model that makes pictures from words, as its files describe it: a diffusers folder or a single file. */
import type { JsonObject } from '../architectures/config-reader.js';
import type { UNetConfig } from '../architectures/unet-2d-condition.js';
import type { FileIdentity } from '../runtime/file-identity.js';
import type { AutoencoderFiles, TextEncoderFiles, UNetFiles } from './component-folder.js';
import type { ModelCard } from './model-card.js';

/** Which Stable Diffusion it is built like. */
export type DiffusionFamily = 'sd1' | 'sd2' | 'sdxl';

export type Prediction = 'epsilon' | 'v_prediction' | 'sample';

export type ComponentName = 'text_encoder' | 'text_encoder_2' | 'unet' | 'vae';

/** Tokenizer files that are there, by their names; which ones a tokenizer needs is its own business. */
export interface TokenizerFiles {
  readonly folder: string;
  readonly files: Readonly<Record<string, string>>;
}

/** OpenAI's vocabulary, which files without a tokenizer were trained with. */
export interface OpenAITokenizer {
  /** What fills a text up: the end token, or "!" as OpenCLIP's 0 is read. */
  readonly pad: 'end' | '!';
}

export interface PictureModel {
  /** Absolute path of the folder or file. */
  readonly path: string;
  /** From the card, else the folder's or file's name. */
  readonly name: string;
  readonly card: ModelCard;
  readonly family: DiffusionFamily;
  readonly prediction: Prediction;
  readonly inChannels: number;
  /** The number format of the UNet's weights: F16. */
  readonly dtype: string;
  /** Of all weights. */
  readonly bytes: number;
  readonly unet: UNetFiles;
  readonly vae: AutoencoderFiles;
  /** Null in models that have only the second one (SDXL's refiner). */
  readonly textEncoder: TextEncoderFiles | null;
  readonly textEncoder2: TextEncoderFiles | null;
  readonly tokenizer: TokenizerFiles | OpenAITokenizer | null;
  readonly tokenizer2: TokenizerFiles | OpenAITokenizer | null;
  /** As diffusers' `scheduler_config.json` has it. */
  readonly schedulerConfig: JsonObject;
  /** SDXL's own configs say so: no negative prompt is zeros, not the vectors of an empty text. */
  readonly emptyNegativeIsZeros: boolean;
  /** Of every file that was read, for `verifyFiles`. */
  readonly identities: readonly FileIdentity[];
  /** What was decided about it from less than a config, one sentence each. */
  readonly notices: readonly string[];
}

/** SDXL alone is told sizes and pooled text; SD 2 brought linear projections. Widths do not decide: they may be any. */
export function familyOfUNet({ textTime, linearProjection }: UNetConfig): DiffusionFamily {
  if (textTime) return 'sdxl';
  return linearProjection ? 'sd2' : 'sd1';
}
