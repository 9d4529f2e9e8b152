import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType as AttributeType,
  ModelProtoSchema,
  TensorProto_DataLocation,
  TensorProto_DataType as DataType,
  type NodeProtoSchema,
  type TensorProtoSchema,
  type ValueInfoProtoSchema,
} from '../../native-models/onnx/protobuf/onnx_pb.js';
import { dequantize } from '../../native-models/weight-formats/gguf/dequantize.js';
import type { LanguageGguf } from '../../native-models/weight-formats/gguf/language-gguf.js';
import { transformersName } from '../../native-models/weight-formats/gguf/tensor-names.js';

/**
 * Writes a GGUF model as transformers.js wants it, so that it can be measured with the same weights: dequantised to
 * float32, with the grouped-query attention node that its own models have. Only Llama's own kind: no biases, no norms
 * of heads, no windows. Layout of inputs and outputs: Hugging Face optimum's decoders with past.
 */
export async function writeTransformersFolder(model: LanguageGguf, folder: string): Promise<void> {
  const { config, gguf } = model;
  const { width: D, layers, heads, keyValueHeads, headSize: d, vocabularySize } = config;
  const onnx = join(folder, 'onnx');
  await mkdir(onnx, { recursive: true });

  const nodes: MessageInitShape<typeof NodeProtoSchema>[] = [];
  const weights: MessageInitShape<typeof TensorProtoSchema>[] = [];
  const node = (opType: string, input: string[], output: string, attributes: Attributes = {}, domain = ''): string => {
    nodes.push({
      opType,
      domain,
      input,
      output: [output],
      name: `${opType}:${output}`,
      attribute: written(attributes),
    });
    return output;
  };
  const data = await open(join(onnx, 'model.onnx_data'), 'w');
  let offset = 0;
  const store = async (name: string, shape: readonly number[], values: Float32Array): Promise<void> => {
    await data.write(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    weights.push({ ...external(name, shape, offset, values.byteLength) });
    offset += values.byteLength;
  };

  for (const { name, shape, type, file, offset: from, byteLength } of gguf.tensors.values()) {
    const known = transformersName(name);
    if (known === null) continue;
    const bytes = new Uint8Array(byteLength);
    const source = await open(file);
    await source.read(bytes, 0, byteLength, from);
    await source.close();
    const values = dequantize(type.name, bytes);
    // Products take [in, out]; the table stays as it is, and is turned for a tied head.
    const isMatrix = shape.length === 2 && known !== 'model.embed_tokens.weight';
    await store(known, isMatrix ? shape.toReversed() : shape, isMatrix ? turned(values, shape) : values);
    if (known === 'model.embed_tokens.weight' && config.tiedHead) {
      await store('lm_head.weight', shape.toReversed(), turned(values, shape));
    }
  }
  const positions = Math.min(config.contextLength, 4096);
  const angles = (of: (angle: number) => number): Float32Array =>
    Float32Array.from({ length: (positions * d) / 2 }, (_, i) => {
      const rate = Math.fround(config.rotary.frequencies[i % (d / 2)]!);
      return of(Math.fround(Math.floor(i / (d / 2)) * rate)) * config.rotary.amplitude;
    });
  await store('cos', [positions, d / 2], angles(Math.cos));
  await store('sin', [positions, d / 2], angles(Math.sin));
  await data.close();

  const norm = (x: string, weight: string, output: string): string =>
    node('SimplifiedLayerNormalization', [x, weight], output, { epsilon: config.epsilon, axis: { int: -1 } });
  node('ReduceSum', ['attention_mask', 'axis_1'], 'seen', { keepdims: { int: 0 } });
  node('Cast', [node('Sub', ['seen', 'one'], 'last')], 'seqlens_k', { to: { int: DataType.INT32 } });
  node('Gather', [node('Shape', ['attention_mask'], 'mask_shape'), 'one_scalar'], 'total_64', { axis: { int: 0 } });
  node('Cast', ['total_64'], 'total', { to: { int: DataType.INT32 } });
  let x = node('Gather', ['model.embed_tokens.weight', 'input_ids'], 'words');
  for (let n = 0; n < layers; n++) {
    const at = `model.layers.${n}`;
    const linear = (input: string, name: string): string =>
      node('MatMul', [input, `${at}.${name}.weight`], `${at}.${name}.out`);
    const h = norm(x, `${at}.input_layernorm.weight`, `${at}.normed`);
    const [q, k, v] = ['q_proj', 'k_proj', 'v_proj'].map((name) => linear(h, `self_attn.${name}`));
    const past = ['key', 'value'].map((name) => `past_key_values.${n}.${name}`);
    nodes.push({
      opType: 'GroupQueryAttention',
      domain: 'com.microsoft',
      input: [q!, k!, v!, ...past, 'seqlens_k', 'total', 'cos', 'sin'],
      output: [`${at}.mixed`, `present.${n}.key`, `present.${n}.value`],
      attribute: written({
        num_heads: { int: heads },
        kv_num_heads: { int: keyValueHeads },
        do_rotary: { int: 1 },
        rotary_interleaved: { int: config.rotary.pairing === 'neighbours' ? 1 : 0 },
      }),
    });
    x = node('Add', [x, linear(`${at}.mixed`, 'self_attn.o_proj')], `${at}.attended`);
    const again = norm(x, `${at}.post_attention_layernorm.weight`, `${at}.normed_again`);
    const gate = linear(again, 'mlp.gate_proj');
    const silu = node('Mul', [gate, node('Sigmoid', [gate], `${at}.sigmoid`)], `${at}.silu`);
    node('Mul', [silu, linear(again, 'mlp.up_proj')], `${at}.gated`);
    x = node('Add', [x, linear(`${at}.gated`, 'mlp.down_proj')], `${at}.y`);
  }
  node('MatMul', [norm(x, 'model.norm.weight', 'normed'), 'lm_head.weight'], 'logits');

  const cache = (kind: string, length: string) =>
    Array.from({ length: layers }, (_, n) =>
      ['key', 'value'].map((name) => value(`${kind}.${n}.${name}`, DataType.FLOAT, [1, keyValueHeads, length, d])),
    ).flat();
  const proto = create(ModelProtoSchema, {
    irVersion: 10n,
    opsetImport: [
      { domain: '', version: 21n },
      { domain: 'com.microsoft', version: 1n },
    ],
    graph: {
      name: 'decoder',
      node: nodes,
      input: [
        value('input_ids', DataType.INT64, [1, 'tokens']),
        value('attention_mask', DataType.INT64, [1, 'total']),
        ...cache('past_key_values', 'past'),
      ],
      output: [value('logits', DataType.FLOAT, [1, 'tokens', vocabularySize]), ...cache('present', 'total')],
      initializer: [...weights, whole('axis_1', [1], 1n), whole('one', [1], 1n), whole('one_scalar', [], 1n)],
    },
  });
  await writeFile(join(onnx, 'model.onnx'), toBinary(ModelProtoSchema, proto));
  const json = {
    model_type: 'llama',
    architectures: ['LlamaForCausalLM'],
    hidden_size: D,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: keyValueHeads,
    head_dim: d,
    vocab_size: vocabularySize,
    max_position_embeddings: positions,
    eos_token_id: model.endTokens[0] ?? null,
  };
  await writeFile(join(folder, 'config.json'), JSON.stringify(json));
}

type Attributes = Readonly<Record<string, number | { readonly int: number }>>;

function written(attributes: Attributes) {
  return Object.entries(attributes).map(([name, of]) =>
    typeof of === 'number'
      ? { name, type: AttributeType.FLOAT, f: of }
      : { name, type: AttributeType.INT, i: BigInt(of.int) },
  );
}

function external(
  name: string,
  shape: readonly number[],
  offset: number,
  length: number,
): MessageInitShape<typeof TensorProtoSchema> {
  return {
    name,
    dataType: DataType.FLOAT,
    dims: shape.map(BigInt),
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: [
      { key: 'location', value: 'model.onnx_data' },
      { key: 'offset', value: `${offset}` },
      { key: 'length', value: `${length}` },
    ],
  };
}

const whole = (name: string, dims: readonly number[], number: bigint): MessageInitShape<typeof TensorProtoSchema> => ({
  name,
  dataType: DataType.INT64,
  dims: dims.map(BigInt),
  int64Data: [number],
});

function value(
  name: string,
  elemType: DataType,
  shape: readonly (number | string)[],
): MessageInitShape<typeof ValueInfoProtoSchema> {
  const dim = shape.map((size) =>
    typeof size === 'string'
      ? { value: { case: 'dimParam' as const, value: size } }
      : { value: { case: 'dimValue' as const, value: BigInt(size) } },
  );
  return { name, type: { value: { case: 'tensorType', value: { elemType, shape: { dim } } } } };
}

/** [N, K] -> [K, N] */
function turned(values: Float32Array, [N, K]: readonly number[]): Float32Array {
  const result = new Float32Array(values.length);
  for (let n = 0; n < N!; n++) for (let k = 0; k < K!; k++) result[k * N! + n] = values[n * K! + k]!;
  return result;
}
