/**
 * What can go wrong with a model, told apart by what the caller can do about it.
 *
 * `message` is one plain sentence for a person: what is wrong, where, what to do. Everything a program
 * needs stands in fields. `app/contracts/errors.ts` lists the same kinds for the borders between processes.
 */
export type ModelErrorKind =
  /** A file or folder that should be there is not. */
  | 'missing-file'
  /** The file is broken: cut short, lying header, overlapping tensors, not the format it claims to be. */
  | 'bad-file'
  /** The files are whole but do not belong together: config against weights, wrong kind of model. */
  | 'unfit-model'
  /** A whole, known thing that this studio cannot run (yet). */
  | 'unsupported'
  /** A request that cannot be carried out as asked. */
  | 'bad-input'
  /** A mapped file changed on disk while it was in use. */
  | 'file-changed'
  /** The chosen device is not available here. */
  | 'device-unavailable'
  | 'out-of-memory'
  /** The person stopped it. */
  | 'cancelled';

export class ModelError extends Error {
  override readonly name = 'ModelError';
  readonly kind: ModelErrorKind;
  /** Path of the file the sentence is about. */
  readonly file: string | undefined;

  constructor(kind: ModelErrorKind, message: string, options: { file?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.file = options.file;
  }
}
