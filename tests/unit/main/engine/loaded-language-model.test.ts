import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { languageModelFiles } from '../../../../main/engine/language-model-files.js';
import { checkWeights, requireMemory } from '../../../../main/engine/loaded-language-model.js';

const storyteller = fileURLToPath(new URL('../../../../native-models/embedded/storyteller', import.meta.url));
const machine = { total: 25e9, free: 20e9 };

describe('the memory for a model', () => {
  test('that could never hold it is a refusal in one sentence', () => {
    expect(() => requireMemory('Large', 137e9, machine)).toThrow(
      expect.objectContaining({
        kind: 'out-of-memory',
        message:
          'Large needs 137 GB of memory, this machine has 25 GB (20 GB free). Choose a smaller or a quantised one.',
      }),
    );
  });

  test('that other programs have now is a notice', () => {
    expect(requireMemory('Middling', 22e9, machine)).toBe(
      'Middling needs 22 GB of memory and 20 GB are free: it will be slow. Close other programs, or choose a smaller one.',
    );
    expect(requireMemory('Middling', 9.44e9, { total: 25e9, free: 612e6 })).toContain('9.4 GB of memory and 612 MB');
  });

  test('that is free is no word', () => {
    expect(requireMemory('Small', 20e9, machine)).toBeNull();
  });
});

describe('the weights of a folder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'inkstone-weights-'));
    cpSync(storyteller, folder, { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('are read with the part that is done', async () => {
    const told: number[] = [];
    await checkWeights(await languageModelFiles(folder), { onProgress: (done, total) => told.push(done / total) });
    expect(told).toEqual([0, 1]);
  });

  test('are not read on after a stop', async () => {
    const files = await languageModelFiles(folder);
    await expect(checkWeights(files, { signal: AbortSignal.abort() })).rejects.toMatchObject({ kind: 'cancelled' });
  });

  test('that hold what is no number are refused', async () => {
    const file = join(folder, 'model.safetensors');
    const bytes = readFileSync(file);
    bytes.writeUInt32LE(0x7fc00000, 8 + Number(bytes.readBigUInt64LE()));
    writeFileSync(file, bytes);
    await expect(checkWeights(await languageModelFiles(folder), {})).rejects.toMatchObject({ kind: 'bad-file' });
  });
});
