/** The shapes of one part of a checkpoint, by the names that the part's own code has for its tensors. */
import { ModelError } from '../../errors.js';
import type { SafetensorsFile } from '../safetensors.js';

export class PartShapes {
  /** @param prefix what stands before the names of the part: `model.diffusion_model.` */
  constructor(
    readonly file: SafetensorsFile,
    readonly prefix: string,
  ) {}

  /** Null where there is no such tensor. */
  find(name: string): readonly number[] | null {
    return this.file.tensors.get(this.prefix + name)?.shape ?? null;
  }

  has(name: string): boolean {
    return this.find(name) !== null;
  }

  /** The size of one axis of a tensor that must be there. */
  size(name: string, axis: number): number {
    const size = this.find(name)?.[axis];
    if (size !== undefined) return size;
    const sentence = `${this.file.label} is no whole checkpoint: it has no tensor ${this.prefix}${name}. Download it again.`;
    throw new ModelError('unfit-model', sentence, { file: this.file.file });
  }

  /** How many of `name(0)`, `name(1)` ... are there. */
  count(name: (index: number) => string): number {
    let count = 0;
    while (this.has(name(count))) count++;
    return count;
  }

  /** The shape of the first tensor whose name ends so. */
  firstEndingWith(end: string): readonly number[] | null {
    for (const { name, shape } of this.file.tensors.values()) {
      if (name.startsWith(this.prefix) && name.endsWith(end)) return shape;
    }
    return null;
  }

  unfit(what: string): ModelError {
    return new ModelError('unfit-model', `${this.file.label} ${what}`, { file: this.file.file });
  }
}
