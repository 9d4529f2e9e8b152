import { z } from 'zod';

/**
 * Low-rank adapters (LoRA files): how they are put on a picture, and their receipt. The receipt's first fields are
 * RECEIPT of the command line's contract; names and meanings there are fixed.
 */

const strength = z.number().min(-100).max(100);

/** An adapter of the shelf on a picture. */
export const adapterUse = z.object({
  /** Shelf id. */
  adapter: z.string(),
  /** Strength on the UNet; 1 is what the file was trained for, negative ones turn its effect round. */
  weight: strength,
  /** Strength on the text encoder. */
  textWeight: strength,
});
export type AdapterUse = z.infer<typeof adapterUse>;

/** An adapter's file on a picture: what engine and worker are told. */
export const adapterFileUse = z.object({ file: z.string(), weight: strength, textWeight: strength });
export type AdapterFileUse = z.infer<typeof adapterFileUse>;

/** `live`: low-rank branches beside the model's own weights; `baked`: merged into a copy of the weights it touches. */
export const applyWish = z.enum(['auto', 'live', 'baked']);
export type ApplyWish = z.infer<typeof applyWish>;

/** What the engine really did with a file. */
export const appliedAdapter = z.object({
  file: z.string(),
  /** Layers that got its branches, of the layers that the file has. */
  matched: z.number().int().nonnegative(),
  total: z.number().int().nonnegative(),
  how: z.enum(['live', 'baked']),
  /** Reading, scaling and stacking it; 0 when it was still there from the picture before. */
  seconds: z.number().nonnegative(),
});

/** How an adapter was last put on a picture, and the seconds it took when it was not there already. */
export const lastApplied = appliedAdapter.pick({ how: true, seconds: true });
export type LastApplied = z.infer<typeof lastApplied>;

const range = z.tuple([z.number(), z.number()]);

export const triggerWord = z.object({
  text: z.string(),
  /** Where it was found: `metadata`, `training tags, 42 of 42 pictures`, `sidecar file` ... */
  source: z.string(),
});
export type TriggerWord = z.infer<typeof triggerWord>;

export const adapterHashes = z.object({
  /** Of the whole file, hex. */
  sha256: z.string(),
  /** Its first 10 digits, as Civitai shows it. */
  autov2: z.string(),
  /** First 12 digits of the hash of the tensors alone: editing the metadata does not change it. A1111's short hash. */
  autov3: z.string(),
  /** That hash in full. */
  tensors: z.string(),
});
export type AdapterHashes = z.infer<typeof adapterHashes>;

/** What reading a whole file tells. */
export const wholeAdapter = adapterHashes.extend({
  /** Some of its tensors hold a NaN or an infinity: one sentence that names the file; null when it is sound. */
  damaged: z.string().nullable(),
});
export type WholeAdapter = z.infer<typeof wholeAdapter>;

export const adapterReceipt = z.object({
  /** Absolute path. */
  file: z.string(),
  /** How its keys are spelt: the id of a dialect, such as `kohya`. */
  dialect: z.string(),
  /** `lora` (linear and 1 x 1), `locon` (wider convolutions too). */
  algorithm: z.string(),
  /** What its shapes say it was trained on: `sd1`, `sd2`, `sdxl` ... or `unknown`. */
  base: z.string(),
  /** Least and most of its layers. */
  rank: range,
  /** Null when no layer has one: then the scale is 1. */
  alpha: range.nullable(),
  /** alpha / rank, or alpha / √rank where the file says rank-stabilised LoRA. */
  scale: range,
  /** Layers of the model that it changes; null without a model. */
  matched: z.number().int().nonnegative().nullable(),
  unmatched: z.array(z.object({ key: z.string(), reason: z.string() })),
  /** Layers that the file has. */
  total: z.number().int().nonnegative(),
  /** False: made for another base, or nothing of it matches, and it is not applied. Null without a model. */
  fits: z.boolean().nullable(),
  /** Keys of tensors that hold a NaN or an infinity. Such a file is not applied. */
  nonFinite: z.array(z.string()),
  triggerWords: z.array(triggerWord),
  hashes: adapterHashes,
  /** Matched layers and norm of the delta, by part of the network, in the order of the picture's way through it. */
  blocks: z.array(
    z.object({
      /** `Text encoder`, `Down 0`, `Middle`, `Up 3`. */
      name: z.string(),
      /** Without a model: layers that can be used. */
      matched: z.number().int().nonnegative(),
      total: z.number().int().nonnegative(),
      /** Frobenius norm of scale · up · down over its layers that can be used; null where it is no number. */
      norm: z.number().nonnegative().nullable(),
    }),
  ),
});
export type AdapterReceipt = z.infer<typeof adapterReceipt>;

/** An adapter that a picture was made with, as the picture's own receipt keeps it. */
export const usedAdapter = z.object({
  name: z.string(),
  weight: z.number(),
  textWeight: z.number(),
  /** Asked for by a `<lora:…>` tag in the prompt rather than by the mixer. */
  fromPrompt: z.boolean(),
  how: z.enum(['live', 'baked']),
  receipt: adapterReceipt,
});
export type UsedAdapter = z.infer<typeof usedAdapter>;

/** What a file's header and the files beside it tell, without reading its tensors. The worker makes it. */
export const adapterDescription = z.object({
  /** Absolute path. */
  path: z.string(),
  bytes: z.number().int().nonnegative(),
  /** False: surely something else (a checkpoint, a picture), which belongs on no shelf; `problem` says what it is. */
  isAdapter: z.boolean(),
  /** Why it cannot be used, in one sentence; null when it can. The fields below are then as far as they are known. */
  problem: z.string().nullable(),
  dialect: z.string(),
  algorithm: z.string(),
  base: z.string(),
  rank: range.nullable(),
  alpha: range.nullable(),
  total: z.number().int().nonnegative(),
  /** Has layers of a text encoder: there is something for the text weight to move. */
  hasText: z.boolean(),
  /** Hash over names and shapes of its layers: files with the same one fit the same models. */
  signature: z.string(),
  /** The name it was trained under (`ss_output_name`): A1111 takes it in a prompt's tag too. */
  alias: z.string().nullable(),
  triggerWords: z.array(triggerWord),
  /** From the files beside it (Civitai's, A1111's), as plain text with no markup. */
  sidecar: z.object({
    title: z.string().nullable(),
    description: z.string().nullable(),
    notes: z.string().nullable(),
    baseModel: z.string().nullable(),
    tags: z.array(z.string()),
    preferredWeight: z.number().nullable(),
  }),
  /** A picture of it: a file beside it, or the thumbnail inside its own metadata. */
  preview: z
    .discriminatedUnion('from', [
      z.object({ from: z.literal('file'), path: z.string() }),
      z.object({ from: z.literal('metadata') }),
    ])
    .nullable(),
});
export type AdapterDescription = z.infer<typeof adapterDescription>;

/** How a file goes with one model. */
export const adapterFit = z.object({
  /** `partial`: it runs, without the layers that do not match. `other`: made for another base. */
  state: z.enum(['fits', 'partial', 'other']),
  matched: z.number().int().nonnegative(),
  total: z.number().int().nonnegative(),
});
export type AdapterFit = z.infer<typeof adapterFit>;

/** A card of the shelf. */
export const adapterCard = adapterDescription
  .pick({
    path: true,
    bytes: true,
    problem: true,
    dialect: true,
    algorithm: true,
    base: true,
    rank: true,
    alpha: true,
    hasText: true,
    alias: true,
    triggerWords: true,
  })
  .extend({
    id: z.string(),
    /** The file's name without its ending: what `<lora:NAME:1>` calls it. */
    name: z.string(),
    /** With the model that the list was asked for; null when there is none or the file has a problem. */
    fit: adapterFit.nullable(),
    /** 0 = none, 1 to 5 stars; 4 and 5 are the favourites. */
    rating: z.number().int().min(0).max(5),
    tags: z.array(z.string()),
    note: z.string(),
    /** From the files beside it. */
    title: z.string().nullable(),
    description: z.string().nullable(),
    preferredWeight: z.number().nullable(),
    /** Changes when its picture does; null while it has none. See `adapterPreviewUrl`. */
    preview: z.string().nullable(),
    /** Null until the worker has read the whole file. */
    hashes: adapterHashes.nullable(),
    /** Ships with the studio. */
    embedded: z.boolean(),
    /** Its file is gone. */
    missing: z.boolean(),
    /** Milliseconds since 1970; null while it was never used. */
    usedAt: z.number().nullable(),
    applied: lastApplied.nullable(),
    addedAt: z.number(),
  });
export type AdapterCard = z.infer<typeof adapterCard>;

export const adapterFolder = z.object({
  path: z.string(),
  /** Adapters in it. */
  count: z.number().int().nonnegative(),
  /** The studio's own: cannot be taken off. */
  embedded: z.boolean(),
  /** Cannot be read now: unplugged, renamed. */
  missing: z.boolean(),
});
export type AdapterFolder = z.infer<typeof adapterFolder>;

export const adapterShelf = z.object({
  adapters: z.array(adapterCard),
  folders: z.array(adapterFolder),
  /** Files found but not read yet. */
  waiting: z.number().int().nonnegative(),
});
export type AdapterShelfState = z.infer<typeof adapterShelf>;

/** The answer to "what does it do?": the same settings without and with an adapter. */
export const adapterEffect = z.object({
  adapter: z.string(),
  model: z.string(),
  prompt: z.string(),
  seed: z.number(),
  weight: z.number(),
  /** Names the two pictures: see `effectUrl`. */
  id: z.string(),
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  /** Mean absolute difference of the pixels, in percent of the full range. */
  pixelDifference: z.number().nonnegative(),
  /** Cosine of the two pictures' CLIP image vectors (embedded CLIP), -1 to 1; null where it could not be measured. */
  clipSimilarity: z.number().nullable(),
  verdict: z.enum(['none', 'faint', 'clear', 'strong']),
  createdAt: z.number(),
});
export type AdapterEffect = z.infer<typeof adapterEffect>;
