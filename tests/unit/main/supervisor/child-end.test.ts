import { describe, expect, test } from 'vitest';
import { childEndOf, type EndEvidence } from '../../../../main/supervisor/child-end.js';

const end = (raw: Partial<EndEvidence['raw']>, more: Partial<Omit<EndEvidence, 'raw'>> = {}) =>
  childEndOf({
    name: 'engine',
    intent: null,
    raw: { code: null, signal: null, heapExhausted: false, launchError: null, ...raw },
    lastWords: '',
    systemKilledForMemory: false,
    ...more,
  });

describe('the end of a child', () => {
  test('by the system for want of memory is told from one by hand', () => {
    expect(end({ signal: 'SIGKILL' }).reason).toBe('killed');
    const { reason, sentence } = end({ signal: 'SIGKILL' }, { systemKilledForMemory: true });
    expect([reason, sentence]).toEqual(['out-of-memory', 'The engine ran out of memory.']);
  });

  test.each([
    ['its last words', end({ signal: 'SIGABRT' }, { lastWords: 'FATAL ERROR: JavaScript heap out of memory' })],
    ['V8 saying so', end({ signal: 'SIGABRT', heapExhausted: true })],
    ['the exit code on Windows', end({ code: 0xe000_0008 })],
  ])('for want of memory is known by %s', (_how, { reason }) => {
    expect(reason).toBe('out-of-memory');
  });

  test('by a mapped file that was cut says what happened', () => {
    const { reason, sentence } = end({ signal: 'SIGBUS' });
    expect(reason).toBe('file-lost');
    expect(sentence).toContain('a model file was changed or removed');
  });

  test('in native code is a crash, also on Windows', () => {
    expect(end({ signal: 'SIGSEGV' }).sentence).toBe('The engine crashed (SIGSEGV).');
    expect(end({ code: 0xc000_0005 }).sentence).toBe('The engine crashed (0xc0000005).');
  });

  test('that we caused is ours, whatever the signal', () => {
    expect(end({ signal: 'SIGKILL' }, { intent: 'stuck' }).reason).toBe('stuck');
    expect(end({ code: 0 }, { intent: 'asked' }).reason).toBe('asked');
  });

  test('that was never a beginning gives the system’s words', () => {
    expect(end({ launchError: 'spawn ENOMEM' }).sentence).toBe('The engine could not be started: spawn ENOMEM.');
  });
});
