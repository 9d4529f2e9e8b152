/** What a pickle of weights can hold. Nothing of it is code: a name is a name, a tensor is a place in a file. */
import type { TorchFaults } from './torch-faults.js';

export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | PickleTuple
  | PickleDict
  | PickleName
  | TorchStorage
  | TorchDtype
  | TorchTensor;

export class PickleTuple {
  constructor(readonly items: readonly PickleValue[]) {}
}

/**
 * A dict, and whatever Python object is nothing but named values: a module of a TorchScript archive, a ParameterDict.
 * Keys that are not texts or numbers are told apart by identity.
 */
export class PickleDict {
  readonly entries = new Map<PickleValue, PickleValue>();

  /** @param open its attributes are entries, too: an object; else what Python would set on it (`_metadata`) is dropped */
  constructor(readonly open = false) {}

  get(key: string): PickleValue | undefined {
    return this.entries.get(key);
  }
}

/** A class or function that the pickle names. */
export class PickleName {
  constructor(
    readonly name: string,
    /** Makes what Python would make of it; null: it can be mentioned, not called. */
    readonly make: ((args: readonly PickleValue[], faults: TorchFaults) => PickleValue) | null,
  ) {}
}

/** A run of numbers in the file, of which tensors are views. */
export class TorchStorage {
  /** Of its first byte in the file; known when the whole pickle is read. */
  offset = -1;

  constructor(
    readonly key: string,
    readonly dtype: string,
    readonly bytes: number,
    /** Legacy streams: this one is a part of another, so many bytes after its beginning. */
    readonly partOf: { readonly whole: TorchStorage; readonly after: number } | null = null,
  ) {}
}

/** By the names of safetensors. */
export class TorchDtype {
  constructor(readonly dtype: string) {}
}

export class TorchTensor {
  constructor(
    readonly storage: TorchStorage,
    readonly dtype: string,
    /** In bytes from the beginning of its storage. */
    readonly after: number,
    readonly shape: readonly number[],
    /** In elements, for each axis. */
    readonly strides: readonly number[],
  ) {}

  /** Its elements lie one after the other, in row-major order. */
  get contiguous(): boolean {
    if (this.shape.includes(0)) return true;
    let expected = 1;
    for (let axis = this.shape.length - 1; axis >= 0; axis--) {
      const size = this.shape[axis] as number;
      if (size !== 1 && this.strides[axis] !== expected) return false;
      expected *= size;
    }
    return true;
  }
}
