import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  adapterPreviewUrl,
  effectUrl,
  evaluatedPictureUrl,
  sourcePictureUrl,
} from '../../../../app/contracts/window.js';
import { answerRequest, fileInside } from '../../../../main/files-protocol/answer-request.js';

let root: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'inkstone-protocol-'));
  mkdirSync(join(root, 'renderer', 'assets'), { recursive: true });
  writeFileSync(join(root, 'renderer', 'index.html'), '<!doctype html>');
  writeFileSync(join(root, 'renderer', 'assets', 'main.js'), 'export {}');
  writeFileSync(join(root, 'secret.txt'), 'not for the window');
  writeFileSync(join(root, 'renderer-secret.txt'), 'not for the window');
  writeFileSync(join(root, 'a.png'), 'picture');
  writeFileSync(join(root, 'a.webp'), 'thumbnail');
});
afterAll(() => rmSync(root, { recursive: true }));

const ask = (url: string, method = 'GET') =>
  answerRequest(
    { url, method },
    {
      rendererFolder: join(root, 'renderer'),
      pictureFile: async (id) => {
        if (id === 'unknown') throw new Error('The picture is not in the gallery any more.');
        return id === 'a' ? join(root, 'a.png') : id === 'odd' ? join(root, 'secret.txt') : null;
      },
      thumbnailFile: async (id) => (id === 'a' ? join(root, 'a.webp') : null),
      adapterPreviewFile: async (id) => {
        if (id === 'unknown') throw new Error('The adapter is not on the shelf any more.');
        return id === 'flat-ink' ? join(root, 'a.webp') : null;
      },
      effectFile: async (id, which) => (id === 'a' && which === 'with' ? join(root, 'a.png') : null),
      evaluatedPictureFile: async (run, set, index) =>
        run === 'run-a' && set === 'reference' && index === '3' ? join(root, 'a.webp') : null,
      sourcePictureFile: async (token, index) => (token === 'look' && index === '1' ? join(root, 'a.webp') : null),
    },
  );

describe('the window’s own files', () => {
  test('come with their type and a strict content policy', async () => {
    const page = await ask('inkstone://app/index.html');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain(`default-src 'none'`);
    expect(policy).toContain(`script-src 'self';`);
    expect(policy).not.toMatch(/https?:|unsafe-eval|script-src[^;]*unsafe/);
    const script = await ask('inkstone://app/assets/main.js?v=1');
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    await expect(script.text()).resolves.toBe('export {}');
  });

  test.each([
    'inkstone://app/../secret.txt',
    'inkstone://app/%2e%2e/secret.txt',
    'inkstone://app/..%2fsecret.txt',
    'inkstone://app/assets/..%2f..%2fsecret.txt',
    'inkstone://app/..%5csecret.txt',
    'inkstone://app/..%2frenderer-secret.txt',
    'inkstone://app/%2fetc%2fpasswd',
    'inkstone://app//etc/passwd',
    'inkstone://app/index.html%00.png',
    'inkstone://app/%',
    'inkstone://app/',
    'inkstone://app/assets',
    'inkstone://app/nothing.js',
    'inkstone://elsewhere/index.html',
    'https://app/index.html',
    'file:///etc/passwd',
    'no address',
  ])('never lead out: %s is not found', async (url) => {
    expect((await ask(url)).status).toBe(404);
  });

  test('can only be read', async () => {
    expect((await ask('inkstone://app/index.html', 'POST')).status).toBe(405);
  });
});

describe('pictures', () => {
  test('come by their id', async () => {
    const picture = await ask('inkstone://picture/a');
    expect(picture.headers.get('content-type')).toBe('image/png');
    await expect(picture.text()).resolves.toBe('picture');
  });

  test('have thumbnails that are kept for long', async () => {
    const thumbnail = await ask('inkstone://thumbnail/a');
    expect(thumbnail.headers.get('content-type')).toBe('image/webp');
    expect(thumbnail.headers.get('cache-control')).toContain('immutable');
  });

  test.each([
    'inkstone://picture/b',
    'inkstone://picture/unknown',
    'inkstone://picture/..%2f..%2fetc%2fpasswd',
    'inkstone://thumbnail/b',
    'inkstone://picture/odd',
  ])('are not found at %s', async (url) => {
    expect((await ask(url)).status).toBe(404);
  });
});

describe('pictures of adapters', () => {
  test('come by the adapter’s id, kept for long under the version in their address', async () => {
    const preview = await ask(adapterPreviewUrl('flat-ink', '1f'));
    expect(preview.headers.get('content-type')).toBe('image/webp');
    expect(preview.headers.get('cache-control')).toContain('immutable');
    await expect(preview.text()).resolves.toBe('thumbnail');
  });

  test('and of what they do come by the comparison’s id', async () => {
    const picture = await ask(effectUrl('a', 'with'));
    expect(picture.headers.get('content-type')).toBe('image/png');
    await expect(picture.text()).resolves.toBe('picture');
  });

  test.each([
    'inkstone://adapter/unknown?1f',
    'inkstone://adapter/nobody',
    'inkstone://adapter/..%2fsecret.txt',
    'inkstone://effect/a',
    'inkstone://effect/a/without',
    'inkstone://effect/a/with/more',
    'inkstone://effect/..%2fa/with',
  ])('are not found at %s, and nobody is told to remember that', async (url) => {
    const answer = await ask(url);
    expect(answer.status).toBe(404);
    expect(answer.headers.get('cache-control')).toBeNull();
  });
});

describe('pictures of evaluations', () => {
  test('come by run, set and place, and those of a source by the look’s token', async () => {
    for (const url of [evaluatedPictureUrl('run-a', 'reference', 3), sourcePictureUrl('look', 1)]) {
      const picture = await ask(url);
      expect(picture.headers.get('content-type')).toBe('image/webp');
      await expect(picture.text()).resolves.toBe('thumbnail');
    }
  });

  test.each([
    'inkstone://evaluated/run-a/reference/4',
    'inkstone://evaluated/run-a/reference/3/more',
    'inkstone://evaluated/run-a',
    'inkstone://source/look/0',
    'inkstone://source/look/1/more',
    'inkstone://source/..%2flook/1',
  ])('are not found at %s', async (url) => {
    expect((await ask(url)).status).toBe(404);
  });
});

test('a path is inside its folder only if it stays there', () => {
  expect(fileInside('/a/b', 'c/d.js')).toBe('/a/b/c/d.js');
  expect(fileInside('/a/b', 'c/../d.js')).toBe('/a/b/d.js');
  expect(fileInside('/a/b', '../b2/d.js')).toBeNull();
  expect(fileInside('/a/b', '/a/b2')).toBeNull();
});
