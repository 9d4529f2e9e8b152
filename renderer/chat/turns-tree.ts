import type { Turn } from '../../app/contracts/conversations.js';

/** A conversation is a tree of turns; the window shows one way through it, from the root to a tip. */
export interface TurnsTree {
  readonly byId: ReadonlyMap<string, Turn>;
  /** Turns that follow a turn, oldest first; those of null are the first ones. */
  readonly after: ReadonlyMap<string | null, readonly Turn[]>;
}

let last: { readonly turns: readonly Turn[]; readonly tree: TurnsTree } | null = null;

/** Made once for a list of turns, as every row of the thread asks. A turn whose parent is gone counts as a first one. */
export function treeOf(turns: readonly Turn[]): TurnsTree {
  if (last?.turns === turns) return last.tree;
  const byId = new Map(turns.map((turn) => [turn.id, turn]));
  const after = new Map<string | null, Turn[]>();
  for (const turn of turns.toSorted((a, b) => a.createdAt - b.createdAt)) {
    const parent = turn.parent !== null && byId.has(turn.parent) ? turn.parent : null;
    const sisters = after.get(parent);
    if (sisters) sisters.push(turn);
    else after.set(parent, [turn]);
  }
  last = { turns, tree: { byId, after } };
  return last.tree;
}

/** The turns from the root to `tip`, in reading order. */
export function wayTo(turns: readonly Turn[], tip: string | null): Turn[] {
  const { byId } = treeOf(turns);
  const way: Turn[] = [];
  const seen = new Set<string>();
  for (let at = tip; at !== null && !seen.has(at);) {
    seen.add(at);
    const turn = byId.get(at);
    if (!turn) break;
    way.push(turn);
    at = turn.parent;
  }
  return way.reverse();
}

/** A turn and those that follow the same one, oldest first. */
export function sistersOf(turns: readonly Turn[], id: string): readonly Turn[] {
  const { byId, after } = treeOf(turns);
  const turn = byId.get(id);
  if (!turn) return [];
  return after.get(turn.parent !== null && byId.has(turn.parent) ? turn.parent : null) ?? [];
}

/** Where the way through a turn ends: from there on always the newest. */
export function tipOf(turns: readonly Turn[], id: string): string {
  const { after } = treeOf(turns);
  const seen = new Set<string>();
  let at = id;
  for (;;) {
    seen.add(at);
    const next = after.get(at)?.at(-1);
    if (!next || seen.has(next.id)) return at;
    at = next.id;
  }
}

/** New turns, or newer states of known ones; order as they came. */
export function withTurns(turns: readonly Turn[], news: readonly Turn[]): Turn[] {
  const newer = new Map(news.map((turn) => [turn.id, turn]));
  const known = new Set(turns.map(({ id }) => id));
  return [...turns.map((turn) => newer.get(turn.id) ?? turn), ...news.filter(({ id }) => !known.has(id))];
}
