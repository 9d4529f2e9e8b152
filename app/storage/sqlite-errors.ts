import { StudioError } from '../contracts/studio-error.js';

/** SQLite's primary result codes that a person can do something about (sqlite.org/rescode.html). */
const busy = 5;
const readOnly = 8;
const ioError = 10;
const corrupt = 11;
const full = 13;
const cannotOpen = 14;
const notADatabase = 26;

const codeOf = (error: unknown): number | null =>
  error instanceof Error && 'sqliteCode' in error && typeof error.sqliteCode === 'number'
    ? error.sqliteCode & 0xff
    : null;

/** The file is no database, or one that no longer hangs together: opening it again will not help. */
export function isDamage(error: unknown): boolean {
  const code = codeOf(error);
  return code === corrupt || code === notADatabase;
}

/** One sentence for what the database said. */
export function storageError(cause: unknown, file: string): StudioError {
  return new StudioError('storage', sentence(codeOf(cause), file, cause), { file, cause });
}

function sentence(code: number | null, file: string, cause: unknown): string {
  switch (code) {
    case busy:
      return `The library's database ${file} is in use by another program that does not let go; close it and try again.`;
    case readOnly:
    case cannotOpen:
      return `The library's database ${file} cannot be opened for writing; check that its folder is yours and writable.`;
    case full:
      return `The disk is full: the library's database ${file} could not be written. Make room and try again.`;
    case ioError:
      return `The disk refused to read or write the library's database ${file}; check the disk.`;
    case corrupt:
    case notADatabase:
      return `The library's database ${file} is damaged; start the studio again and it is rebuilt from the pictures.`;
    case null:
    default:
      return `The library's database ${file} refused: ${cause instanceof Error ? cause.message : String(cause)}.`;
  }
}
