import type { AdapterCard } from '../../app/contracts/adapters.js';

type Named = Pick<AdapterCard, 'name' | 'path'>;
type FolderOf = (card: Named) => string | null;

/** Cards are a new list whenever one changes, so each list is counted once. */
const known = new WeakMap<readonly Named[], FolderOf>();

/** For cards of a name that several have: the name of the folder that tells them apart. Null for all others. */
export function foldersOfNamesakes(cards: readonly Named[]): FolderOf {
  const had = known.get(cards);
  if (had) return had;
  const counts = new Map<string, number>();
  for (const { name } of cards) counts.set(name.toLowerCase(), (counts.get(name.toLowerCase()) ?? 0) + 1);
  const folderOf: FolderOf = ({ name, path }) =>
    (counts.get(name.toLowerCase()) ?? 0) > 1 ? (path.split(/[\\/]/).at(-2) ?? null) : null;
  known.set(cards, folderOf);
  return folderOf;
}
