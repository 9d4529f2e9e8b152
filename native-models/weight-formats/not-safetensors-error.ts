import { ModelError } from '../errors.js';

/** The file is of another format altogether, whatever its name says; one that is only broken is a plain `bad-file`. */
export class NotSafetensorsError extends ModelError {
  constructor(sentence: string, file: string) {
    super('bad-file', sentence, { file });
  }
}
