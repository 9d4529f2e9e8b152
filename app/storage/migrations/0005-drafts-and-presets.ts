import type { Migration } from './migration.js';

/** What a person has written and not sent, and the ways of answering that they keep. */
export const draftsAndPresets: Migration = {
  version: 5,
  name: 'drafts and presets of conversations',
  sql: `
    ALTER TABLE conversations ADD COLUMN draft TEXT NOT NULL DEFAULT '';

    CREATE TABLE chat_presets (
      number INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      name TEXT NOT NULL,
      system TEXT NOT NULL,
      sampling TEXT NOT NULL
    ) STRICT;
  `,
};
