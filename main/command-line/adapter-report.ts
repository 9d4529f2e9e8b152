import type { AdapterReceipt } from '../../app/contracts/adapters.js';
import { damageSentence, misfitSentence } from '../../native-models/adapters/refusals.js';
import { adapterName } from '../../app/adapters/adapter-names.js';
import { table } from './table.js';

const between = ([least, most]: readonly [number, number]): string =>
  least === most ? `${least}` : `${least} to ${most}`;

/** A receipt for people; `model` is the name of the one that it was matched with. */
export function adapterText(receipt: AdapterReceipt, model: string | null): string {
  const { file, dialect, algorithm, base, rank, alpha, scale, total, unmatched, nonFinite, triggerWords } = receipt;
  const damage = damageSentence(adapterName(file), nonFinite);
  const reasons = new Map<string, string[]>();
  for (const { key, reason } of unmatched) reasons.set(reason, [...(reasons.get(reason) ?? []), key]);
  return [
    file,
    `  ${algorithm}, spelt as ${dialect}, base by its shapes: ${base}`,
    `  rank ${between(rank)}, alpha ${alpha === null ? 'none' : between(alpha)}, scale ${between(scale)}`,
    `  ${matchText(receipt, model)}`,
    ...[...reasons].map(([reason, keys]) => `  ${keys.length} × ${reason}: ${keys[0]}${keys.length > 1 ? ' …' : ''}`),
    ...(damage === null ? [] : [`  ${damage} It is not applied.`]),
    ...triggerWords.map(({ text, source }) => `  trigger “${text}” (${source})`),
    `  AutoV2 ${receipt.hashes.autov2}  AutoV3 ${receipt.hashes.autov3}`,
    ...(total === 0 ? [] : blockLines(receipt)),
  ].join('\n');
}

function matchText({ file, base, matched, total, fits }: AdapterReceipt, model: string | null): string {
  if (matched === null || model === null) {
    return `${total} layers; name a model with --model to see which of them match`;
  }
  if (fits === false) return misfitSentence({ name: adapterName(file), base, matched, total }, model);
  return `${matched} of ${total} layers match ${model}`;
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
