import { z } from 'zod';

/**
 * How an error crosses a border between processes: what happened (`kind`), one plain sentence for a person,
 * and the file it is about. A panel picks its button by `kind`, never by reading the sentence.
 * The first nine kinds are `native-models/errors.ts`; the others are the studio's own.
 */
export const errorKind = z.enum([
  'missing-file',
  'bad-file',
  'unfit-model',
  'unsupported',
  'bad-input',
  'file-changed',
  'device-unavailable',
  'out-of-memory',
  'cancelled',
  /** The engine or worker process ended in the middle of the work. */
  'engine-lost',
  /** Something with this id is not, or no longer, there. */
  'not-found',
  /** The disk, the database or another part of the machine refused. */
  'storage',
  /** A fault of ours: the sentence says so and the log has the rest. */
  'internal',
]);
export type ErrorKind = z.infer<typeof errorKind>;

export const errorMessage = z.object({
  kind: errorKind,
  message: z.string(),
  file: z.string().optional(),
  /** Stack trace, for `--debug` and the log; never shown in a window. */
  stack: z.string().optional(),
});
export type ErrorMessage = z.infer<typeof errorMessage>;
