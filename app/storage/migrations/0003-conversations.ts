import type { Migration } from './migration.js';

/** Conversations as trees: a turn knows the one it follows, and no turn is ever written over by another. */
export const conversations: Migration = {
  version: 3,
  name: 'conversations',
  sql: `
    CREATE TABLE conversations (
      number INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      title TEXT NOT NULL,
      -- 1 when a person chose the title; before that it is the first words of the first turn.
      named INTEGER NOT NULL,
      settings TEXT NOT NULL,
      -- Id of the last turn of the way that is shown.
      shown TEXT,
      created_at REAL NOT NULL,
      changed_at REAL NOT NULL,
      -- Off the list; the row goes at the next start.
      deleted_at REAL
    ) STRICT;

    CREATE TABLE turns (
      number INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      conversation INTEGER NOT NULL REFERENCES conversations (number) ON DELETE CASCADE,
      -- Always an older turn: its number is smaller.
      parent INTEGER REFERENCES turns (number) ON DELETE CASCADE,
      role TEXT NOT NULL,
      text TEXT NOT NULL,
      created_at REAL NOT NULL,
      -- Of answers: how far it got, and how it came about.
      state TEXT,
      answer TEXT,
      -- 1 when its words are in turn_words; an answer comes in when it is finished.
      indexed INTEGER NOT NULL
    ) STRICT;
    -- The list counts turns and branches from this index alone.
    CREATE INDEX turns_by_conversation ON turns (conversation, parent);
    CREATE INDEX turns_by_parent ON turns (parent);
    CREATE INDEX turns_running ON turns (state) WHERE state = 'running';
    CREATE INDEX turns_unindexed ON turns (number) WHERE indexed = 0;

    -- An answer's tokens with their rivals, as many rows as it was saved times; see chat/kept-tokens.ts.
    CREATE TABLE answer_tokens (
      number INTEGER PRIMARY KEY,
      turn INTEGER NOT NULL REFERENCES turns (number) ON DELETE CASCADE,
      tokens TEXT NOT NULL
    ) STRICT;
    CREATE INDEX answer_tokens_by_turn ON answer_tokens (turn);

    -- Words by turn number, in the form of chat/search-words.ts. The texts themselves are not kept twice.
    CREATE VIRTUAL TABLE turn_words USING fts5(
      words, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 0', prefix = '2 3'
    );
  `,
};
