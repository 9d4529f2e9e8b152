import { foldName } from '../adapters/adapter-names.js';
import { adapterTags } from '../contracts/adapter-tags.js';
import type { AdapterCard } from '../contracts/adapters.js';
import { canBeNamed, withoutSeparators } from './a1111-adapters.js';

export type KnownAdapter = Pick<AdapterCard, 'id' | 'name' | 'alias' | 'hashes' | 'missing'>;

interface Wanted {
  readonly id?: string;
  readonly name: string;
  /** First digits (8 at least) of the hash of its tensors or of its file; null where the picture tells none. */
  readonly hash: string | null;
}

/** The adapters of the shelf, asked for those of a picture that may come from another one. */
export class KnownAdapters {
  readonly #adapters: readonly KnownAdapter[];
  readonly #notices: string[];

  /** Sentences for what is not as it was go to `notices`. */
  constructor(adapters: readonly KnownAdapter[], notices: string[]) {
    this.#adapters = adapters.filter(({ missing }) => !missing);
    this.#notices = notices;
  }

  /** The same entry unless its file is another one by now, else the same tensors, else the same name. */
  find({ id, name, hash }: Wanted): KnownAdapter | null {
    const byId = this.#adapters.find((adapter) => adapter.id === id);
    const found =
      byId !== undefined && !isOther(byId, hash) ? byId : (this.#byHash(hash) ?? byId ?? this.#byName(name));
    if (found === undefined) {
      this.#notices.push(`The adapter ${name} is not on your shelf and was left out.`);
      return null;
    }
    this.#tellWhenOther(found, hash);
    return found;
  }

  /**
   * The prompt with its tags under the names of this shelf, as A1111 does when a text is pasted
   * (lora_script.py, `infotext_pasted`). `hashes` by names without separators.
   */
  rename(prompt: string, hashes: ReadonlyMap<string, string>): string {
    let text = '';
    let from = 0;
    const named = new Set<string>();
    for (const { name, start, end } of adapterTags(prompt)) {
      named.add(withoutSeparators(name));
      const hash = hashes.get(withoutSeparators(name)) ?? null;
      const byName = this.#byName(name);
      const byHash = this.#byHash(hash);
      if (byName !== undefined && (byHash === undefined || !isOther(byName, hash))) {
        this.#tellWhenOther(byName, hash);
      } else if (byHash === undefined || !canBeNamed(byHash.name)) {
        this.#notices.push(
          `There is no adapter named “${name}” on your shelf: add its file, or take its tag out of the prompt.`,
        );
      } else {
        this.#notices.push(`The adapter “${name}” of the prompt is ${byHash.name} on your shelf: its tag was changed.`);
        const tag = prompt.slice(start, end);
        const nameAt = tag.indexOf(':') + 1;
        text += `${prompt.slice(from, start)}${tag.slice(0, nameAt)}${byHash.name}${tag.slice(nameAt).replace(/^[^:>]*/, '')}`;
        from = end;
      }
    }
    const others = [...hashes.keys()].filter((name) => !named.has(name));
    if (others.length > 0) {
      this.#notices.push(`It was also made with ${others.join(', ')}, at strengths that its prompt does not tell.`);
    }
    return text + prompt.slice(from);
  }

  #tellWhenOther(adapter: KnownAdapter, hash: string | null): void {
    if (!isOther(adapter, hash)) return;
    this.#notices.push(`${adapter.name} on your shelf is another file than the one that this picture was made with.`);
  }

  #byHash(hash: string | null): KnownAdapter | undefined {
    if (hash === null) return undefined;
    return this.#adapters.find((adapter) => adapter.hashes !== null && !isOther(adapter, hash));
  }

  /** As the shelf finds what a tag names: the file's name, then without regard to case, then the alias. */
  #byName(name: string): KnownAdapter | undefined {
    const folded = foldName(name);
    return (
      this.#adapters.find((adapter) => adapter.name === name) ??
      this.#adapters.find((adapter) => foldName(adapter.name) === folded) ??
      this.#adapters.find((adapter) => adapter.alias !== null && foldName(adapter.alias) === folded)
    );
  }
}

/** Both hashes are known and neither of the adapter's begins with the wanted digits. */
function isOther({ hashes }: KnownAdapter, wanted: string | null): boolean {
  if (hashes === null || wanted === null) return false;
  return !hashes.tensors.startsWith(wanted) && !hashes.sha256.startsWith(wanted);
}
