/**
 * The `parameters` text that AUTOMATIC1111's web UI writes into pictures and that every other tool reads.
 * Reference: stable-diffusion-webui 1.10, modules/processing.py `create_infotext` and modules/infotext_utils.py
 * `quote`, `parse_generation_parameters`.
 *
 *     prompt lines
 *     Negative prompt: lines            (left out when empty)
 *     Steps: 20, Sampler: Euler a, Schedule type: Karras, CFG scale: 7, Seed: 1, Size: 512x512, ...
 *
 * The prompt is not escaped, so this form loses white space at line ends and takes a prompt line that begins with
 * "Negative prompt:" for the negative prompt. The studio's own JSON (picture-metadata.ts) loses nothing.
 */

export interface A1111Picture {
  readonly prompt: string;
  readonly negative: string;
  readonly steps: number;
  /** Ids of the command line: `euler_a`, `karras`. */
  readonly sampler: string;
  readonly schedule: string;
  readonly cfg: number;
  readonly seed: number;
  readonly width: number;
  readonly height: number;
  readonly model: string;
  /** Hex; null where the file was never read whole: the hash is then left out. */
  readonly modelSha256: string | null;
  readonly clipSkip: number;
  /** Value of `Lora hashes`; null without adapters. Their tags stand in the prompt. */
  readonly loraHashes: string | null;
  /** `given` noise has no source that A1111 knows. */
  readonly noise: 'cpu' | 'given';
  /** The studio's own: `0.1.0`. */
  readonly version: string;
}

/** Samplers as A1111 spells them. */
const samplerLabels: Readonly<Record<string, string>> = {
  ddim: 'DDIM',
  euler: 'Euler',
  euler_a: 'Euler a',
  dpmpp_2m: 'DPM++ 2M',
  lcm: 'LCM',
  heun: 'Heun',
  lms: 'LMS',
  pndm: 'PLMS',
  ddpm: 'DDPM',
  deis: 'DEIS',
  unipc: 'UniPC',
  tcd: 'TCD',
  dpmpp_2s_a: 'DPM++ 2S a',
  dpmpp_sde: 'DPM++ SDE',
  dpmpp_2m_sde: 'DPM++ 2M SDE',
  dpmpp_3m_sde: 'DPM++ 3M SDE',
};

/**
 * Not "Automatic": for A1111 that means each sampler's favourite (Karras for DPM++ 2M), while our `normal` is always
 * the model's own spacing, which its "Normal" comes closest to.
 */
const scheduleLabels: Readonly<Record<string, string>> = {
  normal: 'Normal',
  karras: 'Karras',
  exponential: 'Exponential',
  sgm_uniform: 'SGM Uniform',
  beta: 'Beta',
  ays: 'Align Your Steps',
};

/** What "Automatic" means in A1111: modules/sd_samplers_kdiffusion.py. */
const automaticSchedules: Readonly<Record<string, string>> = {
  dpmpp_2m: 'karras',
  dpmpp_sde: 'karras',
  dpmpp_2s_a: 'karras',
  dpmpp_2m_sde: 'exponential',
  dpmpp_3m_sde: 'exponential',
};

export function writeA1111Parameters(picture: A1111Picture): string {
  const pairs: [key: string, value: string | number | null][] = [
    ['Steps', picture.steps],
    ['Sampler', samplerLabels[picture.sampler] ?? picture.sampler],
    ['Schedule type', scheduleLabels[picture.schedule] ?? picture.schedule],
    ['CFG scale', picture.cfg],
    ['Seed', picture.seed],
    ['Size', `${picture.width}x${picture.height}`],
    ['Model hash', picture.modelSha256?.slice(0, 10) ?? null],
    ['Model', picture.model],
    ['Clip skip', picture.clipSkip > 1 ? picture.clipSkip : null],
    ['RNG', picture.noise === 'cpu' ? 'CPU' : null],
    ['Lora hashes', picture.loraHashes],
    // With its name: a bare "0.1.0" would be taken for an ancient web UI, whose quirks readers then switch on.
    ['Version', `Inkstone ${picture.version}`],
  ];
  const lastLine = pairs
    .filter(([, value]) => value !== null)
    .map(([key, value]) => `${key}: ${quote(String(value))}`)
    .join(', ');
  const negative = picture.negative === '' ? '' : `\nNegative prompt: ${picture.negative}`;
  return `${picture.prompt}${negative}\n${lastLine}`.trim();
}

const quote = (value: string): string => (/[,:\n]/.test(value) ? JSON.stringify(value) : value);

function unquote(value: string): string {
  if (value.length < 2 || !value.startsWith('"') || !value.endsWith('"')) return value;
  try {
    const inner: unknown = JSON.parse(value);
    return typeof inner === 'string' ? inner : value;
  } catch {
    return value;
  }
}

export interface A1111Text {
  readonly prompt: string;
  readonly negative: string;
  /** The last line's values by their keys as written; empty where there is no such line. */
  readonly values: ReadonlyMap<string, string>;
}

/** `re_param` of infotext_utils.py; a letter of any script counts as one, as in Python. */
const pair = /\s*([\p{L}\p{N}_][\p{L}\p{N}_ \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)/gu;
/** Fewer, and the last line is taken for a line of the prompt. */
const fewestPairs = 3;

/** Null for JSON under the same key, as SwarmUI writes it. */
export function readA1111Parameters(text: string): A1111Text | null {
  if (text.trimStart().startsWith('{')) return null;
  const lines = text.trim().split('\n');
  const lastLine = lines.pop() ?? '';
  const pairs = [...lastLine.matchAll(pair)];
  if (pairs.length < fewestPairs) lines.push(lastLine);

  const prompt: string[] = [];
  const negative: string[] = [];
  let into = prompt;
  for (const line of lines.map((each) => each.trim())) {
    if (line.startsWith('Negative prompt:')) {
      into = negative;
      into.push(line.slice('Negative prompt:'.length).trim());
    } else into.push(line);
  }
  const values = new Map<string, string>();
  if (pairs.length >= fewestPairs) for (const [, key, value] of pairs) values.set(key ?? '', unquote(value ?? ''));
  return { prompt: joinLines(prompt), negative: joinLines(negative), values };
}

/** Empty lines at the top are lost, as in the reference. */
const joinLines = (lines: readonly string[]): string => lines.join('\n').replace(/^\n+/, '');

export interface NamedSampler {
  readonly sampler: string;
  readonly schedule: string;
}

/**
 * Sampler and schedule of a picture by our ids. Older web UIs wrote both in one ("DPM++ 2M Karras"); null where the
 * sampler is unknown.
 */
export function readSampler(label: string, schedule: string | undefined): NamedSampler | null {
  const words = label.trim();
  const sampler = idOf(samplerLabels, words);
  if (sampler !== null) {
    if (schedule === undefined || schedule === '') return { sampler, schedule: 'normal' };
    if (schedule.toLowerCase() === 'automatic') return { sampler, schedule: automaticSchedules[sampler] ?? 'normal' };
    return { sampler, schedule: readSchedule(schedule) };
  }
  const old = /^(.+) (Karras|Exponential)$/i.exec(words);
  const oldSampler = old?.[1] === undefined ? null : idOf(samplerLabels, old[1]);
  return oldSampler === null ? null : { sampler: oldSampler, schedule: readSchedule(old?.[2] ?? '') };
}

/** Our id, or the text as it stands when we have no such schedule. */
function readSchedule(label: string): string {
  // Uniform steps over the training timesteps: what `normal` is for most models.
  if (label.toLowerCase() === 'uniform') return 'normal';
  return idOf(scheduleLabels, label) ?? label;
}

function idOf(labels: Readonly<Record<string, string>>, label: string): string | null {
  const wanted = label.toLowerCase();
  for (const [id, own] of Object.entries(labels)) if (own.toLowerCase() === wanted || id === wanted) return id;
  return null;
}
