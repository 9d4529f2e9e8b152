/**
 * The part of a network that a layer stands in, for a chart in the order of a picture's way through it. From its name,
 * in any dialect's spelling and with any base's: a layer that matches no model has a part too.
 */
export function partOf(name: string): string {
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
  { pattern: /^lora_te2_|text_encoder_2\./, part: 'Text encoder 2' },
  { pattern: /^lora_te1?_|text_encoder\.|text_model[._]|(^|\.)encoder\.layers\./, part: 'Text encoder' },
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
