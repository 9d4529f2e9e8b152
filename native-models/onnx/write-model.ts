/**
 * From a graph to the bytes of an ONNX model. Weights become external data: file, offset, length.
 *
 * Nodes that no output needs are left out, and with them their weights: a text encoder asked for the output of
 * its layer 10 never touches the layers above.
 */
import { create, toBinary } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import path from 'node:path';

import type { Attribute, Graph, Node, Weight } from './graph.js';
import { MICROSOFT, operatorDomain } from './operator-table.js';
import type {
  AttributeProtoSchema,
  NodeProtoSchema,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from './protobuf/onnx_pb.js';
import {
  AttributeProto_AttributeType,
  ModelProtoSchema,
  TensorProto_DataLocation,
  TensorProto_DataType,
} from './protobuf/onnx_pb.js';
import type { DataType, Value } from './value.js';

/** IR 10 and operator set 21: what onnxruntime 1.30 runs everywhere. */
const IR_VERSION = 10n;
const OPERATOR_SET = 21n;

const dataTypes: Record<DataType, TensorProto_DataType> = {
  float32: TensorProto_DataType.FLOAT,
  float16: TensorProto_DataType.FLOAT16,
  bfloat16: TensorProto_DataType.BFLOAT16,
  float64: TensorProto_DataType.DOUBLE,
  int64: TensorProto_DataType.INT64,
  int32: TensorProto_DataType.INT32,
  uint8: TensorProto_DataType.UINT8,
  bool: TensorProto_DataType.BOOL,
};

export interface WrittenModel {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Folder that all external files are in or under; the model names them relative to it. */
  readonly dataFolder: string;
}

export function writeModel(graph: Graph): WrittenModel {
  const { nodes, weights } = reachable(graph);
  const dataFolder = commonFolder(weights.map(({ stored }) => (stored === 'any' ? '' : stored.file)));
  const { names, copies } = outputNames(graph);
  const model = create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    producerName: 'inkstone',
    opsetImport: [
      { domain: '', version: OPERATOR_SET },
      { domain: MICROSOFT, version: 1n },
    ],
    graph: {
      name: 'network',
      node: [...nodes.map((node) => nodeProto(node, names)), ...copies],
      input: graph.inputs.map(({ value }) => valueInfo(value.name, value)),
      output: graph.outputs.map(({ name, value }) => valueInfo(name, value)),
      initializer: [
        ...graph.constants.map(({ value, data }) => ({
          ...tensorHead(value),
          rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
        })),
        ...weights.map((weight) => externalTensor(weight, dataFolder)),
      ],
    },
  });
  return { bytes: toBinary(ModelProtoSchema, model), dataFolder };
}

/** Nodes and weights that some output needs, in authoring order. */
function reachable(graph: Graph): { nodes: Node[]; weights: Weight[] } {
  const needed = new Set(graph.outputs.map(({ value }) => value.name));
  const nodes: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    nodes.push(node);
    for (const input of node.inputs) needed.add(input);
  }
  const weights = [...graph.usedWeights.values()].filter(({ value }) => needed.has(value.name));
  return { nodes: castsFirst(nodes.reverse(), new Set(weights.map(({ value }) => value.name))), weights };
}

/**
 * onnxruntime runs nodes depth first from the outputs, and of a node's inputs the one that was written last runs first.
 * A Cast of a weight written beside its use would run before everything else, all of them would, and the whole network
 * would lie in memory as float32. Written first they run last: each just before its use.
 */
function castsFirst(nodes: readonly Node[], weights: ReadonlySet<string>): Node[] {
  const isCast = ({ operator, inputs }: Node): boolean => operator === 'Cast' && weights.has(inputs[0] ?? '');
  return [...nodes.filter(isCast), ...nodes.filter((node) => !isCast(node))];
}

/**
 * A value that is an output takes the output's name from the contract. An Identity copies it where that cannot be:
 * a second name for one value, or an input that is handed through.
 */
function outputNames(graph: Graph): {
  names: ReadonlyMap<string, string>;
  copies: MessageInitShape<typeof NodeProtoSchema>[];
} {
  const names = new Map<string, string>();
  const copies: MessageInitShape<typeof NodeProtoSchema>[] = [];
  const computed = new Set(graph.nodes.flatMap((node) => node.outputs));
  for (const { name, value } of graph.outputs) {
    if (computed.has(value.name) && !names.has(value.name)) names.set(value.name, name);
    else copies.push({ opType: 'Identity', input: [names.get(value.name) ?? value.name], output: [name] });
  }
  return { names, copies };
}

function nodeProto(node: Node, names: ReadonlyMap<string, string>): MessageInitShape<typeof NodeProtoSchema> {
  const written = (name: string): string => names.get(name) ?? name;
  return {
    name: node.name,
    opType: node.operator,
    domain: operatorDomain(node.operator),
    input: node.inputs.map(written),
    output: node.outputs.map(written),
    attribute: Object.entries(node.attributes).map(([name, attribute]) => attributeProto(name, attribute)),
  };
}

function attributeProto(name: string, attribute: Attribute): MessageInitShape<typeof AttributeProtoSchema> {
  const Type = AttributeProto_AttributeType;
  if ('int' in attribute) return { name, type: Type.INT, i: BigInt(attribute.int) };
  if ('float' in attribute) return { name, type: Type.FLOAT, f: attribute.float };
  if ('ints' in attribute) return { name, type: Type.INTS, ints: attribute.ints.map(BigInt) };
  return { name, type: Type.STRING, s: new TextEncoder().encode(attribute.text) };
}

function valueInfo(name: string, value: Value): MessageInitShape<typeof ValueInfoProtoSchema> {
  const dim = value.shape.map((size) => ({
    value:
      typeof size === 'number'
        ? { case: 'dimValue' as const, value: BigInt(size) }
        : { case: 'dimParam' as const, value: size },
  }));
  return {
    name,
    type: { value: { case: 'tensorType', value: { elemType: dataTypes[value.dtype], shape: { dim } } } },
  };
}

function tensorHead(value: Value): { name: string; dataType: TensorProto_DataType; dims: bigint[] } {
  return { name: value.name, dataType: dataTypes[value.dtype], dims: value.shape.map((size) => BigInt(size)) };
}

function externalTensor({ value, stored }: Weight, folder: string): MessageInitShape<typeof TensorProtoSchema> {
  if (stored === 'any') throw new TypeError(`${value.name} is imaginary: this graph was authored without files`);
  const location = path.relative(folder, stored.file).split(path.sep).join('/');
  return {
    ...tensorHead(value),
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: [
      { key: 'location', value: location },
      { key: 'offset', value: `${stored.offset}` },
      { key: 'length', value: `${stored.byteLength}` },
    ],
  };
}

function commonFolder(files: readonly string[]): string {
  const folders = [...new Set(files.map((file) => path.dirname(file)))];
  let common = folders[0] ?? '';
  for (const folder of folders) {
    while (path.relative(common, folder).startsWith('..') && path.dirname(common) !== common) {
      common = path.dirname(common);
    }
  }
  return common;
}
