import { pictureReceipt, type GalleryQuery, type PictureReceipt, type PictureSummary } from '../contracts/gallery.js';
import type { Database } from '../storage/database.js';
import { asFlag, flag, json, number, numberOrNull, text, type Row } from '../storage/rows.js';
import { searchText, searchWords } from './search-text.js';

/** A picture as the database knows it, without its receipt. */
export interface PictureRow extends PictureSummary {
  /** Below home/pictures or home/bin, with '/'. */
  readonly path: string;
  readonly bytes: number;
  readonly createdAt: number;
  readonly binnedAt: number | null;
}

export type PicturePlace = Pick<PictureRow, 'id' | 'path' | 'binnedAt' | 'missing'>;

export type PictureRows = ReturnType<typeof pictureRows>;

const summaryColumns = 'p.id, p.width, p.height, p.kept, p.title, p.missing, s.score';
const rowColumns = `${summaryColumns}, p.path, p.bytes, p.created_at, p.binned_at`;
/** With their scores by one network, the first parameter. */
const scoredPictures = 'pictures p LEFT JOIN picture_scores s ON s.number = p.number AND s.network = ?';

const orders: Readonly<Record<GalleryQuery['sort'], string>> = {
  newest: 'p.created_at DESC, p.number DESC',
  oldest: 'p.created_at, p.number',
  'best-score': 's.score IS NULL, s.score DESC, p.created_at DESC, p.number DESC',
  'worst-score': 's.score IS NULL, s.score, p.created_at DESC, p.number DESC',
};

/** `scoredBy` gives the network (sha256 of its weights) whose scores are shown; null: none. */
export function pictureRows(database: Database, scoredBy: () => string | null = () => null) {
  const one = database.prepare(`SELECT ${rowColumns} FROM ${scoredPictures} WHERE p.id = ?`);
  const places = database.prepareLists('SELECT id, path, binned_at, missing FROM pictures');
  const binned = database.prepare(`SELECT ${rowColumns} FROM ${scoredPictures} WHERE p.binned_at IS NOT NULL`);
  const receipt = database.prepare(
    'SELECT r.receipt FROM receipts r JOIN pictures p ON p.number = r.number WHERE p.id = ?',
  );
  const pathTaken = database.prepare('SELECT 1 FROM pictures WHERE path = ?');
  // Twice the same picture is one picture: a job that was cut off between saving and this row does it again.
  const insert = database.prepare(`
    INSERT INTO pictures (id, path, width, height, bytes, created_at, kept, binned_at, missing, title)
    VALUES (?, ?, ?, ?, ?, ?, 0, ?, 0, ?) ON CONFLICT DO NOTHING`);
  const insertReceipt = database.prepare(`
    INSERT INTO receipts (number, search_text, receipt)
    SELECT number, ?, ? FROM pictures WHERE id = ? ON CONFLICT DO NOTHING`);
  const setKept = database.prepare('UPDATE pictures SET kept = ? WHERE id = ?');
  const setBinned = database.prepare('UPDATE pictures SET binned_at = ? WHERE id = ?');
  const setMissing = database.prepare('UPDATE pictures SET missing = ? WHERE id = ?');
  const remove = database.prepare('DELETE FROM pictures WHERE id = ?');
  const setScore = database.prepare(`
    INSERT INTO picture_scores (number, network, score) SELECT number, ?, ? FROM pictures WHERE id = ?
    ON CONFLICT DO UPDATE SET score = excluded.score`);
  const score = database.prepare(
    'SELECT s.score FROM picture_scores s JOIN pictures p ON p.number = s.number WHERE p.id = ? AND s.network = ?',
  );
  return {
    get(id: string): PictureRow | null {
      const row = one.get(scoredBy(), id);
      return row === undefined ? null : readRow(row);
    },
    /** Where each file should be, for comparing with the disk. */
    places: (): PicturePlace[] =>
      places().map((columns) => {
        const [id, path, binnedAt, missing] = columns as [string, string, number | null, number];
        return { id, path, binnedAt, missing: missing !== 0 };
      }),
    binned: (): PictureRow[] => binned.all(scoredBy()).map(readRow),
    receipt(id: string): PictureReceipt | null {
      const row = receipt.get(id);
      return row === undefined ? null : json(row, 'receipt', pictureReceipt);
    },
    pathTaken: (path: string): boolean => pathTaken.get(path) !== undefined,
    /** False when its id or its path is known already. */
    add(picture: Omit<PictureRow, 'kept' | 'missing' | 'clipScore'>, made: PictureReceipt): boolean {
      const { id, path, width, height, bytes, createdAt, binnedAt, title } = picture;
      if (insert.run(id, path, width, height, bytes, createdAt, binnedAt, title) === 0) return false;
      insertReceipt.run(searchText(made), JSON.stringify(made), id);
      return true;
    },
    list(query: GalleryQuery): PictureSummary[] {
      const words = searchWords(query.text);
      const conditions = [
        query.bin ? 'p.binned_at IS NOT NULL' : 'p.binned_at IS NULL',
        ...(query.kept ? ['p.kept = 1'] : []),
        ...words.map(() => 'instr(r.search_text, ?) > 0'),
      ];
      const select = database.prepareLists(`
        SELECT ${summaryColumns} FROM ${scoredPictures} ${words.length > 0 ? 'JOIN receipts r ON r.number = p.number' : ''}
        WHERE ${conditions.join(' AND ')} ORDER BY ${orders[query.sort]}`);
      return select(scoredBy(), ...words).map((columns) => {
        const [id, width, height, kept, title, missing, clipScore] = columns as SummaryColumns;
        return { id, width, height, kept: kept !== 0, title, missing: missing !== 0, clipScore };
      });
    },
    setKept: (id: string, kept: boolean): boolean => setKept.run(asFlag(kept), id) > 0,
    setBinned: (id: string, at: number | null): boolean => setBinned.run(at, id) > 0,
    setMissing: (id: string, missing: boolean): boolean => setMissing.run(asFlag(missing), id) > 0,
    remove: (id: string): boolean => remove.run(id) > 0,
    setScore: (id: string, network: string, value: number): boolean => setScore.run(network, value, id) > 0,
    /** Null when that network has not scored it. */
    score(id: string, network: string): number | null {
      const row = score.get(id, network);
      return row === undefined ? null : number(row, 'score');
    },
  };
}

type SummaryColumns = [
  id: string,
  width: number,
  height: number,
  kept: number,
  title: string,
  missing: number,
  clipScore: number | null,
];

function readSummary(row: Row): PictureSummary {
  return {
    id: text(row, 'id'),
    width: number(row, 'width'),
    height: number(row, 'height'),
    kept: flag(row, 'kept'),
    title: text(row, 'title'),
    missing: flag(row, 'missing'),
    clipScore: numberOrNull(row, 'score'),
  };
}

function readRow(row: Row): PictureRow {
  return {
    ...readSummary(row),
    path: text(row, 'path'),
    bytes: number(row, 'bytes'),
    createdAt: number(row, 'created_at'),
    binnedAt: numberOrNull(row, 'binned_at'),
  };
}
