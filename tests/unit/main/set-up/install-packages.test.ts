import { expect, test } from 'vitest';
import { installedAsLocked } from '../../../../main/set-up/install-packages.mjs';

const wanted = {
  '': { version: '0.1.0' },
  'node_modules/zod': { version: '4.6.7' },
  'node_modules/@img/sharp-win32-x64': { version: '0.35.5', optional: true },
};

test('an optional package for another platform may be absent', () => {
  expect(installedAsLocked(wanted, { 'node_modules/zod': { version: '4.6.7' } })).toBe(true);
});

test('a package that nobody asked for does no harm', () => {
  const installed = { 'node_modules/zod': { version: '4.6.7' }, 'node_modules/left-pad': { version: '1.3.0' } };
  expect(installedAsLocked(wanted, installed)).toBe(true);
});

test('another version, or none, means installing anew', () => {
  expect(installedAsLocked(wanted, { 'node_modules/zod': { version: '4.6.6' } })).toBe(false);
  expect(installedAsLocked(wanted, {})).toBe(false);
});
