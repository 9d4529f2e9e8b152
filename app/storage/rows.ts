import type { z } from 'zod';
import { StudioError } from '../contracts/studio-error.js';

/** A row as SQLite gives it. The readers below turn one column into a typed value, or say which column lies. */
export type Row = Readonly<Record<string, unknown>>;

export function text(row: Row, column: string): string {
  const value = row[column];
  return typeof value === 'string' ? value : wrong(column, 'text', value);
}

export function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}

export function number(row: Row, column: string): number {
  const value = row[column];
  return typeof value === 'number' ? value : wrong(column, 'a number', value);
}

export function numberOrNull(row: Row, column: string): number | null {
  return row[column] === null ? null : number(row, column);
}

/** SQLite has no booleans: 0 and 1. */
export function flag(row: Row, column: string): boolean {
  return number(row, column) !== 0;
}

export const asFlag = (value: boolean): 0 | 1 => (value ? 1 : 0);

export function json<T extends z.ZodType>(row: Row, column: string, schema: T): z.output<T> {
  const result = schema.safeParse(parse(text(row, column)));
  return result.success ? result.data : wrong(column, 'JSON of the expected form', row[column]);
}

export function jsonOrNull<T extends z.ZodType>(row: Row, column: string, schema: T): z.output<T> | null {
  return row[column] === null ? null : json(row, column, schema);
}

/** The value of a JSON text, or undefined where it is none. */
export function parse(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

function wrong(column: string, expected: string, got: unknown): never {
  throw new StudioError(
    'storage',
    `The library's database holds something unexpected: column ${column} should be ${expected}, got ${String(got).slice(0, 60)}.`,
  );
}
