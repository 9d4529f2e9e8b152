/**
 * The words of this folder.
 *
 * An adapter file is read in three steps that know nothing of each other:
 *   a **dialect** (`dialects/`, one file each) splits a tensor's name into a module and a slot, and spells the names of
 *   a model's own layers; nothing is ever parsed back from underscores;
 *   an **algorithm** (`algorithms/`, one file each) knows from a module's slots what its tensors mean;
 *   the **match** pairs modules with the layers of one model, by name and by shape.
 */
import type { AdaptableLayer } from '../onnx/graph.js';
import type { SafetensorsFile, SafetensorsTensor } from '../weight-formats/safetensors.js';

export type AdaptableComponentName = 'text_encoder' | 'text_encoder_2' | 'unet';

export interface Dialect {
  /** What receipts, window and command line call it: `kohya`. */
  readonly id: string;
  /** What a tensor's name stands for; null for a name that is not of this dialect. */
  read(key: string): KeyReading | null;
  /**
   * Every name that this dialect has for a layer of a model, the most common first. `ldmPath`: what Stability's own
   * code calls it, where that differs (`weight-formats/single-file/ldm-unet-names.ts`).
   */
  names(component: AdaptableComponentName, path: string, ldmPath: string | null): readonly string[];
}

export interface KeyReading {
  /** The layer's name in the file, as `names` spells it. */
  readonly module: string;
  /** Which of its tensors: `down`, `up`, `alpha`. */
  readonly slot: string;
  /** What the layer belongs to; null where the name does not tell, or tells of something that no model here has. */
  readonly component: AdaptableComponentName | null;
}

/** One adapted layer as its file has it. */
export interface AdapterModule {
  /** Its name in the file, without the slot: `lora_unet_mid_block_attentions_0_proj_in`. */
  readonly key: string;
  /** Tensors by slot: `down`, `up`, `alpha`. */
  readonly slots: ReadonlyMap<string, SafetensorsTensor>;
  readonly rank: number;
  /** Null when the file has none: then the scale is 1. */
  readonly alpha: number | null;
  /** What up · down is multiplied by: alpha / rank, or alpha / √rank where the file says rank-stabilised LoRA. */
  readonly scale: number;
  /** [in, (kh, kw)] of `down` and [out] of `up`, for the match. */
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** [kh, kw] of a convolution's `down`; null where it is a matrix. */
  readonly kernel: readonly [number, number] | null;
}

export interface AdapterFile {
  readonly file: SafetensorsFile;
  readonly dialect: Dialect;
  /** `lora`, or `locon` where a convolution is wider than 1 x 1. */
  readonly algorithm: string;
  /** `sd1`, `sd2`, `sdxl` ... by its shapes, or `unknown`. */
  readonly base: string;
  /** Those that can be used, in the file's order. */
  readonly modules: readonly AdapterModule[];
  /** Modules that cannot be used, and tensors that belong to no module, each with the reason in a few words. */
  readonly leftOver: readonly { readonly key: string; readonly reason: string }[];
  /** Layers that the file has: its modules and those among the left over. */
  readonly layers: number;
  /** What those layers belong to as far as their names tell, by key. */
  readonly components: ReadonlyMap<string, AdaptableComponentName | null>;
}

/** What an algorithm makes of one module's slots. */
export type ModuleReading =
  Pick<AdapterModule, 'rank' | 'inFeatures' | 'outFeatures' | 'kernel'> | { readonly problem: string };

export interface Algorithm {
  readonly id: string;
  /** The problem is the reason, in a few words, why the module cannot be used. Null: of another algorithm. */
  read(slots: ReadonlyMap<string, SafetensorsTensor>): ModuleReading | null;
}

/** What a model offers to adapters. */
export interface AdaptableModel {
  /** Its name in messages. */
  readonly label: string;
  /** Width of the text vectors that the UNet's cross-attention reads: 768, 1024, 2048; tells bases apart. */
  readonly crossAttentionWidth: number | null;
  readonly components: readonly {
    readonly name: AdaptableComponentName;
    readonly layers: readonly AdaptableLayer[];
    /** What Stability's own code calls a layer of that path; null: as diffusers and transformers do. */
    ldmPath(path: string): string | null;
  }[];
}

export interface MatchedModule {
  readonly module: AdapterModule;
  readonly component: AdaptableComponentName;
  readonly layer: AdaptableLayer;
}

export interface AdapterMatch {
  readonly matched: readonly MatchedModule[];
  /** By the key in the file, with the reason in a few words. */
  readonly unmatched: readonly { readonly key: string; readonly reason: string }[];
  /** Layers that the file has. */
  readonly total: number;
  /** False when nothing matches, or most of its cross-attention is of another width: it was made for another base. */
  readonly fits: boolean;
}
