import { basename, dirname } from 'node:path';
import { damageSentence, misfitSentence } from '../../native-models/adapters/refusals.js';
import { adapterTags, withoutAdapterTags } from '../contracts/adapter-tags.js';
import type { AdapterFileUse, AdapterReceipt } from '../contracts/adapters.js';
import type { GenerationSettings } from '../contracts/generation.js';
import type { Model } from '../contracts/models.js';
import { StudioError } from '../contracts/studio-error.js';
import type { AdapterSource, ShelfAdapter } from './adapter-shelf-port.js';

/**
 * From what a person asked for (rows of the mixer, `<lora:…>` tags in the prompt) to what the engine is told. Whatever
 * cannot be put on is refused here, in one sentence, before anything runs: no adapter is ever left out silently.
 */

/** An adapter that is wanted on a picture. */
export interface AskedAdapter {
  readonly adapter: ShelfAdapter;
  readonly weight: number;
  readonly textWeight: number;
  /** By a tag in the prompt rather than by the mixer or a flag. */
  readonly fromPrompt: boolean;
  /** What the tag calls it. */
  readonly calledAs?: string;
}

/** One that was looked at: it fits the model, at least in part. */
export interface CheckedAdapter extends AskedAdapter {
  readonly receipt: AdapterReceipt;
}

export interface PictureAdapters {
  /** As the text encoder gets it: without tags. */
  readonly prompt: string;
  /** Each file once: what is asked of it in several places adds up. */
  readonly files: readonly AdapterFileUse[];
  /** As they were asked for: the mixer's first, then the prompt's. */
  readonly used: readonly CheckedAdapter[];
  /** One sentence each. */
  readonly notices: readonly string[];
}

type Prompts = Pick<GenerationSettings, 'prompt' | 'negative'>;
type ModelOfPicture = Pick<Model, 'name' | 'path'>;

/** The adapters of a picture of the studio. Throws one sentence for the first that cannot be put on. */
export async function pictureAdapters(
  settings: Prompts & Pick<GenerationSettings, 'adapters'>,
  model: ModelOfPicture,
  source: AdapterSource,
): Promise<PictureAdapters> {
  return checkAdapters(await askedAdapters(settings, source), settings, model, source);
}

/** Those of the mixer, then those of the prompt's tags. */
export async function askedAdapters(
  { adapters, prompt }: Pick<GenerationSettings, 'adapters' | 'prompt'>,
  source: AdapterSource,
): Promise<AskedAdapter[]> {
  const asked: AskedAdapter[] = [];
  for (const { adapter, weight, textWeight } of adapters) {
    if (weight === 0 && textWeight === 0) continue;
    asked.push({ adapter: await source.ready(adapter), weight, textWeight, fromPrompt: false });
  }
  return [...asked, ...(await promptAdapters(prompt, source))];
}

/** Those of the prompt's tags, in their order. A tag that names nothing or holds a broken number is refused. */
export async function promptAdapters(prompt: string, source: Pick<AdapterSource, 'find'>): Promise<AskedAdapter[]> {
  const asked: AskedAdapter[] = [];
  for (const { name, weight, textWeight, start, end, problem } of adapterTags(prompt)) {
    if (problem !== null) throw new StudioError('bad-input', problem);
    const adapter = await source.find(name);
    if (adapter === null) {
      throw new StudioError(
        'not-found',
        `There is no adapter named “${name}” on the shelf: put its file into a watched folder, or take ${prompt.slice(start, end)} out of the prompt.`,
      );
    }
    if (weight !== 0 || textWeight !== 0) asked.push({ adapter, weight, textWeight, fromPrompt: true, calledAs: name });
  }
  return asked;
}

/**
 * Get each one's receipt for the model. Refuses the first that was made for another base or holds numbers that are
 * none; says which run in part.
 */
export async function checkAdapters(
  asked: readonly AskedAdapter[],
  prompts: Prompts,
  model: ModelOfPicture,
  source: Pick<AdapterSource, 'receipt'>,
): Promise<PictureAdapters> {
  const used: CheckedAdapter[] = [];
  const notices = new Set(tagNotices(prompts));
  for (const each of asked) {
    const { adapter } = each;
    const several = namesakesNotice(each);
    if (several !== null) notices.add(several);
    const receipt = await source.receipt(adapter, model.path);
    const refusal = whyNot(adapter, receipt, model);
    if (refusal !== null) throw new StudioError('unfit-model', refusal, { file: adapter.path });
    const partly = partlyNotice(adapter, receipt);
    if (partly !== null) notices.add(partly);
    used.push({ ...each, receipt });
  }
  return { prompt: withoutAdapterTags(prompts.prompt), files: addUp(asked), used, notices: [...notices] };
}

/** Strengths that the contract with the engine allows. */
const strongest = 100;

/** Each file once, in the order of its first use. */
function addUp(asked: readonly AskedAdapter[]): AdapterFileUse[] {
  const files = new Map<string, AdapterFileUse>();
  for (const { adapter, weight, textWeight } of asked) {
    const before = files.get(adapter.path) ?? { weight: 0, textWeight: 0 };
    const sum = {
      file: adapter.path,
      weight: addStrengths(before.weight, weight),
      textWeight: addStrengths(before.textWeight, textWeight),
    };
    if (Math.max(Math.abs(sum.weight), Math.abs(sum.textWeight)) > strongest) {
      throw new StudioError(
        'bad-input',
        `${adapter.name} is put on several times and its strengths add up to more than ${strongest}: lower one of them.`,
      );
    }
    files.set(adapter.path, sum);
  }
  return [...files.values()];
}

/** 0.1 + 0.2 is 0.3: strengths are typed and shown in decimals. */
export const addStrengths = (a: number, b: number): number => Number((a + b).toFixed(9));

function whyNot({ name }: ShelfAdapter, receipt: AdapterReceipt, model: ModelOfPicture): string | null {
  const { fits, matched, total, base, nonFinite } = receipt;
  if (fits === false) return misfitSentence({ name, base, matched: matched ?? 0, total }, model.name);
  const damage = damageSentence(name, nonFinite);
  return damage === null ? null : `${damage} It is not applied.`;
}

const counts = ['Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine'];

/** A name that means several files: which of them is on the picture. */
function namesakesNotice({
  adapter: { name: ownName, path, namesakes = [] },
  calledAs: name = ownName,
}: AskedAdapter): string | null {
  if (namesakes.length === 0) return null;
  const folder = dirname(path);
  const others = namesakes.map((other) => dirname(other));
  // The folder's own name, where it tells them apart.
  const short = basename(folder);
  const where = short === '' || others.some((other) => basename(other) === short) ? folder : short;
  const which = others.includes(folder) ? basename(path) : `the one in ${where}`;
  return `${counts[namesakes.length - 1] ?? namesakes.length + 1} adapters are named ${name}: ${which} is used.`;
}

function partlyNotice({ name }: ShelfAdapter, { matched, total, blocks }: AdapterReceipt): string | null {
  if (matched === null || matched === total) return null;
  const left = total - matched;
  const lacking = blocks.filter((block) => block.matched < block.total);
  const placed = lacking.map((block) => ({
    count: block.total - block.matched,
    place: block.name === 'Other' ? 'elsewhere' : `in ${block.name}`,
  }));
  const counts = placed.map(({ count, place }) => `${count} ${place}`).join(', ');
  const place = placed[0]?.place ?? 'elsewhere';
  const where = placed.length > 1 ? ` (${counts})` : place === 'elsewhere' ? '' : ` ${place}`;
  const [does, them] = left === 1 ? ['does', 'it'] : ['do', 'them'];
  return `${name}: ${matched} of ${total} layers match; ${left}${where} ${does} not. It runs without ${them}.`;
}

/** A tag that was begun and never closed: A1111 reads it as words, and so do we. */
const unclosed = /<(?:lora|lyco):[^<>]*(?=<|$)/gi;

/** What stands in the prompts like an adapter and is none, or does not do all that it says. */
function tagNotices({ prompt, negative }: Prompts): string[] {
  const notices: string[] = [];
  for (const { start, end, ignored } of adapterTags(prompt)) {
    if (ignored.length === 0) continue;
    const parts = ignored.map((part) => `“${part}”`).join(' and ');
    notices.push(`In ${prompt.slice(start, end)} ${parts} ${ignored.length === 1 ? 'has' : 'have'} no effect here.`);
  }
  for (const [text] of prompt.matchAll(unclosed)) {
    const shown = text.trim().length > 60 ? `${text.trim().slice(0, 60)}…` : text.trim();
    notices.push(`“${shown}” is not closed with “>”: it is read as words and puts no adapter on.`);
  }
  // A1111 takes tags out of the prompt alone (processing.py, parse_extra_network_prompts); words that it encodes are
  // encoded here too, so that its pictures can be made again.
  const inNegative = adapterTags(negative);
  for (const { start, end } of inNegative.slice(0, 1)) {
    notices.push(
      `${negative.slice(start, end)} in the negative prompt is read as words, as in A1111, and puts no adapter on: a strength below zero in the prompt turns an adapter round.`,
    );
  }
  return notices;
}
