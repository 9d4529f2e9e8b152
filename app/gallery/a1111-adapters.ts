import { addStrengths } from '../adapters/picture-adapters.js';
import { adapterTags, writeAdapterTag, type AdapterTag } from '../contracts/adapter-tags.js';
import type { UsedAdapter } from '../contracts/adapters.js';

/**
 * A picture's adapters as AUTOMATIC1111's web UI writes them: tags in the prompt, and `Lora hashes` in the last line.
 * Reference: stable-diffusion-webui 1.10, extensions-builtin/Lora/extra_networks_lora.py (`activate`), networks.py
 * (`load_networks`), scripts/lora_script.py (`infotext_pasted`).
 */

interface A1111Adapters {
  /** With a tag for every adapter. */
  readonly prompt: string;
  /** By the name in the tag, the first 12 digits of the hash of the tensors: what A1111 calls the short hash. */
  readonly hashes: ReadonlyMap<string, string>;
}

/**
 * Tags of the mixer's adapters go to the prompt's end. One that the prompt names too gets a single tag with the sum:
 * of two tags with one name A1111 takes the last one's strengths twice.
 */
export function a1111Adapters(prompt: string, used: readonly UsedAdapter[]): A1111Adapters {
  const tags = tagsWithAdapters(prompt, used);
  const inMixer = new Map<string, Sum>();
  for (const adapter of used.filter(({ fromPrompt }) => !fromPrompt)) {
    const sum = inMixer.get(adapter.receipt.hashes.sha256);
    inMixer.set(adapter.receipt.hashes.sha256, sum === undefined ? adapter : add(sum, adapter));
  }
  const hashes = new Map<string, string>();
  let text = '';
  let from = 0;
  for (const { tag, adapter } of tags) {
    const sum = inMixer.get(adapter.receipt.hashes.sha256);
    if (sum === undefined) {
      hashes.set(tag.name, adapter.receipt.hashes.autov3);
      continue;
    }
    inMixer.set(adapter.receipt.hashes.sha256, add(sum, tag));
    text += prompt.slice(from, tag.start);
    from = tag.end;
  }
  text += prompt.slice(from);
  for (const { name, weight, textWeight, receipt } of inMixer.values()) {
    const tag = canBeNamed(name) ? writeAdapterTag({ name, weight, textWeight }) : '';
    text += text === '' || tag === '' || /\s$/.test(text) ? tag : ` ${tag}`;
    hashes.set(name, receipt.hashes.autov3);
  }
  return { prompt: text, hashes };
}

type Sum = Pick<UsedAdapter, 'name' | 'weight' | 'textWeight' | 'receipt'>;

const add = (sum: Sum, more: Pick<Sum, 'weight' | 'textWeight'>): Sum => ({
  ...sum,
  weight: addStrengths(sum.weight, more.weight),
  textWeight: addStrengths(sum.textWeight, more.textWeight),
});

/** Each tag that puts an adapter on, with that adapter: both stand in the order of the prompt. */
export function tagsWithAdapters(
  prompt: string,
  used: readonly UsedAdapter[],
): { tag: AdapterTag; adapter: UsedAdapter }[] {
  const tags = adapterTags(prompt).filter(({ weight, textWeight }) => weight !== 0 || textWeight !== 0);
  const adapters = used.filter(({ fromPrompt }) => fromPrompt);
  return tags.flatMap((tag, k) => {
    const adapter = adapters[k];
    return adapter === undefined ? [] : [{ tag, adapter }];
  });
}

/** A tag has no way to spell the others. */
export const canBeNamed = (name: string): boolean => !/[<>:\n]/.test(name);

/** `flat-ink: 52e8b0c41d7a, paper-grain: 0d9b3c5512ef`: the value of `Lora hashes`; null where there is none. */
export function writeLoraHashes(hashes: ReadonlyMap<string, string>): string | null {
  if (hashes.size === 0) return null;
  return [...hashes].map(([name, hash]) => `${withoutSeparators(name)}: ${hash}`).join(', ');
}

/** The other way round. Names lack the commas that they had. */
export function readLoraHashes(value: string): Map<string, string> {
  const hashes = new Map<string, string>();
  for (const part of value.split(',')) {
    const [, name = '', hash = ''] = /^\s*(.+?)\s*:\s*([0-9a-f]{8,64})\s*$/i.exec(part) ?? [];
    if (name !== '') hashes.set(name, hash.toLowerCase());
  }
  return hashes;
}

/** A name as `Lora hashes` spells it. */
export const withoutSeparators = (name: string): string => name.replace(/[:,]/g, '');
