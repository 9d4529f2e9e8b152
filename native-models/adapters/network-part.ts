import type { AdaptableComponentName } from './adapter.js';

/**
 * The part of a network that a layer stands in, for a chart in the order of a picture's way through it: its component
 * as the dialect told it, and of a UNet the block, by the network's own words in the name, with dots or underscores. A
 * layer that matches no model has a part too.
 */
export function partOf(name: string, component: AdaptableComponentName | null): string {
  if (component === 'text_encoder') return 'Text encoder';
  if (component === 'text_encoder_2') return 'Text encoder 2';
  const numbered = [
    { pattern: /down_blocks[._](\d+)/, part: (n: number) => `Down ${n}` },
    { pattern: /up_blocks[._](\d+)/, part: (n: number) => `Up ${n}` },
    // SDXL's names of trainers that keep its first layout: block 3 i + j + 1 down, 3 i + j up.
    { pattern: /input_blocks[._]([1-9]\d*)/, part: (n: number) => `Down ${Math.floor((n - 1) / 3)}` },
    { pattern: /output_blocks[._](\d+)/, part: (n: number) => `Up ${Math.floor(n / 3)}` },
  ];
  for (const { pattern, part } of numbered) {
    const [, number] = pattern.exec(name) ?? [];
    if (number !== undefined) return part(Number(number));
  }
  return named.find(({ pattern }) => pattern.test(name))?.part ?? 'Other';
}

const named = [
  { pattern: /mid_block|middle_block/, part: 'Middle' },
  { pattern: /time_embed|add_embed|label_emb/, part: 'Time' },
  { pattern: /conv_in$|conv_out$|input_blocks[._]0|(^|_)out_\d$/, part: 'In and out' },
];

/** `Text encoder`, `Text encoder 2`, `Down 0` ..., `Middle`, `Up 0` ..., then what stands beside that way. */
export function inOrderOfParts(a: string, b: string): number {
  return place(a) - place(b);
}

function place(part: string): number {
  const [kind = '', number = '0'] = part.split(/ (?=\d+$)/);
  const kinds = ['Text encoder', 'Down', 'Middle', 'Up', 'Time', 'In and out', 'Other'];
  return kinds.indexOf(kind) * 1000 + Number(number);
}
