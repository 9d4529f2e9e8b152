import type { AdapterReceipt } from '../../app/contracts/adapters.js';
import { table } from './table.js';

const between = ([least, most]: readonly [number, number]): string =>
  least === most ? `${least}` : `${least} to ${most}`;

/** A receipt for people. */
export function adapterText(receipt: AdapterReceipt): string {
  const { file, dialect, algorithm, base, rank, alpha, scale, total, unmatched, nonFinite, triggerWords } = receipt;
  const reasons = new Map<string, string[]>();
  for (const { key, reason } of unmatched) reasons.set(reason, [...(reasons.get(reason) ?? []), key]);
  return [
    file,
    `  ${algorithm}, spelt as ${dialect}, base by its shapes: ${base}`,
    `  rank ${between(rank)}, alpha ${alpha === null ? 'none' : between(alpha)}, scale ${between(scale)}`,
    `  ${matchText(receipt)}`,
    ...[...reasons].map(([reason, keys]) => `  ${keys.length} × ${reason}: ${keys[0]}${keys.length > 1 ? ' …' : ''}`),
    ...(nonFinite.length === 0 ? [] : [`  damaged: ${nonFinite.length} tensors hold values that are not numbers`]),
    ...triggerWords.map(({ text, source }) => `  trigger “${text}” (${source})`),
    `  AutoV2 ${receipt.hashes.autov2}  AutoV3 ${receipt.hashes.autov3}`,
    ...(total === 0 ? [] : blockLines(receipt)),
  ].join('\n');
}

function matchText({ matched, total, fits }: AdapterReceipt): string {
  if (matched === null) return `${total} layers; name a model with --model to see which of them match`;
  const applied = fits === false ? ': made for another base, it is not applied' : '';
  return `${matched} of ${total} layers match${applied}`;
}

/** How much each part of the network is moved, as bars. */
function blockLines({ blocks }: AdapterReceipt): string[] {
  const most = Math.max(...blocks.map(({ norm }) => norm ?? 0));
  const rows = blocks.map(({ name, matched, total, norm }) => [
    `  ${name}`,
    `${matched}/${total}`,
    norm === null ? 'no number' : norm.toFixed(2),
    '▇'.repeat(most > 0 ? Math.round((20 * (norm ?? 0)) / most) : 0),
  ]);
  return table(rows).split('\n');
}
