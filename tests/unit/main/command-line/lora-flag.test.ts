import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { readLora } from '../../../../main/command-line/lora-flag.js';
import { UsageError } from '../../../../main/command-line/usage-error.js';

test('no number means 1, one counts for both networks, two are the UNet’s and the text encoder’s', () => {
  const file = resolve('ink.safetensors');
  expect(readLora('ink.safetensors')).toEqual({ file, weight: 1, textWeight: 1 });
  expect(readLora('ink.safetensors:0.8')).toEqual({ file, weight: 0.8, textWeight: 0.8 });
  expect(readLora('ink.safetensors:-.5:2')).toEqual({ file, weight: -0.5, textWeight: 2 });
});

test('weights are split from the right, so that a drive and other colons stay with the file', () => {
  expect(readLora('C:\\loras\\ink.safetensors').file).toBe(resolve('C:\\loras\\ink.safetensors'));
  expect(readLora('C:\\loras\\ink.safetensors:0.5')).toMatchObject({ weight: 0.5, textWeight: 0.5 });
  expect(readLora('a:1:2:3')).toEqual({ file: resolve('a:1'), weight: 2, textWeight: 3 });
});

test.each(['', 'ink.safetensors:', 'ink.safetensors:strong', 'ink.safetensors:1e9', 'ink.safetensors:200'])(
  '%j is refused as a flag that cannot be understood',
  (given) => {
    expect(() => readLora(given)).toThrow(UsageError);
  },
);
