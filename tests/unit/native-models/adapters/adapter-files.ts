/** Adapters made for tests: by their tensors' names and shapes alone, and the models that they are for. */
import { open, truncate } from 'node:fs/promises';

import { adaptableModel } from '../../../../native-models/adapters/adaptable-model.js';
import type { AdaptableModel, Dialect } from '../../../../native-models/adapters/adapter.js';
import { parseClipTextConfig } from '../../../../native-models/architectures/clip-text-model.js';
import { ConfigReader, type JsonObject } from '../../../../native-models/architectures/config-reader.js';
import { parseUNetConfig } from '../../../../native-models/architectures/unet-2d-condition.js';
import type { AdaptableLayer } from '../../../../native-models/onnx/graph.js';
import { elementBits } from '../../../../native-models/weight-formats/number-formats.js';
import type { PictureModel } from '../../../../native-models/weight-formats/picture-model.js';

/** Shapes by name; F16 unless told. */
export type Shapes = Readonly<
  Record<string, readonly number[] | { readonly shape: readonly number[]; readonly dtype: string }>
>;

/** A file of zeros that takes no room on the disk: as large as a real one, written in a millisecond. */
export async function writeZeros(
  file: string,
  shapes: Shapes,
  metadata: Readonly<Record<string, string>> = {},
): Promise<string> {
  const header: Record<string, unknown> = Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {};
  let end = 0;
  for (const [name, told] of Object.entries(shapes)) {
    const { shape, dtype } = 'shape' in told ? told : { shape: told, dtype: 'F16' };
    const bytes = (shape.reduce((product, size) => product * size, 1) * (elementBits[dtype] ?? 16)) / 8;
    header[name] = { dtype, shape, data_offsets: [end, end + bytes] };
    end += bytes;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const handle = await open(file, 'w');
  await handle.write(Buffer.concat([length, text]));
  await handle.close();
  await truncate(file, length.length + text.length + end);
  return file;
}

/** Names of the two matrices of a layer, and of its alpha where the dialect has one. */
type Spelling = (module: string) => { down: string; up: string; alpha?: string };

export const kohyaSlots: Spelling = (module) => ({
  down: `${module}.lora_down.weight`,
  up: `${module}.lora_up.weight`,
  alpha: `${module}.alpha`,
});

const peftSlots: Spelling = (module) => ({ down: `${module}.lora_A.weight`, up: `${module}.lora_B.weight` });

/** The vintages that kept the matrices beside an attention's layers have `_lora` in the module's own name. */
const diffusersSlots: Spelling = (module) => {
  const start = module.endsWith('_lora') ? module : `${module}.lora`;
  return { down: `${start}.down.weight`, up: `${start}.up.weight` };
};

const spellings: Readonly<Record<string, Spelling>> = {
  kohya: kohyaSlots,
  diffusers: diffusersSlots,
  peft: peftSlots,
};

/** How a dialect's trainer spells the tensors of a layer; every dialect has a line here. */
export function spellingOf({ id }: Dialect): Spelling {
  const spelling = spellings[id];
  if (!spelling) throw new Error(`The dialect ${id} has no line in spellings of adapter-files.ts.`);
  return spelling;
}

interface PairsWish {
  readonly rank?: number;
  readonly wanted?: (layer: AdaptableLayer) => boolean;
  /** The UNet's layers by the names of Stability's own code, as kohya's SDXL files have them. */
  readonly ldm?: boolean;
}

/** A pair for every layer of a model that `wanted` says, as one dialect names it. */
export function pairsFor(
  model: AdaptableModel,
  dialect: Dialect,
  { rank = 4, wanted = () => true, ldm = false }: PairsWish = {},
): Record<string, readonly number[]> {
  const spelling = spellingOf(dialect);
  const shapes: Record<string, readonly number[]> = {};
  for (const { name: component, layers, ldmPath } of model.components) {
    for (const layer of layers.filter(wanted)) {
      const names = dialect.names(component, layer.path, ldm ? ldmPath(layer.path) : null);
      const { down, up, alpha } = spelling(names[ldm && component === 'unet' ? 1 : 0] as string);
      shapes[down] = [rank, layer.inFeatures, ...(layer.kernel ?? [])];
      shapes[up] = [layer.outFeatures, rank, ...(layer.kernel ? [1, 1] : [])];
      if (alpha !== undefined) shapes[alpha] = [];
    }
  }
  return shapes;
}

/** What trainers adapt unless told otherwise: the transformers of the UNet, and all of the text encoder. */
export const inTransformers = ({ path }: AdaptableLayer): boolean =>
  path.includes('.attentions.') || path.startsWith('text_model.');

export interface ModelConfigs {
  readonly name: string;
  readonly unet: JsonObject;
  readonly textEncoder: JsonObject;
  readonly textEncoder2?: JsonObject;
}

export function modelOf({ name, unet, textEncoder, textEncoder2 }: ModelConfigs): AdaptableModel {
  const text = (json: JsonObject): object => ({
    kind: 'text_encoder',
    config: parseClipTextConfig(new ConfigReader(json, 'text_encoder/config.json')),
  });
  const files = {
    name,
    unet: { kind: 'unet', config: parseUNetConfig(new ConfigReader(unet, 'unet/config.json')) },
    textEncoder: text(textEncoder),
    textEncoder2: textEncoder2 ? text(textEncoder2) : null,
  };
  return adaptableModel(files as unknown as PictureModel); // only the configs are looked at
}

const clipL = { hidden_size: 768, num_hidden_layers: 12, num_attention_heads: 12, intermediate_size: 3072 };

/** The families by the fields of their configs that adapters notice. */
export const sd1: ModelConfigs = {
  name: 'Stable Diffusion 1.5',
  unet: { cross_attention_dim: 768 },
  textEncoder: clipL,
};

export const sd2: ModelConfigs = {
  name: 'Stable Diffusion 2.1',
  unet: { cross_attention_dim: 1024, use_linear_projection: true },
  textEncoder: { hidden_size: 1024, num_hidden_layers: 23, num_attention_heads: 16, intermediate_size: 4096 },
};

export const sdxl: ModelConfigs = {
  name: 'SDXL base',
  unet: {
    block_out_channels: [320, 640, 1280],
    cross_attention_dim: 2048,
    down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D'],
    up_block_types: ['CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'UpBlock2D'],
    transformer_layers_per_block: [1, 2, 10],
    use_linear_projection: true,
    addition_embed_type: 'text_time',
  },
  textEncoder: clipL,
  textEncoder2: {
    architectures: ['CLIPTextModelWithProjection'],
    hidden_size: 1280,
    num_hidden_layers: 32,
    num_attention_heads: 20,
    intermediate_size: 5120,
    projection_dim: 1280,
  },
};
