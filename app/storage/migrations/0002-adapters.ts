import type { Migration } from './migration.js';

/** The shelf of adapters: what their files say, what a person says of them, and what was found out about them. */
export const adapters: Migration = {
  version: 2,
  name: 'the shelf of adapters',
  sql: `
    -- Watched folders but the studio's own, which lies wherever the studio is installed.
    CREATE TABLE adapter_folders (
      path TEXT PRIMARY KEY,
      added_at REAL NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE adapters (
      number INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      path TEXT NOT NULL UNIQUE,
      -- The watched folder that it lies in; NULL where it is in none (any more).
      folder TEXT,
      -- Put on the shelf by itself. A row that is neither single nor in a folder is off the shelf and keeps its notes.
      single INTEGER NOT NULL,
      embedded INTEGER NOT NULL,
      missing INTEGER NOT NULL,
      -- 0 for a file of a watched folder that is something else: remembered, so that it is not read at every start.
      is_adapter INTEGER NOT NULL,
      -- As the scan gave it when the file was described, with the files beside it; and the part of the file alone.
      identity TEXT NOT NULL,
      file_identity TEXT NOT NULL,
      -- What a prompt may call it, in lower case.
      name TEXT NOT NULL,
      alias TEXT,
      description TEXT NOT NULL,
      -- NULL until a whole read found the file unchanged; and the hash of the tensors by itself, to find a moved file.
      hashes TEXT,
      tensors_hash TEXT,
      rating INTEGER NOT NULL,
      -- JSON null until a person changed them: then they are those of the files beside it.
      tags TEXT NOT NULL,
      note TEXT NOT NULL,
      used_at REAL,
      -- How it was put on a picture then, and the seconds it took.
      applied TEXT,
      added_at REAL NOT NULL,
      -- The first picture made with it: its preview where the file brings none.
      first_picture TEXT
    ) STRICT;
    CREATE INDEX adapters_by_folder ON adapters (folder, is_adapter);
    CREATE INDEX adapters_by_name ON adapters (name);
    CREATE INDEX adapters_by_alias ON adapters (alias);
    CREATE INDEX adapters_by_file ON adapters (file_identity);
    CREATE INDEX adapters_by_tensors ON adapters (tensors_hash);
    CREATE INDEX adapters_unhashed ON adapters (used_at DESC, number) WHERE hashes IS NULL;

    -- How files with the same layers go with a model. The keys are hashes; see adapters/adapter-fits.ts.
    CREATE TABLE adapter_fits (
      number INTEGER PRIMARY KEY,
      model TEXT NOT NULL,
      signature TEXT NOT NULL,
      fit TEXT NOT NULL,
      UNIQUE (model, signature)
    ) STRICT;

    -- Receipts by what they were made from; the oldest go.
    CREATE TABLE adapter_receipts (
      number INTEGER PRIMARY KEY,
      key TEXT NOT NULL UNIQUE,
      receipt TEXT NOT NULL
    ) STRICT;
  `,
};
