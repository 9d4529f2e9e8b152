import { z } from 'zod';

/** `inkstone.json` beside a model: what it is and the settings it likes. Every field is optional. */
export const modelCard = z.object({
  name: z.string().optional(),
  description: z.string().optional(),
  source: z.string().optional(),
  licence: z.string().optional(),
  defaults: z
    .object({
      steps: z.number().int().positive(),
      cfg: z.number().nonnegative(),
      sampler: z.string(),
      schedule: z.string(),
      /** Pixels. */
      width: z.number().int().positive(),
      height: z.number().int().positive(),
    })
    .partial()
    .optional(),
});

/** What reading a model's headers and configs tells, before it is in any library. The worker makes it. */
export const modelDescription = z.object({
  name: z.string(),
  /** Absolute path of the folder or file. */
  path: z.string(),
  kind: z.enum(['diffusion', 'language', 'clip', 'inception', 'autoencoder']),
  /**
   * Whose architecture it has, at any width: `sd1`, `sd2`, `sdxl`; `llama`, `qwen2` ...; `custom` for one component that
   * does not tell.
   */
  family: z.string(),
  prediction: z.enum(['epsilon', 'v_prediction']).nullable(),
  /** Channels the UNet takes: 4, or 9 for inpainting; null where there is no UNet. */
  inChannels: z.number().int().nullable(),
  /** `diffusers`, `component`; of a language model `safetensors` (a folder) or `gguf`. */
  format: z.string(),
  /** `F32`, `F16`, `BF16`, a GGUF's `Q4_K` ..., or `mixed`. */
  dtype: z.string(),
  /** Weights on disk. */
  bytes: z.number().int().nonnegative(),
  card: modelCard.nullable(),
  /** Of a language model. */
  language: z
    .object({
      parameters: z.number().int().nonnegative(),
      /** Most tokens of a text, prompt and answer together. */
      contextLength: z.number().int().positive(),
      /** False: it has no chat template and continues what it is given. */
      chats: z.boolean(),
    })
    .optional(),
  /** Pixels a side must be a multiple of; 8 for Stable Diffusion, 1 where there are no pictures. */
  sizeMultiple: z.number().int().positive(),
  /** The size it was made for, in pixels: the config's sample size x the multiple; 1 where there are no pictures. */
  nativeSize: z.number().int().positive(),
  /** File whose sha256 stands for the model: the UNet's weights of a folder, the first file of a language model's. */
  hashedFile: z.string(),
  /** What a person should know about it, one sentence each. */
  notices: z.array(z.string()),
});
export type ModelDescription = z.infer<typeof modelDescription>;

/** The settings a model starts with: its card, else its configs, else 20, 7, euler, normal, the family's size. */
export const modelDefaults = z.object({
  steps: z.number().int().positive(),
  cfg: z.number().nonnegative(),
  sampler: z.string(),
  schedule: z.string(),
  width: z.number().int().positive(),
  height: z.number().int().positive(),
});
export type ModelDefaults = z.infer<typeof modelDefaults>;

/** A model of the library. */
export const model = modelDescription.extend({
  id: z.string(),
  /** Null until the worker has read the whole file; never guessed. */
  sha256: z.string().nullable(),
  /** Ships with the studio; cannot be removed. */
  embedded: z.boolean(),
  /** Its files are gone or changed since it was added. */
  missing: z.boolean(),
  defaults: modelDefaults,
});
export type Model = z.infer<typeof model>;
