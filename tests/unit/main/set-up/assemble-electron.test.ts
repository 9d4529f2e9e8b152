import { expect, test } from 'vitest';
import { placeOfElectronFile } from '../../../../main/set-up/assemble-electron.mjs';

test("Electron's own files are taken, the executable under Electron's name", () => {
  expect(placeOfElectronFile('Cypress/Cypress')).toBe('electron');
  expect(placeOfElectronFile('Cypress/locales/de.pak')).toBe('locales/de.pak');
});

test("the carrier's app, its snapshot and its other files are left", () => {
  expect(placeOfElectronFile('Cypress/resources/app/index.js')).toBeUndefined();
  expect(placeOfElectronFile('Cypress/browser_v8_context_snapshot.bin')).toBeUndefined();
  expect(placeOfElectronFile('binary_state.json')).toBeUndefined();
});
