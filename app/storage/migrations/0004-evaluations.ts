import type { Migration } from './migration.js';

/** Runs of Evaluate with what came out of them, and the gallery's CLIP scores. */
export const evaluations: Migration = {
  version: 4,
  name: 'evaluations and CLIP scores',
  sql: `
    CREATE TABLE evaluations (
      -- Runs wait in this order.
      number INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      name TEXT NOT NULL,
      state TEXT NOT NULL,
      settings TEXT NOT NULL,
      -- How often in a row the engine (or the whole studio) was lost with no picture gained.
      losses INTEGER NOT NULL,
      created_at REAL NOT NULL,
      finished_at REAL,
      error TEXT,
      -- Also in the result; the list reads only this one.
      verdict TEXT
    ) STRICT;
    CREATE INDEX evaluations_by_state ON evaluations (state, number);

    CREATE TABLE evaluation_results (
      number INTEGER PRIMARY KEY REFERENCES evaluations (number) ON DELETE CASCADE,
      result TEXT NOT NULL,
      -- Files of the pictures that the result shows, by set and place.
      files TEXT NOT NULL
    ) STRICT;

    -- 100 x cosine of a gallery picture and its prompt; scores of different networks do not mix.
    CREATE TABLE picture_scores (
      number INTEGER NOT NULL REFERENCES pictures (number) ON DELETE CASCADE,
      -- sha256 of the network's weights.
      network TEXT NOT NULL,
      score REAL NOT NULL,
      PRIMARY KEY (network, number)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX picture_scores_by_picture ON picture_scores (number);
  `,
};
