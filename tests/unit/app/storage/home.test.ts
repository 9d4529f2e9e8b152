import { describe, expect, test } from 'vitest';
import { resolveHome } from '../../../../app/storage/home.js';

const linux = { platform: 'linux', userHome: '/home/ada', env: {} };

describe('resolveHome', () => {
  test('takes the flag before everything else', () => {
    expect(resolveHome({ ...linux, flag: '/a', env: { INKSTONE_HOME: '/b', XDG_DATA_HOME: '/c' } })).toBe('/a');
  });

  test('takes INKSTONE_HOME before the platform', () => {
    expect(resolveHome({ ...linux, env: { INKSTONE_HOME: '/b', XDG_DATA_HOME: '/c' } })).toBe('/b');
  });

  test('follows XDG_DATA_HOME on Linux, but not a relative or empty one', () => {
    expect(resolveHome({ ...linux, env: { XDG_DATA_HOME: '/c' } })).toBe('/c/inkstone');
    expect(resolveHome({ ...linux, env: { XDG_DATA_HOME: 'c' } })).toBe('/home/ada/.local/share/inkstone');
    expect(resolveHome({ ...linux, env: { XDG_DATA_HOME: '', INKSTONE_HOME: '' } })).toBe(
      '/home/ada/.local/share/inkstone',
    );
  });

  test('knows the places of macOS and Windows', () => {
    expect(resolveHome({ platform: 'darwin', userHome: '/Users/ada', env: {} })).toBe(
      '/Users/ada/Library/Application Support/Inkstone',
    );
    const windows = { platform: 'win32', userHome: 'C:\\Users\\ada' };
    expect(resolveHome({ ...windows, env: { APPDATA: 'D:\\Roaming' } })).toBe('D:\\Roaming\\Inkstone');
    expect(resolveHome({ ...windows, env: {} })).toBe('C:\\Users\\ada\\AppData\\Roaming\\Inkstone');
  });
});
