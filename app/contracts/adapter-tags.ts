/**
 * `<lora:NAME:WEIGHT>` in a prompt, as A1111 reads it (stable-diffusion-webui 1.10, modules/extra_networks.py and
 * extensions-builtin/Lora/extra_networks_lora.py): the first number is the text encoder's strength, a second one the
 * UNet's (the first unless told), both may be named (`te=`, `unet=`), none means 1. `lyco:` is an old spelling of it.
 */
export interface AdapterTag {
  /** Without the file's ending, which some people write. */
  readonly name: string;
  readonly weight: number;
  readonly textWeight: number;
  /** Where it stands in the prompt: first character, and the one after its last. */
  readonly start: number;
  readonly end: number;
  /** What is wrong with it, in one sentence; null when it can be used. */
  readonly problem: string | null;
  /**
   * Parts that have no effect here, as they are written: a third number (`dyn`, the ranks that A1111 uses of a DyLoRA),
   * and names that extensions of A1111 read (`lbw=`: strengths by block).
   */
  readonly ignored: readonly string[];
}

const tag = /<(?:lora|lyco):([^<>:]*)((?::[^<>:]*)*)>/gi;

const ending = /\.safetensors$/i;

/** Every tag of a prompt, in its order. */
export function adapterTags(prompt: string): AdapterTag[] {
  return [...prompt.matchAll(tag)].map((match) => {
    const [whole, name = '', rest = ''] = match;
    const positional: number[] = [];
    const named = new Map<string, number>();
    const ignored: string[] = [];
    let problem: string | null = name.trim() === '' ? `${whole} names no adapter.` : null;
    for (const part of rest.split(':').slice(1)) {
      const equals = part.indexOf('=');
      const key = equals < 0 ? null : part.slice(0, equals).trim().toLowerCase();
      if (key === null ? positional.length > 1 : key !== 'te' && key !== 'unet') {
        ignored.push(part.trim());
        continue;
      }
      const value = part.slice(equals + 1).trim();
      const number = Number(value.replace('−', '-'));
      if (value === '' || !Number.isFinite(number) || Math.abs(number) > 100) {
        problem ??= /^[-−+]?\d*,\d+$/.test(value)
          ? `In ${whole} the strength “${value}” has a comma: write ${value.replace(',', '.')}.`
          : `In ${whole} the strength “${value}” is no number from −100 to 100.`;
      } else if (key === null) positional.push(number);
      else named.set(key, number);
    }
    const textWeight = named.get('te') ?? positional[0] ?? 1;
    const weight = named.get('unet') ?? positional[1] ?? textWeight;
    const [start, end] = [match.index, match.index + whole.length];
    return { name: name.trim().replace(ending, ''), weight, textWeight, start, end, problem, ignored };
  });
}

/** The prompt as the text encoder gets it. Commas around a tag stay, as in A1111: they are tokens. */
export const withoutAdapterTags = (prompt: string): string => prompt.replace(tag, '');

/** A tag that reads back as the same strengths. */
export function writeAdapterTag({ name, weight, textWeight }: Pick<AdapterTag, 'name' | 'weight' | 'textWeight'>) {
  return weight === textWeight ? `<lora:${name}:${weight}>` : `<lora:${name}:${textWeight}:${weight}>`;
}
