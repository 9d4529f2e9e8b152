import type { AdapterReceipt, LastApplied } from '../contracts/adapters.js';

/** An adapter that may be put on a picture. */
export interface ShelfAdapter {
  /** Null for a file that a path names and that is not on the shelf. */
  readonly id: string | null;
  /** The file's name without its ending. */
  readonly name: string;
  readonly alias: string | null;
  /** Absolute path; there, and as it was described. */
  readonly path: string;
  /** Of one that was found by name: paths of others that the name means as well. Absent when there are none. */
  readonly namesakes?: readonly string[];
}

/** What pictures ask of the shelf. */
export interface AdapterSource {
  /** The adapter behind an id, described anew when its file changed. Throws one sentence when it cannot be used. */
  ready(id: string): Promise<ShelfAdapter>;
  /** What a `<lora:NAME:1>` tag means: by file name, else by alias, exactly or else without regard to case; null for none. */
  find(name: string): Promise<ShelfAdapter | null>;
  /** Its receipt for the model in this folder; from memory while neither file changed. */
  receipt(adapter: ShelfAdapter, modelPath: string | null): Promise<AdapterReceipt>;
  /** They were put on a picture: each comes first under "last used", and the picture becomes its preview when it has none. */
  used(uses: readonly (LastApplied & { readonly id: string })[], picture: { readonly path: string }): Promise<void>;
}
