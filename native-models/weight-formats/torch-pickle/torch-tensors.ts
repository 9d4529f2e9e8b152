/** The tensors of a torch file by their names. */
import type { PickleValue } from './pickle-values.js';
import { PickleDict, PickleTuple, TorchTensor } from './pickle-values.js';
import type { TorchFile } from './read-torch-file.js';
import { TorchFaults, shown } from './torch-faults.js';

/** Deeper than any model; an object that holds itself would go on for ever. */
const MAX_DEPTH = 64;
const MAX_VALUES = 500_000;

/**
 * All tensors below a value, each by its dotted name: of `{"a": {"b": t}, "c": [u]}` these are `a.b` and `c.0`. What is no
 * tensor is left out.
 *
 * @param at keys that lead to the value: `['state_dict']` of a training state. Null where one of them is not there.
 */
export function torchTensors(
  { value, file, label }: TorchFile,
  at: readonly string[] = [],
): ReadonlyMap<string, TorchTensor> | null {
  const faults = new TorchFaults(file, label);
  let root: PickleValue | undefined = value;
  for (const key of at) root = root instanceof PickleDict ? root.get(key) : undefined;
  if (root === undefined) return null;

  const found = new Map<string, TorchTensor>();
  let values = 0;
  const walk = (item: PickleValue, name: string, depth: number): void => {
    if (++values > MAX_VALUES || depth > MAX_DEPTH)
      throw faults.bad('is not read: it holds itself, or is nested too deep.');
    if (item instanceof TorchTensor) {
      if (found.has(name)) throw faults.bad(`is broken: two of its tensors are called ${shown(name)}.`);
      found.set(name, item);
      return;
    }
    for (const [key, below] of children(item)) walk(below, name === '' ? key : `${name}.${key}`, depth + 1);
  };
  walk(root, '', 0);
  return found;
}

function children(value: PickleValue): [string, PickleValue][] {
  if (value instanceof PickleDict) {
    return [...value.entries].flatMap(([key, item]) =>
      typeof key === 'string' || typeof key === 'number' ? [[`${key}`, item] as [string, PickleValue]] : [],
    );
  }
  const items = value instanceof PickleTuple ? value.items : Array.isArray(value) ? value : [];
  return items.map((item, index) => [`${index}`, item]);
}
