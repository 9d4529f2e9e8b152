import { ModelError } from '../errors.js';

/** The file is surely no adapter of any kind: it belongs on no shelf of them. */
export class NotAnAdapterError extends ModelError {
  constructor(sentence: string, file: string) {
    super('bad-input', sentence, { file });
  }
}
