import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { extractFile, listPackage } from '@electron/asar';
import { expect, test } from 'vitest';
import { writeAsar } from '../../../../main/set-up/write-asar.mjs';

test('what was written is what @electron/asar reads', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'inkstone-asar-'));
  const archive = path.join(folder, 'it.asar');
  // Lengths that are no multiples of 4: header and bodies are aligned differently.
  fs.writeFileSync(archive, writeAsar({ 'package.json': '{"a":1}', 'main.mjs': 'ö' }));
  try {
    expect(listPackage(archive, { isPack: false })).toEqual(['/package.json', '/main.mjs']);
    expect(extractFile(archive, 'package.json').toString()).toBe('{"a":1}');
    expect(extractFile(archive, 'main.mjs').toString()).toBe('ö');
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});
