/**
 * Reads a pickle without Python and without running anything: a stack machine that builds containers, texts, numbers,
 * and what the names of `allowed-names.ts` stand for. A name that is not among them ends the reading, and so does every
 * instruction that only code needs.
 *
 * Reference: Python 3.11, pickletools.py (the instructions of protocols 0 to 5); torch 2.13.0, _weights_only_unpickler.py
 * (which of them torch's own files use).
 */
import { allowedName, storageOf } from './allowed-names.js';
import { ByteReader } from './byte-reader.js';
import type { PickleValue } from './pickle-values.js';
import { PickleDict, PickleName, PickleTuple, TorchStorage, TorchTensor } from './pickle-values.js';
import type { TorchFaults } from './torch-faults.js';

/** The largest real ones, of whole training states, have a few million. */
const MAX_INSTRUCTIONS = 20_000_000;
const MAX_PROTOCOL = 5;

export interface Unpickled {
  readonly value: PickleValue;
  /** Behind its last instruction. */
  readonly end: number;
  /** By key; every one that some tensor names. Their places are not known yet. */
  readonly storages: ReadonlyMap<string, TorchStorage>;
}

/** Throws `EndOfBytes` where the bytes end before the pickle does. */
export function unpickle(bytes: Uint8Array, start: number, faults: TorchFaults): Unpickled {
  return new Machine(bytes, start, faults).run();
}

class Machine {
  readonly #read: ByteReader;
  readonly #faults: TorchFaults;
  readonly #stack: PickleValue[] = [];
  /** Heights of the stack at each MARK. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, PickleValue>();
  readonly #storages = new Map<string, TorchStorage>();

  constructor(bytes: Uint8Array, start: number, faults: TorchFaults) {
    this.#read = new ByteReader(bytes, start, faults);
    this.#faults = faults;
  }

  run(): Unpickled {
    for (let count = 0; count < MAX_INSTRUCTIONS; count++) {
      const code = this.#read.uint8();
      if (code === STOP) {
        const value = this.#pop();
        return { value, end: this.#read.position, storages: this.#storages };
      }
      this.#step(code);
    }
    throw this.#faults.bad('is not read: its pickle is longer than that of any model.');
  }

  /** One instruction, by the letter that pickletools.py lists it under. */
  #step(code: number): void {
    const read = this.#read;
    switch (code) {
      case 0x80: // PROTO
        if (read.uint8() > MAX_PROTOCOL) throw this.#faults.bad('is a pickle of a later Python than is known here.');
        return;
      case 0x95: // FRAME: how far one may read ahead
        read.uint64();
        return;

      // The stack.
      case 0x28: // ( MARK
        this.#marks.push(this.#stack.length);
        return;
      case 0x30: // 0 POP
        if (this.#marks.at(-1) === this.#stack.length) this.#marks.pop();
        else this.#pop();
        return;
      case 0x31: // 1 POP_MARK
        this.#popMark();
        return;
      case 0x32: // 2 DUP
        return this.#push(this.#top());

      // Plain values.
      case 0x4e: // N NONE
        return this.#push(null);
      case 0x88: // NEWTRUE
        return this.#push(true);
      case 0x89: // NEWFALSE
        return this.#push(false);
      case 0x4b: // K BININT1
        return this.#push(read.uint8());
      case 0x4d: // M BININT2
        return this.#push(read.uint16());
      case 0x4a: // J BININT
        return this.#push(read.int32());
      case 0x8a: // LONG1
        return this.#push(read.integer(read.uint8()));
      case 0x8b: // LONG4
        return this.#push(read.integer(read.uint32()));
      case 0x47: // G BINFLOAT
        return this.#push(read.float64());
      case 0x49: // I INT
      case 0x4c: // L LONG
      case 0x46: // F FLOAT
        return this.#push(numberOf(read.line(), code === 0x46, this.#faults));

      // Texts and bytes.
      case 0x58: // X BINUNICODE
        return this.#push(read.text(read.uint32()));
      case 0x8c: // SHORT_BINUNICODE
        return this.#push(read.text(read.uint8()));
      case 0x8d: // BINUNICODE8
        return this.#push(read.text(read.uint64()));
      case 0x56: // V UNICODE
        return this.#push(unescaped(read.line(), unicodeEscapes));
      case 0x55: // U SHORT_BINSTRING
        return this.#push(read.text(read.uint8()));
      case 0x54: // T BINSTRING
        return this.#push(read.text(read.uint32()));
      case 0x53: // S STRING
        return this.#push(unescaped(unquoted(read.line(), this.#faults), byteEscapes));
      case 0x43: // C SHORT_BINBYTES
        return this.#push(read.take(read.uint8()));
      case 0x42: // B BINBYTES
        return this.#push(read.take(read.uint32()));
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        return this.#push(read.take(read.uint64()));

      // Containers.
      case 0x5d: // ] EMPTY_LIST
      case 0x8f: // EMPTY_SET, whose items come as those of a list
        return this.#push([]);
      case 0x7d: // } EMPTY_DICT
        return this.#push(new PickleDict());
      case 0x29: // ) EMPTY_TUPLE
        return this.#push(new PickleTuple([]));
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        return this.#push(new PickleTuple(this.#popMany(code - 0x84)));
      case 0x74: // t TUPLE
        return this.#push(new PickleTuple(this.#popMark()));
      case 0x6c: // l LIST
      case 0x91: // FROZENSET
        return this.#push(this.#popMark());
      case 0x64: // d DICT
        return this.#push(this.#filled(new PickleDict(), this.#popMark()));
      case 0x61: // a APPEND
        return this.#append(this.#popMany(1));
      case 0x65: // e APPENDS
      case 0x90: // ADDITEMS
        return this.#append(this.#popMark());
      case 0x73: // s SETITEM
        return this.#setItems(this.#popMany(2));
      case 0x75: // u SETITEMS
        return this.#setItems(this.#popMark());

      // The memo.
      case 0x71: // q BINPUT
        return this.#remember(read.uint8());
      case 0x72: // r LONG_BINPUT
        return this.#remember(read.uint32());
      case 0x70: // p PUT
        return this.#remember(Number(read.line()));
      case 0x94: // MEMOIZE
        return this.#remember(this.#memo.size);
      case 0x68: // h BINGET
        return this.#push(this.#remembered(read.uint8()));
      case 0x6a: // j LONG_BINGET
        return this.#push(this.#remembered(read.uint32()));
      case 0x67: // g GET
        return this.#push(this.#remembered(Number(read.line())));

      // Names, and what they make.
      case 0x63: // c GLOBAL
        return this.#push(allowedName(read.line(), read.line(), this.#faults));
      case 0x93: // STACK_GLOBAL
        return this.#stackGlobal();
      case 0x52: // R REDUCE
      case 0x81: // NEWOBJ
        return this.#make(this.#popMany(2));
      case 0x92: // NEWOBJ_EX
        return this.#make(this.#popMany(3).slice(0, 2));
      case 0x62: // b BUILD
        return this.#build();
      case 0x69: // i INST
      case 0x6f: // o OBJ
        return this.#instance(code);
      case 0x51: // Q BINPERSID
        return this.#push(this.#storage(this.#pop()));
      default:
        throw this.#faults.bad(
          `is broken or no pickle of weights: it has the instruction 0x${code.toString(16).padStart(2, '0')} at byte ${read.position - 1}.`,
        );
    }
  }

  // --------------------------------------------------------------------------------------------------- stack ----

  #push(value: PickleValue): void {
    this.#stack.push(value);
  }

  #top(): PickleValue {
    if (this.#stack.length === (this.#marks.at(-1) ?? 0)) throw this.#empty();
    return this.#stack.at(-1) as PickleValue;
  }

  #pop(): PickleValue {
    const value = this.#top();
    this.#stack.pop();
    return value;
  }

  #popMany(count: number): PickleValue[] {
    if (this.#stack.length - count < (this.#marks.at(-1) ?? 0)) throw this.#empty();
    return this.#stack.splice(this.#stack.length - count, count);
  }

  #popMark(): PickleValue[] {
    const height = this.#marks.pop();
    if (height === undefined) throw this.#empty();
    return this.#stack.splice(height);
  }

  #empty(): Error {
    return this.#faults.bad(`is broken: its pickle takes what it never made, at byte ${this.#read.position - 1}.`);
  }

  #remember(place: number): void {
    this.#memo.set(place, this.#top());
  }

  #remembered(place: number): PickleValue {
    const value = this.#memo.get(place);
    if (value === undefined) throw this.#empty();
    return value;
  }

  // -------------------------------------------------------------------------------------------------- values ----

  #append(values: readonly PickleValue[]): void {
    const list = this.#top();
    if (!Array.isArray(list)) throw this.#faults.bad('is broken: it adds to a list that is none.');
    for (const value of values) list.push(value);
  }

  #setItems(pairs: readonly PickleValue[]): void {
    const dict = this.#top();
    if (!(dict instanceof PickleDict)) throw this.#faults.bad('is broken: it adds to a dict that is none.');
    this.#filled(dict, pairs);
  }

  #filled(dict: PickleDict, pairs: readonly PickleValue[]): PickleDict {
    if (pairs.length % 2 !== 0) throw this.#faults.bad('is broken: a key of a dict in it has no value.');
    for (let i = 0; i < pairs.length; i += 2) {
      dict.entries.set(pairs[i] as PickleValue, pairs[i + 1] as PickleValue);
    }
    return dict;
  }

  #stackGlobal(): void {
    const [module, name] = this.#popMany(2);
    if (typeof module !== 'string' || typeof name !== 'string')
      throw this.#faults.bad('is broken: a name in it is none.');
    this.#push(allowedName(module, name, this.#faults));
  }

  #make([name, args]: readonly PickleValue[]): void {
    if (!(name instanceof PickleName)) throw this.#faults.bad('is broken: it calls what is no name.');
    if (!name.make) throw this.#faults.wantsToRun(name.name);
    if (!(args instanceof PickleTuple)) throw this.#faults.bad(`is broken: ${name.name} in it has no arguments.`);
    this.#push(name.make(args.items, this.#faults));
  }

  /** Instructions of protocol 0 and 1 that name a class and make its object at once. */
  #instance(code: number): void {
    const name = code === 0x69 ? allowedName(this.#read.line(), this.#read.line(), this.#faults) : null;
    const given = this.#popMark();
    const maker = name ?? given.shift() ?? null;
    this.#make([maker, new PickleTuple(given)]);
  }

  /** Attributes of what lies below. Those of a container are what Python would keep beside its entries: no weights. */
  #build(): void {
    const state = this.#pop();
    const value = this.#top();
    if (value instanceof PickleDict && value.open && state instanceof PickleDict) {
      for (const [key, item] of state.entries) value.entries.set(key, item);
    } else if (!(value instanceof PickleDict || value instanceof TorchTensor)) {
      const what = value instanceof PickleName ? value.name : 'an object that it made';
      throw value instanceof PickleName
        ? this.#faults.wantsToRun(what)
        : this.#faults.bad(`is broken: it changes ${what}.`);
    }
  }

  /** The same key is the same storage; two that differ are a lie about one of them. */
  #storage(id: PickleValue): TorchStorage {
    const storage = storageOf(id, this.#faults);
    if (storage.partOf) {
      const whole = this.#known(storage.partOf.whole);
      return this.#known(new TorchStorage(storage.key, storage.dtype, storage.bytes, { ...storage.partOf, whole }));
    }
    return this.#known(storage);
  }

  #known(storage: TorchStorage): TorchStorage {
    const known = this.#storages.get(storage.key);
    if (!known) {
      this.#storages.set(storage.key, storage);
      return storage;
    }
    const same =
      known.dtype === storage.dtype &&
      known.bytes === storage.bytes &&
      known.partOf?.whole === storage.partOf?.whole &&
      known.partOf?.after === storage.partOf?.after;
    if (!same) throw this.#faults.bad(`is broken: it tells two sizes or types for the numbers ${known.key}.`);
    return known;
  }
}

const STOP = 0x2e;

function numberOf(line: string, isFloat: boolean, faults: TorchFaults): PickleValue {
  if (!isFloat && (line === '00' || line === '01')) return line === '01';
  const digits = line.replace(/L$/, '').trim();
  const number = /^[+-]?\d{1,400}$/.test(digits) || isFloat ? Number(digits) : NaN;
  if (Number.isSafeInteger(number) || (isFloat && digits !== '')) return number;
  if (!/^[+-]?\d{1,400}$/.test(digits)) throw faults.bad('is broken: a number in it is none.');
  return BigInt(digits);
}

/** Of texts, and of the bytes of Python 2, in protocol 0. */
const unicodeEscapes = /\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g;
const byteEscapes = /\\x([0-9a-fA-F]{2})|\\([\\'"nrt])/g;

function unescaped(text: string, escapes: RegExp): string {
  return text.replace(escapes, (whole, first: string | undefined, second: string | undefined) => {
    if (first !== undefined) return String.fromCharCode(Number.parseInt(first, 16));
    if (escapes === unicodeEscapes) return codePoint(Number.parseInt(second ?? '', 16), whole);
    return { n: '\n', r: '\r', t: '\t' }[second ?? ''] ?? second ?? whole;
  });
}

const codePoint = (code: number, otherwise: string): string =>
  code <= 0x10_ff_ff ? String.fromCodePoint(code) : otherwise;

function unquoted(line: string, faults: TorchFaults): string {
  const quote = line[0];
  if (line.length >= 2 && (quote === "'" || quote === '"') && line.endsWith(quote)) return line.slice(1, -1);
  throw faults.bad('is broken: a text in it has no end.');
}
