import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { adapterText } from '../../../../main/command-line/adapter-report.js';
import { receiptOf } from '../../app/adapter-parts.js';
import { writeZeros } from '../../native-models/adapters/adapter-files.js';
import { bundleInkstone, type Inkstone } from './run-inkstone.js';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const pictures = fileURLToPath(new URL('../../../../native-models/embedded/pictures', import.meta.url));
const loras = join(pictures, 'loras');

let inkstone: Inkstone;
let folder: string;
beforeAll(async () => {
  inkstone = await bundleInkstone();
  folder = mkdtempSync(join(tmpdir(), 'inkstone-adapters-'));
});
afterAll(() => {
  inkstone.remove();
  rmSync(folder, { recursive: true });
});

describe('a group of verbs', () => {
  test('lists its verbs', async () => {
    const { code, stdout } = await inkstone.run(['adapters', '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('adapters inspect FILE [--model M]');
    expect(stdout).toContain('adapters bake --model M');
    expect(stdout).not.toContain('models list');
    const alone = await inkstone.run(['adapters']);
    expect(alone).toMatchObject({ code: 2, stdout });
    expect((await inkstone.run(['models', '--help'])).stdout).toContain('models import');
  });

  test('says what there is in place of an unknown one', async () => {
    const { code, stderr } = await inkstone.run(['adapters', 'merge']);
    expect(code).toBe(2);
    expect(stderr).toEqual(['“adapters” has no verb “merge”; there is inspect, bake.']);
  });

  test('tells the flags of one', async () => {
    const { code, stdout } = await inkstone.run(['adapters', 'inspect', '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^inkstone adapters inspect FILE/);
    expect((await inkstone.run(['generate', '--help'])).stdout).toContain('strengths take a dot (0.8)');
  });
});

describe('adapters inspect', () => {
  test('says in the words of the window that a file is not applied', async () => {
    const key = 'lora_unet_down_blocks_9_attentions_0_proj_in';
    const file = await writeZeros(join(folder, 'odd.safetensors'), {
      ...{ [`${key}.lora_down.weight`]: [4, 320], [`${key}.lora_up.weight`]: [320, 4] },
    });
    const { code, stdout } = await inkstone.run(['adapters', 'inspect', file, '--model', pictures]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}odd was not made for [^:]+: 0 of 1 layers match\. It is not applied\.$/m);
    expect(stdout).toContain('1 × this model has no such layer');
  });
});

describe('a receipt for people', () => {
  test('counts one damaged tensor as one', () => {
    const text = (nonFinite: string[]) => adapterText(receiptOf('/loras/dark.safetensors', { nonFinite }), 'Ink 1.5');
    expect(text(['a.up'])).toContain(
      '  dark holds values that are no numbers (in a.up): the file is damaged. It is not applied.',
    );
    expect(text(['a.up', 'b.up'])).toContain('(in 2 tensors, the first of them a.up)');
    expect(text([])).toContain('  264 of 264 layers match Ink 1.5');
  });
});

describe('generate --lora', () => {
  test('with a name of the shelf says where names belong', async () => {
    const name =
      readdirSync(loras)
        .find((each) => each.endsWith('.safetensors'))
        ?.replace('.safetensors', '') ?? '';
    const out = join(folder, 'a.png');
    const { code, stderr } = await inkstone.run([
      ...['generate', '--prompt', 'a cat', '--lora', `${name}:0.8`, '--out', out, '--device', 'cpu'],
    ]);
    expect(code).toBe(1);
    expect(stderr.at(-1)).toMatch(
      new RegExp(`is not there\\. .* write <lora:${name}:0\\.8> in the prompt instead\\.$`),
    );
  });
});
