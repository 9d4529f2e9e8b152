import { ModelError } from '../../errors.js';

/** The refusals of one file. Names in it are a stranger's: they are shown as text of one line, and not at length. */
export class TorchFaults {
  constructor(
    readonly file: string,
    readonly label: string,
  ) {}

  bad(fault: string): ModelError {
    return new ModelError('bad-file', `${this.label} ${fault}`, { file: this.file });
  }

  unsupported(what: string): ModelError {
    return new ModelError('unsupported', `${this.label} ${what}`, { file: this.file });
  }

  /** For a pickle that names what is no tensor and no container. */
  wantsToRun(name: string): ModelError {
    const sentence = `${this.label} wants to run ${shown(name)} when it is opened: it is not read. Get the model as .safetensors from a source you trust.`;
    return new ModelError('unsupported', sentence, { file: this.file });
  }
}

export function shown(name: string): string {
  const plain = [...name].map((character) => (/[\p{C}\p{Z}]/u.test(character) ? '?' : character)).join('');
  return plain.length > 100 ? `${plain.slice(0, 99)}…` : plain;
}
