import { describe, expect, test } from 'vitest';

import { EndOfBytes } from '../../../../../native-models/weight-formats/torch-pickle/byte-reader.js';
import { unpickle } from '../../../../../native-models/weight-formats/torch-pickle/pickle-machine.js';
import {
  PickleDict,
  PickleTuple,
  TorchTensor,
} from '../../../../../native-models/weight-formats/torch-pickle/pickle-values.js';
import type { PickleValue } from '../../../../../native-models/weight-formats/torch-pickle/pickle-values.js';
import { TorchFaults } from '../../../../../native-models/weight-formats/torch-pickle/torch-faults.js';
import { Pickle } from '../../../../torch-files.js';

const faults = new TorchFaults('/models/file.pth', 'file.pth');
const read = (bytes: Uint8Array): PickleValue => unpickle(bytes, 0, faults).value;
/** A pickle of protocol 0, as it is written in text. */
const text = (pickle: string): PickleValue => read(Buffer.from(pickle, 'latin1'));

/** Values as plain ones, to compare. */
function plain(value: PickleValue): unknown {
  if (value instanceof PickleTuple) return { tuple: value.items.map(plain) };
  if (value instanceof PickleDict) return new Map([...value.entries].map(([key, item]) => [plain(key), plain(item)]));
  return Array.isArray(value) ? value.map(plain) : value;
}

describe('what Python writes in each protocol', () => {
  // [pickle.dumps(a, protocol).hex() of Python 3.11, where a ends with one dict twice]
  test.each([
    [
      0,
      '286c70300a49310a61462d322e350a614c343239343936373239364c0a614930310a614e61566772f6df655c75303030610a70310a612849310a49320a7470320a61286470330a56610a70340a286c70350a49330a61736167330a612e',
    ],
    [
      1,
      '5d7100284b0147c0040000000000004c343239343936373239364c0a4930310a4e58080000006772c3b6c39f650a7101284b014b027471027d710358010000006171045d71054b0361736803652e',
    ],
    [
      2,
      '80025d7100284b0147c0040000000000008a050000000001884e58080000006772c3b6c39f650a71014b014b028671027d710358010000006171045d71054b0361736803652e',
    ],
    [
      3,
      '80035d7100284b0147c0040000000000008a050000000001884e58080000006772c3b6c39f650a71014b014b028671027d710358010000006171045d71054b0361736803652e',
    ],
    [
      4,
      '80049538000000000000005d94284b0147c0040000000000008a050000000001884e8c086772c3b6c39f650a944b014b0286947d948c0161945d944b0361736803652e',
    ],
    [
      5,
      '80059538000000000000005d94284b0147c0040000000000008a050000000001884e8c086772c3b6c39f650a944b014b0286947d948c0161945d944b0361736803652e',
    ],
  ])('protocol %i', (_protocol, hex) => {
    const dict = new Map([['a', [3]]]);
    const value = read(Buffer.from(hex, 'hex'));
    expect(plain(value)).toEqual([1, -2.5, 2 ** 32, true, null, 'größe\n', { tuple: [1, 2] }, dict, dict]);
    const [first, second] = (value as PickleValue[]).slice(-2);
    expect(first).toBe(second);
  });

  test.each<[string, PickleValue, unknown]>([
    ['numbers', text('(lp0\nI1\naF-2.5\naL4294967296L\naI01\naI00\na.'), [1, -2.5, 4_294_967_296, true, false]],
    ['a large number', text(`L${2n ** 70n}L\n.`), 2n ** 70n],
    ['texts', text("(S'a\\'b'\nVgr\\u00f6\xdfe\nt."), { tuple: ["a'b", 'größe'] }],
    ['a dict', text("(dp0\nS'a'\nI1\ns."), new Map([['a', 1]])],
    ['one value twice', text('((lp0\ng0\nt.'), { tuple: [[], []] }],
  ])('of protocol 0: %s', (_what, value, expected) => expect(plain(value)).toEqual(expected));

  test('of protocol 2: negative numbers of any length', () => {
    const longs = [-1, -256, -(2 ** 31) - 1, 2 ** 40];
    const pickle = new Pickle().op('](');
    for (const long of longs) pickle.int(long);
    expect(read(pickle.op('e').end())).toEqual(longs);
  });

  test('of protocol 4: memo, frame, short texts, stack', () => {
    const bytes = Buffer.from([
      0x80, 4, 0x95, 8, 0, 0, 0, 0, 0, 0, 0, 0x5d, 0x94, 0x28, 0x8c, 1, 97, 0x94, 0x68, 1, 0x65, 0x2e,
    ]);
    expect(read(bytes)).toEqual(['a', 'a']);
  });
});

const tensor = (pickle: Pickle, { elements = 6, after = 0, shape = [2, 3], strides = [3, 1] } = {}): Pickle => {
  pickle.global('torch._utils', '_rebuild_tensor_v2').op('((');
  pickle.text('storage').global('torch', 'FloatStorage').text('0').text('cpu').int(elements).op('tQ');
  return pickle.int(after).ints(shape).ints(strides).raw(0x89).op('}tR');
};

describe('a tensor', () => {
  test('is a place in its storage', () => {
    const { value, storages } = unpickle(tensor(new Pickle(), { after: 1, shape: [1, 3] }).end(), 0, faults);
    expect(value).toBeInstanceOf(TorchTensor);
    expect(value).toMatchObject({ dtype: 'F32', after: 4, shape: [1, 3], strides: [3, 1], contiguous: true });
    expect([...storages.values()]).toMatchObject([{ key: '0', bytes: 24, offset: -1 }]);
  });

  test.each([
    ['in the order of its rows', [2, 3], [3, 1], true],
    ['turned', [3, 2], [1, 3], false],
    ['of one repeated number', [2, 3], [0, 0], false],
    ['with an axis of one', [1, 6], [99, 1], true],
    ['with nothing in it', [0, 3], [7, 7], true],
    ['without axes', [], [], true],
  ])('%s: contiguous as torch says', (_what, shape, strides, contiguous) => {
    const elements = 200;
    expect(read(tensor(new Pickle(), { elements, shape, strides }).end())).toMatchObject({ contiguous });
  });

  test.each([
    ['ends behind its storage', { after: 1 }],
    ['has a stride that leads out of it', { strides: [4, 1] }],
    ['is larger than any', { shape: [2 ** 40, 2 ** 40], strides: [0, 0] }],
    ['begins before it', { after: -1 }],
    ['has fewer strides than sizes', { strides: [1] }],
    ['has a size below zero', { shape: [-1, 3] }],
  ])('that %s is refused', (_what, options) => {
    expect(() => read(tensor(new Pickle(), options).end())).toThrow(/^file\.pth is broken: /);
  });

  test('whose storage has two sizes is refused', () => {
    const two = tensor(tensor(new Pickle().op('(')), { elements: 7 })
      .op('t')
      .end();
    expect(() => read(two)).toThrow('two sizes or types');
  });
});

describe('what wants to run', () => {
  const call = (module: string, name: string) => new Pickle().global(module, name).op('(').text('ls').op('tR').end();

  test.each([
    ['posix', 'system'],
    ['builtins', 'eval'],
    ['__builtin__', 'exec'],
    ['subprocess', 'Popen'],
    ['torch.hub', 'load'],
    ['torch._utils', '_rebuild_tensor_v2.__globals__'],
    ['__torch__.os', 'system; import os'],
    ['numpy', 'load'],
    ['functools', 'partial'],
  ])('%s.%s is refused by that name', (module, name) => {
    const shown = `${module.replace('__builtin__', 'builtins')}.${name.replace(/ /g, '?')}`;
    for (const bytes of [
      call(module, name),
      new Pickle().text(module).text(name).raw(0x93).op(')').raw(0x81).end(), // STACK_GLOBAL, NEWOBJ
      new Pickle().op(`(i${module}\n${name}\n`).end(), // INST
      new Pickle().op('(').global(module, name).op('o').end(), // OBJ
      new Pickle().global(module, name).op('}b').end(), // BUILD
    ]) {
      expect(() => read(bytes)).toThrow(`file.pth wants to run ${shown} when it is opened: it is not read.`);
    }
  });

  test('a type that may only be mentioned is not called', () => {
    expect(() => read(call('torch', 'Tensor'))).toThrow('wants to run torch.Tensor');
    expect(() => read(call('torch', 'FloatStorage'))).toThrow('wants to run torch.FloatStorage');
  });

  test('a name of many lines is shown as one short text', () => {
    const name = `a\u202e${'b'.repeat(500)}`;
    expect(() => read(new Pickle().text('evil').text(name).raw(0x93).end())).toThrow(
      /^file\.pth wants to run evil\.a\?b{80,}… when/,
    );
  });

  test('instructions that only code needs are refused', () => {
    for (const code of [0x82, 0x83, 0x84, 0x97, 0x98, 0x50]) {
      expect(() => read(Buffer.from([0x80, 2, code, 1, 0x2e]))).toThrow(/^file\.pth is broken or no pickle of weights/);
    }
  });
});

describe('a broken pickle', () => {
  test.each([
    ['takes from an empty stack', '.'],
    ['takes more than a mark left', 'N(\x85.'],
    ['has no mark', 'Nt.'],
    ['remembers what it never had', 'h\x05.'],
    ['adds to no list', 'NNa.'],
    ['adds to no dict', 'NNNs.'],
    ['has a key and no value', '}(Nu.'],
    ['calls a text', "S'a'\n)R."],
    ['has a number that is none', 'Iabc\n.'],
    ['is of a later Python', '\x80\x09N.'],
  ])('that %s is refused in a sentence', (_what, pickle) => expect(() => text(pickle)).toThrow(/^file\.pth is /));

  test('that is cut short is told apart, wherever it is cut', () => {
    const whole = tensor(new Pickle().op('}(').text('a')).op('u').end();
    for (let length = 0; length < whole.length; length++) {
      expect(() => read(whole.subarray(0, length))).toThrow(EndOfBytes);
    }
  });

  test('with a length beyond its end asks for more, and takes no memory for it', () => {
    for (const head of [
      [0x58, 0xff, 0xff, 0xff, 0xff],
      [0x8b, 0xff, 0, 0, 0],
      [0x8d, 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0],
    ]) {
      expect(() => read(Buffer.from([0x80, 2, ...head, 0x61]))).toThrow(EndOfBytes);
    }
  });
});
