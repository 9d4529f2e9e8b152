/**
 * The names that a pickle of weights may use, and what is made of each. Every other name ends the reading.
 *
 * Reference: torch 2.13.0, _utils.py (`_rebuild_tensor`, `_rebuild_tensor_v2`, `_rebuild_tensor_v3`,
 * `_rebuild_parameter`, `_rebuild_parameter_with_state`), _tensor.py (`_rebuild_from_type_v2`), jit/_pickle.py. What each
 * does is written anew here from what its arguments mean; no name is ever looked up in a program.
 */
import { elementBits } from '../number-formats.js';
import type { PickleValue } from './pickle-values.js';
import { PickleDict, PickleName, PickleTuple, TorchDtype, TorchStorage, TorchTensor } from './pickle-values.js';
import type { TorchFaults } from './torch-faults.js';

type Maker = (args: readonly PickleValue[], faults: TorchFaults) => PickleValue;

/** Types of storages and what safetensors calls their numbers. */
const storageDtypes: Readonly<Record<string, string>> = {
  'torch.FloatStorage': 'F32',
  'torch.DoubleStorage': 'F64',
  'torch.HalfStorage': 'F16',
  'torch.BFloat16Storage': 'BF16',
  'torch.LongStorage': 'I64',
  'torch.IntStorage': 'I32',
  'torch.ShortStorage': 'I16',
  'torch.CharStorage': 'I8',
  'torch.ByteStorage': 'U8',
  'torch.BoolStorage': 'BOOL',
  'torch.ComplexFloatStorage': 'C64',
  // Bytes whose tensors say what they are.
  'torch.UntypedStorage': 'U8',
  'torch.storage.UntypedStorage': 'U8',
};

const dtypes: Readonly<Record<string, string>> = {
  'torch.float32': 'F32',
  'torch.float64': 'F64',
  'torch.float16': 'F16',
  'torch.bfloat16': 'BF16',
  'torch.int64': 'I64',
  'torch.int32': 'I32',
  'torch.int16': 'I16',
  'torch.int8': 'I8',
  'torch.uint8': 'U8',
  'torch.uint16': 'U16',
  'torch.uint32': 'U32',
  'torch.uint64': 'U64',
  'torch.bool': 'BOOL',
  'torch.complex64': 'C64',
  'torch.float8_e4m3fn': 'F8_E4M3',
  'torch.float8_e5m2': 'F8_E5M2',
};

const makers: Readonly<Record<string, Maker | null>> = {
  'collections.OrderedDict': dictOf,
  'builtins.dict': dictOf,
  'builtins.set': ([items = []]) => [...itemsOf(items)],
  'torch.Size': ([items = []]) => new PickleTuple(itemsOf(items)),
  'torch.device': ([name = null]) => name,
  // The arguments after these are for training: whether gradients are wanted, and hooks.
  'torch._utils._rebuild_tensor': (args, faults) => tensorOf(args.slice(0, 4), faults),
  'torch._utils._rebuild_tensor_v2': (args, faults) => tensorOf(args.slice(0, 4), faults),
  'torch._utils._rebuild_tensor_v3': (args, faults) => tensorOf([...args.slice(0, 4), args[6] ?? null], faults),
  'torch._utils._rebuild_parameter': parameterOf,
  'torch._utils._rebuild_parameter_with_state': parameterOf,
  'torch._tensor._rebuild_from_type_v2': ([maker, , args], faults) => {
    if (!(maker instanceof PickleName) || !maker.make)
      throw faults.bad('is broken: a tensor of it is made by no name.');
    return maker.make(itemsOf(args ?? null), faults);
  },
  // Types that the maker above is told, and never called by themselves.
  'torch.Tensor': null,
  'torch.nn.parameter.Parameter': null,
  'torch.nn.parameter.Buffer': null,
  // Objects with nothing but values in them.
  'torch.nn.modules.container.ParameterDict': () => new PickleDict(true),
  'torch.nn.modules.container.ParameterList': () => new PickleDict(true),
  // Lists inside of a TorchScript archive.
  'torch.jit._pickle.build_intlist': ([items = []]) => itemsOf(items).slice(),
  'torch.jit._pickle.build_doublelist': ([items = []]) => itemsOf(items).slice(),
  'torch.jit._pickle.build_boollist': ([items = []]) => itemsOf(items).slice(),
  'torch.jit._pickle.build_tensorlist': ([items = []]) => itemsOf(items).slice(),
  'torch.jit._pickle.restore_type_tag': ([value = null]) => value,
  // Bytes as Python 2 wrote them, and numpy's single numbers among a trainer's notes.
  '_codecs.encode': ([text]) => Buffer.from(typeof text === 'string' ? text : '', 'latin1'),
  'numpy.dtype': () => new PickleDict(true),
  'numpy.core.multiarray.scalar': () => null,
  'numpy._core.multiarray.scalar': () => null,
  // Keys of what Lightning keeps about a training.
  'pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint': null,
  'lightning.pytorch.callbacks.model_checkpoint.ModelCheckpoint': null,
};

const pythonTwo: Readonly<Record<string, string>> = { __builtin__: 'builtins', copy_reg: 'copyreg' };

/** What a name in the pickle stands for; throws for one that is not in the list. */
export function allowedName(module: string, name: string, faults: TorchFaults): PickleValue {
  const full = `${pythonTwo[module] ?? module}.${name}`;
  if (Object.hasOwn(dtypes, full)) return new TorchDtype(dtypes[full] as string);
  if (Object.hasOwn(storageDtypes, full)) return new PickleName(full, null);
  if (Object.hasOwn(makers, full)) return new PickleName(full, makers[full] ?? null);
  // A class of a TorchScript archive: its code lies beside, is not read, and its objects are named values.
  if (/^__torch__(\.\w+)*\.\w+$/.test(full)) return new PickleName(full, () => new PickleDict(true));
  if (/^torch\.Q\w*Storage$/.test(full) || full.startsWith('torch._utils._rebuild_qtensor')) {
    throw faults.unsupported(
      'holds tensors that torch quantised, which cannot be read here. Get the model as .safetensors.',
    );
  }
  if (full.startsWith('torch.nn.modules.')) {
    throw faults.unsupported(
      `holds a whole program (${name}) and not its weights alone: it is not read. Get its state_dict or .safetensors.`,
    );
  }
  throw faults.wantsToRun(full);
}

/** The storage that a persistent id names: ('storage', type, key, device, elements), and in legacy streams a view. */
export function storageOf(id: PickleValue, faults: TorchFaults): TorchStorage {
  const [kind, type, key, , elements, view = null] = id instanceof PickleTuple ? id.items : [];
  if (kind === 'module') throw faults.unsupported('holds a whole program and not its weights alone: it is not read.');
  const dtype = type instanceof PickleName ? storageDtypes[type.name] : undefined;
  if (kind !== 'storage' || dtype === undefined || (typeof key !== 'string' && typeof key !== 'number')) {
    throw faults.bad('is broken: a tensor of it names no place for its numbers.');
  }
  const size = (elementBits[dtype] ?? 8) / 8;
  const whole = new TorchStorage(`${key}`, dtype, natural(elements, faults) * size);
  if (view === null) return whole;
  const [viewKey, viewAfter, viewElements] = view instanceof PickleTuple ? view.items : [];
  if (typeof viewKey !== 'string' && typeof viewKey !== 'number')
    throw faults.bad('is broken: a part of it has no name.');
  const after = natural(viewAfter, faults) * size;
  const bytes = natural(viewElements, faults) * size;
  if (after + bytes > whole.bytes) throw faults.bad('is broken: a part of it is larger than the whole.');
  return new TorchStorage(`${viewKey}`, dtype, bytes, { whole, after });
}

function tensorOf(args: readonly PickleValue[], faults: TorchFaults): TorchTensor {
  const [storage, elementsAfter, size, stride, type = null] = args;
  if (!(storage instanceof TorchStorage)) throw faults.bad('is broken: a tensor of it has no numbers.');
  const shape = naturals(size ?? null, faults);
  const strides = naturals(stride ?? null, faults);
  if (shape.length !== strides.length || shape.length > 64) {
    throw faults.bad('is broken: a tensor of it has not as many strides as sizes.');
  }
  const dtype = type instanceof TorchDtype ? type.dtype : storage.dtype;
  const bytes = (elementBits[dtype] ?? 8) / 8;
  const after = natural(elementsAfter, faults) * bytes;
  // Elements are few where one stands for many (stride 0), so their number is bounded as well as their places.
  const elements = shape.reduce((product, dim) => product * dim, 1);
  const last = shape.reduce((sum, dim, axis) => sum + (dim - 1) * (strides[axis] as number), 0);
  const end = elements === 0 ? 0 : after + (last + 1) * bytes;
  if (!(end <= storage.bytes) || !(elements * bytes <= Math.max(storage.bytes, 1 << 20))) {
    throw faults.bad(`is broken: a tensor [${shape.join(', ')}] of it is larger than the numbers it names.`);
  }
  return new TorchTensor(storage, dtype, after, shape, strides);
}

function parameterOf([data]: readonly PickleValue[], faults: TorchFaults): TorchTensor {
  if (data instanceof TorchTensor) return data;
  throw faults.bad('is broken: a parameter of it is no tensor.');
}

function dictOf([pairs = []]: readonly PickleValue[], faults: TorchFaults): PickleDict {
  const dict = new PickleDict();
  for (const pair of itemsOf(pairs)) {
    const [key, value] = itemsOf(pair);
    if (key === undefined || value === undefined) throw faults.bad('is broken: a list of pairs in it is none.');
    dict.entries.set(key, value);
  }
  return dict;
}

function itemsOf(value: PickleValue): readonly PickleValue[] {
  if (value instanceof PickleTuple) return value.items;
  return Array.isArray(value) ? value : [];
}

function naturals(value: PickleValue, faults: TorchFaults): number[] {
  return itemsOf(value).map((item) => natural(item, faults));
}

function natural(value: PickleValue | undefined, faults: TorchFaults): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw faults.bad('is broken: a size in it is no whole number.');
}
