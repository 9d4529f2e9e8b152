import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { defaultPreferences } from '../../../../app/contracts/preferences.js';
import { PreferencesStore } from '../../../../app/preferences/preferences.js';
import { openDatabase } from '../../../../app/storage/database.js';
import { temporaryFolder } from '../test-parts.js';

const open = async (file = join(temporaryFolder(), 'inkstone.db')) => (await openDatabase(file)).database;

describe('PreferencesStore', () => {
  test('begins with the defaults', async () => {
    expect(new PreferencesStore(await open()).load()).toEqual(defaultPreferences);
  });

  test('changes only what is named, and remembers it', async () => {
    const file = join(temporaryFolder(), 'inkstone.db');
    const database = await open(file);
    new PreferencesStore(database).save({ theme: 'light', columns: { settings: 300 } });
    const saved = new PreferencesStore(database).save({ draft: { steps: 30, seedLocked: true } });
    expect(saved).toEqual({
      ...defaultPreferences,
      ...{ theme: 'light', columns: { settings: 300 }, draft: { steps: 30, seedLocked: true } },
    });
    database.close();
    expect(new PreferencesStore(await open(file)).load()).toEqual(saved);
  });

  test('keeps fields of a newer version, also inside the draft', async () => {
    const database = await open();
    const insert = database.prepare('INSERT INTO preferences VALUES (?, ?)');
    insert.run('chatFont', '"serif"');
    insert.run('draft', '{"loras":["ink"],"steps":30}');
    insert.run('theme', '"sepia"');
    const store = new PreferencesStore(database);
    expect(store.load()).toMatchObject({ theme: 'dark', draft: { steps: 30 } });
    store.save({ draft: { cfg: 3 }, panel: 'gallery' });
    expect(database.prepare('SELECT key, value FROM preferences ORDER BY key').all()).toEqual([
      { key: 'chatFont', value: '"serif"' },
      { key: 'draft', value: '{"loras":["ink"],"cfg":3}' },
      { key: 'panel', value: '"gallery"' },
      { key: 'theme', value: '"sepia"' },
    ]);
  });

  test('remembers prompts, newest first, each once and none that are blank', async () => {
    const store = new PreferencesStore(await open());
    for (const prompt of ['a', 'b', ' ', 'a']) store.rememberPrompt(prompt);
    expect(store.load().promptHistory).toEqual(['a', 'b']);
  });
});
