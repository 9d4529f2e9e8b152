import type { Migration } from './migration.js';

/** Times are milliseconds since 1970; JSON columns hold the forms of app/contracts. */
export const libraryQueueGallery: Migration = {
  version: 1,
  name: 'models, jobs, pictures, preferences',
  sql: `
    -- Small facts the studio remembers: a finished probe, an unfinished rebuild.
    CREATE TABLE memory (
      key TEXT PRIMARY KEY,
      value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- One row a field, so that fields of a newer version stay.
    CREATE TABLE preferences (
      key TEXT PRIMARY KEY,
      value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE models (
      id TEXT PRIMARY KEY,
      path TEXT NOT NULL UNIQUE,
      embedded INTEGER NOT NULL,
      added_at REAL NOT NULL,
      description TEXT NOT NULL,
      -- Identity of all its files when it was described; see storage/file-identity.ts.
      files_identity TEXT NOT NULL,
      -- Identity of the hashed file alone, and its hash; NULL until a whole read found it unchanged.
      hashed_identity TEXT NOT NULL,
      sha256 TEXT
    ) STRICT;

    CREATE TABLE jobs (
      id TEXT PRIMARY KEY,
      state TEXT NOT NULL,
      -- Order in the queue, smallest first; a job that goes on is put before the others.
      place REAL NOT NULL,
      settings TEXT NOT NULL,
      count INTEGER NOT NULL,
      -- Ids of finished pictures, a JSON list.
      pictures TEXT NOT NULL,
      -- Steps that the checkpoint of the current picture holds.
      step INTEGER NOT NULL,
      -- The current picture, named before it is made: see generation/job-rows.ts. NULL between pictures.
      current TEXT,
      -- How often in a row the engine was lost with no step gained.
      losses INTEGER NOT NULL,
      created_at REAL NOT NULL,
      notices TEXT NOT NULL,
      error TEXT
    ) STRICT;
    CREATE INDEX jobs_in_order ON jobs (state, place);

    -- Seconds that steps took here, by model, size, sampler and guidance.
    CREATE TABLE step_times (
      key TEXT PRIMARY KEY,
      seconds_per_step REAL NOT NULL,
      -- Decoding and saving, once a picture.
      seconds_around REAL NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- Slim rows: the grid reads all of them at once.
    CREATE TABLE pictures (
      number INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      -- Below home/pictures, or home/bin while it is thrown away; '/' between folder and file.
      path TEXT NOT NULL UNIQUE,
      width INTEGER NOT NULL,
      height INTEGER NOT NULL,
      bytes INTEGER NOT NULL,
      created_at REAL NOT NULL,
      kept INTEGER NOT NULL,
      binned_at REAL,
      missing INTEGER NOT NULL,
      title TEXT NOT NULL
    ) STRICT;
    CREATE INDEX pictures_by_time ON pictures (created_at, number);

    CREATE TABLE receipts (
      number INTEGER PRIMARY KEY REFERENCES pictures (number) ON DELETE CASCADE,
      -- Prompt, model, sampler and seed in the form that searches compare: see gallery/search-text.ts.
      search_text TEXT NOT NULL,
      receipt TEXT NOT NULL
    ) STRICT;
  `,
};
