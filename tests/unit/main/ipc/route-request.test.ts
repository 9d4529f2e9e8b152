import { describe, expect, test } from 'vitest';
import { StudioError } from '../../../../app/contracts/studio-error.js';
import { requests } from '../../../../app/contracts/window.js';
import { routeRequest, type WindowHandlers } from '../../../../main/ipc/route-request.js';
import { isTrustedSender } from '../../../../main/ipc/trusted-sender.js';

/** Handlers that all refuse, but for those of the test. */
function handlersWith(own: Partial<WindowHandlers>): Promise<WindowHandlers> {
  const refuse = async () => {
    throw new Error('not part of this test');
  };
  const all = Object.fromEntries(Object.keys(requests).map((name) => [name, refuse]));
  return Promise.resolve({ ...all, ...own } as WindowHandlers);
}

const noLog = () => undefined;

describe('a request of the window', () => {
  test('reaches its handler with the payload that its schema lets through', async () => {
    const forgotten: unknown[] = [];
    const handlers = handlersWith({
      'models.forget': async (payload) => {
        forgotten.push(payload);
        return {};
      },
    });
    const answer = await routeRequest(handlers, 'models.forget', { id: 'a', extra: 'left out' }, noLog);
    expect(answer).toEqual({ ok: true, value: {} });
    expect(forgotten).toEqual([{ id: 'a' }]);
  });

  test.each([
    ['an unknown name', 'models.burn', {}],
    ['a name that every object has', 'constructor', {}],
    ['a name that is no text', 7, {}],
  ])('with %s is refused', async (_what, name, payload) => {
    await expect(routeRequest(handlersWith({}), name, payload, noLog)).resolves.toMatchObject({ ok: false });
  });

  test('whose payload does not fit never reaches its handler', async () => {
    const handlers = handlersWith({
      'models.forget': async () => {
        throw new Error('reached');
      },
    });
    await expect(routeRequest(handlers, 'models.forget', { id: 5 }, noLog)).resolves.toMatchObject({
      ok: false,
      error: { kind: 'bad-input', message: expect.stringContaining('id') },
    });
  });

  test('that fails is answered with kind, sentence and file, and no stack', async () => {
    const handlers = handlersWith({
      'models.list': async () => {
        throw new StudioError('storage', 'The disk is full.', { file: '/home/x' });
      },
    });
    const answer = await routeRequest(handlers, 'models.list', {}, noLog);
    expect(answer).toEqual({ ok: false, error: { kind: 'storage', message: 'The disk is full.', file: '/home/x' } });
  });

  test('that comes before the studio is open waits for it', async () => {
    let open: (handlers: WindowHandlers) => void = noLog;
    const opening = new Promise<WindowHandlers>((resolve) => (open = resolve));
    const answer = routeRequest(opening, 'models.list', {}, noLog);
    open(await handlersWith({ 'models.list': async () => [] }));
    await expect(answer).resolves.toEqual({ ok: true, value: [] });
  });

  test('gets the reason when the studio cannot be opened', async () => {
    const refused = Promise.reject(new StudioError('storage', 'The database is from a newer version.'));
    await expect(routeRequest(refused, 'studio.hello', {}, noLog)).resolves.toMatchObject({
      ok: false,
      error: { message: 'The database is from a newer version.' },
    });
  });

  test('that fails by a fault of ours leaves its stack in the log', async () => {
    const lines: string[] = [];
    await routeRequest(handlersWith({}), 'models.list', {}, (line) => lines.push(line));
    expect(lines.join('\n')).toContain('route-request.test.ts');
  });
});

describe('a sender', () => {
  const page = { url: 'inkstone://app/index.html', parent: null };

  test('is heard when it is the main frame of our window', () => {
    expect(isTrustedSender(page, true)).toBe(true);
  });

  test.each([
    ['another window', page, false],
    ['a frame inside', { ...page, parent: {} }, true],
    ['a page from elsewhere', { url: 'https://example.org/', parent: null }, true],
    ['another host of our scheme', { url: 'inkstone://picture/1', parent: null }, true],
    ['a host that begins like ours', { url: 'inkstone://app.example.org/', parent: null }, true],
    ['an empty page', { url: 'about:blank', parent: null }, true],
    ['a frame that is gone', null, true],
  ])('is refused when it is %s', (_what, frame, isOurWindow) => {
    expect(isTrustedSender(frame, isOurWindow)).toBe(false);
  });
});
