import { modelDescription, type ModelDescription } from '../contracts/models.js';
import type { Database } from '../storage/database.js';
import type { FileIdentity } from '../storage/file-identity.js';
import { asFlag, flag, json, text, textOrNull, type Row } from '../storage/rows.js';

/** A model as the database knows it. */
export interface ModelRow {
  readonly id: string;
  readonly embedded: boolean;
  readonly description: ModelDescription;
  readonly filesIdentity: FileIdentity;
  readonly hashedIdentity: FileIdentity;
  readonly sha256: string | null;
}

export type ModelRows = ReturnType<typeof modelRows>;

export function modelRows(database: Database) {
  const all = database.prepare(
    'SELECT * FROM models ORDER BY embedded DESC, CASE WHEN embedded THEN 0 ELSE added_at END, id',
  );
  const one = database.prepare('SELECT * FROM models WHERE id = ?');
  // A row for the same folder keeps its id; described anew it keeps its hash only if the hashed file is the same.
  const put = database.prepare(`
    INSERT INTO models (id, path, embedded, added_at, description, files_identity, hashed_identity, sha256)
    VALUES (?, ?, ?, ?, ?, ?, ?, NULL)
    ON CONFLICT (id) DO UPDATE SET
      path = excluded.path,
      description = excluded.description,
      files_identity = excluded.files_identity,
      sha256 = CASE WHEN hashed_identity = excluded.hashed_identity AND path = excluded.path THEN sha256 END,
      hashed_identity = excluded.hashed_identity`);
  const setHash = database.prepare('UPDATE models SET sha256 = ? WHERE id = ? AND hashed_identity = ?');
  const remove = database.prepare('DELETE FROM models WHERE id = ?');
  return {
    all: (): ModelRow[] => all.all().map(readRow),
    get(id: string): ModelRow | null {
      const row = one.get(id);
      return row === undefined ? null : readRow(row);
    },
    put(row: Omit<ModelRow, 'sha256'>): void {
      const { id, embedded, description, filesIdentity, hashedIdentity } = row;
      put.run(
        id,
        description.path,
        asFlag(embedded),
        Date.now(),
        JSON.stringify(description),
        filesIdentity,
        hashedIdentity,
      );
    },
    /** False when the file is no longer the one that was hashed. */
    setHash: (id: string, hashedIdentity: FileIdentity, sha256: string): boolean =>
      setHash.run(sha256, id, hashedIdentity) > 0,
    remove: (id: string): boolean => remove.run(id) > 0,
  };
}

function readRow(row: Row): ModelRow {
  return {
    id: text(row, 'id'),
    embedded: flag(row, 'embedded'),
    description: json(row, 'description', modelDescription),
    filesIdentity: text(row, 'files_identity'),
    hashedIdentity: text(row, 'hashed_identity'),
    sha256: textOrNull(row, 'sha256'),
  };
}
