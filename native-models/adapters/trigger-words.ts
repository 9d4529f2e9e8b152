/**
 * The words that call an adapter, and where they were found. Trainers write them into the metadata in several ways
 * (Stability-AI/ModelSpec; kohya-ss/sd-scripts 48d368f, train_network.py); none of it can be trusted further than this.
 */
export interface TriggerWord {
  readonly text: string;
  /** `metadata`, `training comment`, `training tags, 42 of 42 pictures`, `training folder`. */
  readonly source: string;
}

/** All that are found, the surest first, each once. */
export function triggerWords(metadata: Readonly<Record<string, string>>): TriggerWord[] {
  const found = [...phrase(metadata), ...comment(metadata), ...frequentTags(metadata), ...datasetFolders(metadata)];
  return mergeTriggerWords(found);
}

/** Each text once, under the source that comes first. */
export function mergeTriggerWords(words: readonly TriggerWord[]): TriggerWord[] {
  const seen = new Set<string>();
  const merged: TriggerWord[] = [];
  for (const { text, source } of words) {
    const clean = oneLine(text);
    if (clean === '' || clean.toLowerCase() === 'none' || seen.has(clean.toLowerCase())) continue;
    seen.add(clean.toLowerCase());
    merged.push({ text: clean, source });
  }
  return merged.slice(0, MOST_WORDS);
}

const MOST_WORDS = 20;
const LONGEST_WORD = 300;

/** In a prompt it has to be one line; other control characters are nobody's word. */
const oneLine = (text: string): string =>
  text
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, LONGEST_WORD);

const phrase = (metadata: Readonly<Record<string, string>>): TriggerWord[] =>
  ['modelspec.trigger_phrase', 'ss_trigger_words', 'trigger_word']
    .map((key) => metadata[key])
    .filter((text) => text !== undefined)
    .map((text) => ({ text, source: 'metadata' }));

/** “trigger word is smart falcon”, “Trigger words: ink, wash”. */
function comment(metadata: Readonly<Record<string, string>>): TriggerWord[] {
  return ['ss_training_comment', 'modelspec.usage_hint'].flatMap((key) => {
    const text = (metadata[key] ?? '').slice(0, LONGEST_COMMENT);
    const [, words] = /\btrigger\s*(?:words?|phrases?|tags?)?\s*(?:is|are|:|=)\s*([^\n;]+)/i.exec(text) ?? [];
    const source = key === 'ss_training_comment' ? 'training comment' : 'metadata';
    return words === undefined ? [] : [{ text: words.replace(/[\s.]+$/, ''), source }];
  });
}

const LONGEST_COMMENT = 10_000;

/** Lists of all tags of all pictures reach some MB; beyond that somebody is testing us. */
const LONGEST_JSON = 8_000_000;
/** A tag on fewer of the pictures than this is what some of them show, not what all are called. */
const MOST_PICTURES = 0.8;
const MOST_TAGS = 5;

function frequentTags(metadata: Readonly<Record<string, string>>): TriggerWord[] {
  const frequency = parseObject(metadata['ss_tag_frequency']);
  if (!frequency) return [];
  const folders = parseObject(metadata['ss_dataset_dirs']) ?? {};
  const counts = new Map<string, number>();
  let pictures: number | null = 0;
  for (const [folder, tags] of Object.entries(frequency)) {
    const images = isObject(folders[folder]) ? folders[folder]['img_count'] : null;
    pictures = typeof images === 'number' && pictures !== null ? pictures + images : null;
    for (const [tag, count] of Object.entries(isObject(tags) ? tags : {})) {
      if (typeof count === 'number' && count > 0) counts.set(tag, (counts.get(tag) ?? 0) + count);
    }
  }
  const most = [...counts.values()].reduce((largest, count) => Math.max(largest, count), 0);
  // Some trainers count a tag at every step: then it is on more pictures than there are.
  if (pictures !== null && most > pictures) pictures = null;
  const all = pictures ?? most;
  // Captions in sentences count as tags of one picture each: no word of them is on most.
  return [...counts]
    .filter(([, count]) => count > 1 && count >= MOST_PICTURES * all)
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, MOST_TAGS)
    .map(([text, count]) => ({
      text,
      source:
        pictures === null ? `training tags, ${count} pictures` : `training tags, ${count} of ${pictures} pictures`,
    }));
}

/** `16_smf girl`: sixteen repeats of the pictures in it, and what they are of. */
function datasetFolders(metadata: Readonly<Record<string, string>>): TriggerWord[] {
  return Object.keys(parseObject(metadata['ss_dataset_dirs']) ?? {}).flatMap((folder) => {
    const [, name] = /^\d+_(.+)$/.exec(folder) ?? [];
    return name === undefined ? [] : [{ text: name, source: 'training folder' }];
  });
}

function parseObject(text: string | undefined): Record<string, unknown> | null {
  if (text === undefined || text.length > LONGEST_JSON) return null;
  try {
    const json: unknown = JSON.parse(text);
    return isObject(json) ? json : null;
  } catch {
    return null;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
