import { errorKind, type ErrorKind, type ErrorMessage } from './errors.js';

/** An error with a kind that the studio's own code throws, and the form in which one from another process is rebuilt. */
export class StudioError extends Error {
  override readonly name = 'StudioError';
  readonly kind: ErrorKind;
  /** Path of the file the sentence is about. */
  readonly file: string | undefined;

  constructor(kind: ErrorKind, message: string, options: { file?: string | undefined; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.file = options.file;
  }
}

/**
 * The message for any thrown value. An error that carries one of our kinds (StudioError, ModelError) keeps its own
 * sentence; anything else is a fault of ours and becomes `internal`.
 */
export function errorMessageOf(error: unknown): ErrorMessage {
  if (!(error instanceof Error))
    return { kind: 'internal', message: `Something unexpected was thrown: ${String(error)}` };
  const kind = errorKind.safeParse('kind' in error ? error.kind : undefined);
  const file = 'file' in error && typeof error.file === 'string' ? error.file : undefined;
  return {
    kind: kind.success ? kind.data : 'internal',
    message: error.message === '' ? error.name : error.message,
    ...(file === undefined ? {} : { file }),
    ...(error.stack === undefined ? {} : { stack: error.stack }),
  };
}

/** The other way round, at the receiving end; keeps the stack of where it happened. */
export function errorFromMessage(message: ErrorMessage): StudioError {
  const error = new StudioError(message.kind, message.message, { file: message.file });
  if (message.stack !== undefined) error.stack = message.stack;
  return error;
}
