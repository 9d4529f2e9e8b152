import { expect, test } from 'vitest';
import { startStudio, temporaryHome } from './studio-app.js';

test('the window reaches nothing but the studio', async () => {
  await using place = await temporaryHome();
  const { app, window, requests, quit } = await startStudio(place.home);
  const tried = await window.evaluate(async () => {
    const fails = (attempt: () => Promise<unknown>): Promise<boolean> =>
      attempt().then(
        () => false,
        () => true,
      );
    return {
      node: typeof (globalThis as { require?: unknown }).require,
      remoteFetch: await fails(() => fetch('https://example.com/')),
      fileFetch: await fails(() => fetch('file:///etc/hostname')),
      climbing: (await fetch('inkstone://app/..%2f..%2fpackage.json')).status,
      unknownPicture: (await fetch('inkstone://picture/..%2f..%2finkstone.db').catch(() => ({ status: 404 }))).status,
      opened: globalThis.open('https://example.com/') === null,
      // oxlint-disable-next-line typescript/no-implied-eval -- what the content security policy must refuse
      evaluated: await fails(async () => new Function('return 1')()),
    };
  });
  expect(tried).toEqual({
    node: 'undefined',
    remoteFetch: true,
    fileFetch: true,
    climbing: 404,
    unknownPicture: 404,
    opened: true,
    evaluated: true,
  });

  const before = window.url();
  await window.evaluate(() => {
    location.href = 'https://example.com/';
  });
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(window.url()).toBe(before);
  expect(await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
  const preferences = await app.evaluate(({ BrowserWindow }) => {
    // Electron has it, its types do not.
    const contents = BrowserWindow.getAllWindows()[0]!.webContents as unknown as {
      getLastWebPreferences(): Record<string, unknown>;
    };
    const { sandbox, contextIsolation, nodeIntegration } = contents.getLastWebPreferences();
    return { sandbox, contextIsolation, nodeIntegration };
  });
  expect(preferences).toMatchObject({
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
  });
  expect(requests.filter((url) => !/^(inkstone|blob|data):/.test(url) && !/example\.com|^file:/.test(url))).toEqual([]);
  await quit();
});
