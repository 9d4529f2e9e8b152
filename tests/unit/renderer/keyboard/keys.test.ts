import { describe, expect, test } from 'vitest';
import { ariaKeys, keyLabel, matches, mayActWhileTyping, type KeyPress } from '../../../../renderer/keyboard/keys.js';

const press = (key: string, rest: Partial<KeyPress> = {}): KeyPress => ({
  key,
  code: '',
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...rest,
});

describe('a key combination', () => {
  test('needs exactly its modifiers', () => {
    expect(matches('Ctrl+K', press('k', { ctrlKey: true }), false)).toBe(true);
    expect(matches('Ctrl+K', press('k'), false)).toBe(false);
    expect(matches('Ctrl+K', press('K', { ctrlKey: true, shiftKey: true }), false)).toBe(false);
    expect(matches('Ctrl+Shift+K', press('K', { ctrlKey: true, shiftKey: true }), false)).toBe(true);
    expect(matches('S', press('s'), false)).toBe(true);
    expect(matches('S', press('S', { shiftKey: true }), false)).toBe(false);
  });

  test('means Command on macOS', () => {
    expect(matches('Ctrl+K', press('k', { metaKey: true }), true)).toBe(true);
    expect(matches('Ctrl+K', press('k', { ctrlKey: true }), true)).toBe(false);
  });

  test('takes a sign wherever the keyboard has it', () => {
    expect(matches('?', press('?', { shiftKey: true }), false)).toBe(true);
    expect(matches('?', press('?'), false)).toBe(true);
    expect(matches('/', press('/', { shiftKey: true }), false)).toBe(true);
  });

  test('takes the digit row where digits need Shift', () => {
    expect(matches('Ctrl+1', press('&', { ctrlKey: true, code: 'Digit1' }), false)).toBe(true);
  });

  test('knows named keys', () => {
    expect(matches('Alt+Up', press('ArrowUp', { altKey: true }), false)).toBe(true);
    expect(matches('Space', press(' '), false)).toBe(true);
    expect(matches('Del', press('Delete'), false)).toBe(true);
    expect(matches('Esc', press('Escape'), false)).toBe(true);
  });
});

test('single letters never act while a person types', () => {
  expect(mayActWhileTyping('S')).toBe(false);
  expect(mayActWhileTyping('Shift+S')).toBe(false);
  expect(mayActWhileTyping('?')).toBe(false);
  expect(mayActWhileTyping('Ctrl+K')).toBe(true);
  expect(mayActWhileTyping('F6')).toBe(true);
  expect(mayActWhileTyping('F')).toBe(false);
  expect(mayActWhileTyping('Esc')).toBe(true);
});

test('labels are words, and signs on macOS', () => {
  expect(keyLabel('Ctrl+Shift+K', false)).toBe('Ctrl Shift K');
  expect(keyLabel('Ctrl+Shift+K', true)).toBe('⌘ ⇧ K');
  expect(ariaKeys(['Ctrl+K', 'Del'], false)).toBe('Control+K Delete');
});
