/**
 * An adapter's file, read as far as its header and alphas: which layers it has and what their tensors are.
 *
 * Nothing is dropped in silence: what is no whole module of a known algorithm is left over with its reason, and a file
 * of which nothing can be used is refused by what it is.
 */
import { ModelError } from '../errors.js';
import type { SafetensorsFile, SafetensorsTensor } from '../weight-formats/safetensors.js';
import { readSafetensors } from '../weight-formats/safetensors.js';
import type {
  AdaptableComponentName,
  AdapterFile,
  AdapterModule,
  Dialect,
  KeyReading,
  ModuleReading,
} from './adapter.js';
import { algorithms } from './algorithms/index.js';
import { dialects } from './dialects/index.js';
import { refuseForeignBytes } from './foreign-bytes.js';
import { foreignFiles } from './foreign-files.js';
import { inferBase } from './infer-base.js';
import { NotAnAdapterError } from './not-an-adapter-error.js';
import type { PeftScales } from './peft-config.js';
import { readPeftScales } from './peft-config.js';
import { isScalar, readScalars } from './read-scalars.js';
import { unsupportedKinds } from './unsupported-kinds.js';

/** Throws a ModelError of one sentence for a file that is no adapter, or none that can be used. */
export async function readAdapter(path: string): Promise<AdapterFile> {
  await refuseForeignBytes(path);
  const file = await readSafetensors(path);
  refuseForeignFile(file);
  const { groups, components, loose, dialect } = groupKeys(file);
  const numbers = await readScalars(file, [...groups.values()].flatMap(scalarsOf));
  const scales = await readPeftScales(file);

  const modules: AdapterModule[] = [];
  const leftOver: { key: string; reason: string }[] = [];
  const unsupported = new Map<string, number>();
  for (const [key, slots] of groups) {
    const kind = isPlainPair(slots) ? null : unsupportedKinds.find(({ has }) => has(slots));
    if (kind) {
      unsupported.set(kind.noun, (unsupported.get(kind.noun) ?? 0) + 1);
      leftOver.push({ key, reason: `${kind.name}: not supported yet` });
      continue;
    }
    const module = readModule(key, slots, numbers, scales);
    if ('problem' in module) leftOver.push({ key, reason: module.problem });
    else {
      modules.push(module);
      leftOver.push(...biasesOf(slots));
    }
  }
  if (modules.length === 0) throw refusal(file, unsupported, leftOver);
  return {
    file,
    dialect,
    algorithm: modules.some(({ kernel }) => kernel && kernel[0] * kernel[1] > 1) ? 'locon' : 'lora',
    base: inferBase(modules, components),
    modules,
    leftOver: [...leftOver, ...loose],
    layers: groups.size,
    components,
  };
}

function refuseForeignFile(file: SafetensorsFile): void {
  const keys = [...file.tensors.keys()];
  const foreign = foreignFiles.find(({ has }) => has(keys, file));
  if (!foreign) return;
  const sentence = `${file.label} ${foreign.sentence}`;
  throw foreign.isAdapter
    ? new ModelError('unsupported', sentence, { file: file.file })
    : new NotAnAdapterError(sentence, file.file);
}

type Slots = Map<string, SafetensorsTensor>;

/** Tensors by module and slot, whichever dialect spelt them; the file's own is the one that spelt the most of them. */
function groupKeys(file: SafetensorsFile): {
  groups: Map<string, Slots>;
  components: Map<string, AdaptableComponentName | null>;
  loose: { key: string; reason: string }[];
  dialect: Dialect;
} {
  const groups = new Map<string, Slots>();
  const components = new Map<string, AdaptableComponentName | null>();
  const loose: { key: string; reason: string }[] = [];
  const spelt = new Map<Dialect, number>();
  for (const tensor of file.tensors.values()) {
    const found = readKey(tensor.name);
    if (!found) {
      loose.push({ key: tensor.name, reason: looseReason(tensor.name) });
      continue;
    }
    const { module, slot, component, dialect } = found;
    const slots = groups.get(module) ?? new Map<string, SafetensorsTensor>();
    groups.set(module, slots);
    components.set(module, components.get(module) ?? component);
    const taken = slots.get(slot);
    if (taken) loose.push({ key: tensor.name, reason: `the same as ${taken.name}` });
    else slots.set(slot, tensor);
    // Alphas are spelt alike in several dialects and tell nothing.
    if (slot !== 'alpha') spelt.set(dialect, (spelt.get(dialect) ?? 0) + 1);
  }
  const [most] = [...spelt].toSorted((a, b) => b[1] - a[1]);
  if (!most)
    throw new NotAnAdapterError(
      `${file.label} is no adapter: none of its tensors has a name that adapters have.`,
      file.file,
    );
  return { groups, components, loose, dialect: most[0] };
}

function readKey(key: string): (KeyReading & { dialect: Dialect }) | null {
  for (const dialect of dialects) {
    const found = dialect.read(key);
    if (found) return { ...found, dialect };
  }
  return null;
}

const looseReason = (key: string): string =>
  key.startsWith('bundle_emb.')
    ? 'an embedding bundled with it: not supported yet'
    : 'no part of an adapter that is known';

/** Slots that stand beside a whole pair and change something else: the pair is right without them. */
const biasSlots = new Set(['diff_b', 'up_bias']);
const biasesOf = (slots: Slots): { key: string; reason: string }[] =>
  [...slots]
    .filter(([slot]) => biasSlots.has(slot))
    .map(([, { name }]) => ({ key: name, reason: 'changes a bias: not supported yet' }));

const scalarSlots = ['alpha', 'scale'] as const;
const knownSlots = new Set<string>(['down', 'up', ...scalarSlots, ...biasSlots]);

/** Nearly all modules of nearly all files; asking every kind about each would take longer than reading the file. */
const isPlainPair = (slots: Slots): boolean =>
  slots.has('down') && slots.has('up') && [...slots.keys()].every((slot) => knownSlots.has(slot));

function scalarsOf(slots: Slots): SafetensorsTensor[] {
  return scalarSlots
    .map((slot) => slots.get(slot))
    .filter((tensor) => tensor !== undefined && isScalar(tensor)) as SafetensorsTensor[];
}

function readModule(
  key: string,
  slots: Slots,
  numbers: ReadonlyMap<string, number>,
  scales: PeftScales,
): AdapterModule | { readonly problem: string } {
  const strange = [...slots.keys()].find((slot) => !knownSlots.has(slot));
  if (strange !== undefined) return { problem: `holds ${strange}, which is not known here` };
  const reading = readSlots(slots);
  if ('problem' in reading) return reading;

  const number = (slot: (typeof scalarSlots)[number]): number | null => {
    const tensor = slots.get(slot);
    return tensor ? (numbers.get(tensor.name) ?? NaN) : null;
  };
  const told = slots.has('alpha') ? null : scales(key);
  const alpha = number('alpha') ?? told?.alpha ?? null;
  const divisor = told?.rankStabilised ? Math.sqrt(reading.rank) : reading.rank;
  // A `scale` of its own stands for alpha / rank (LyCORIS; A1111 reads it so).
  const scale = number('scale') ?? (alpha === null ? 1 : alpha / divisor);
  if (!Number.isFinite(alpha ?? 1) || !Number.isFinite(scale)) return { problem: 'its alpha is no number' };
  return { key, slots, ...reading, alpha, scale };
}

function readSlots(slots: Slots): ModuleReading {
  for (const algorithm of algorithms) {
    const reading = algorithm.read(slots);
    if (reading) return reading;
  }
  return { problem: slots.has('alpha') ? 'it has an alpha and no matrices' : 'no part of an adapter that is known' };
}

/** Why nothing of a file can be used: its kind, or what is wrong with its first layer. */
function refusal(
  { file, label }: SafetensorsFile,
  unsupported: ReadonlyMap<string, number>,
  leftOver: readonly { readonly key: string; readonly reason: string }[],
): ModelError {
  const [most] = [...unsupported].toSorted((a, b) => b[1] - a[1]);
  if (most) return new ModelError('unsupported', `${label} is ${most[0]}: not supported yet.`, { file });
  const [first] = leftOver;
  const which = leftOver.length === 1 ? 'its only layer' : `the first of its ${leftOver.length} layers`;
  return new ModelError(
    'bad-file',
    `${label} has no layer that can be used; of ${which}, ${first?.key}: ${first?.reason}.`,
    { file },
  );
}
