/**
 * The alphas of files that have none among their tensors (PEFT 5d602fd, tuners/lora/config.py and layer.py): diffusers
 * keeps each component's config in the metadata as `lora_adapter_metadata`, PEFT in an adapter_config.json beside.
 *
 * alpha is `alpha_pattern`'s for a layer that one of its names ends, else `lora_alpha`; the scale is alpha / rank, with
 * `use_rslora` alpha / √rank (Kalajdzievski 2023, arXiv 2312.03732). Ranks are what the tensors say.
 */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';

import { ModelError } from '../errors.js';
import type { SafetensorsFile } from '../weight-formats/safetensors.js';
import type { AdaptableComponentName } from './adapter.js';
import { splitDottedName } from './dialects/dotted-names.js';

export interface PeftScale {
  readonly alpha: number;
  readonly rankStabilised: boolean;
}

/** Of a module by its dotted name; null where nothing is told, and the scale is 1. */
export type PeftScales = (module: string) => PeftScale | null;

/** Both hold a few lines for each layer at most. */
const MAX_CHARACTERS = 4_000_000;

export async function readPeftScales(file: SafetensorsFile): Promise<PeftScales> {
  const metadata = file.metadata['lora_adapter_metadata'];
  const config = parse(metadata ?? null) ?? (await configBeside(file));
  if (config === null) return () => null;
  const byComponent = new Map<AdaptableComponentName | null, ComponentConfig | null>();
  return (module) => {
    const { component, path: layer } = splitDottedName(module);
    if (!byComponent.has(component)) byComponent.set(component, readComponent(file, config, component));
    return scaleOf(byComponent.get(component) ?? null, layer);
  };
}

/** Files that PEFT writes by itself have this name, and their config beside them. */
async function configBeside({ file }: SafetensorsFile): Promise<Record<string, unknown> | null> {
  if (path.basename(file) !== 'adapter_model.safetensors') return null;
  const beside = path.join(path.dirname(file), 'adapter_config.json');
  const { size } = await stat(beside).catch(() => ({ size: Infinity }));
  return size > MAX_CHARACTERS ? null : parse(await readFile(beside, 'utf8').catch(() => null));
}

function parse(text: string | null): Record<string, unknown> | null {
  if (text === null || text.length > MAX_CHARACTERS) return null;
  try {
    const json: unknown = JSON.parse(text);
    return isObject(json) ? json : null;
  } catch {
    return null;
  }
}

interface ComponentConfig {
  readonly alpha: number | null;
  readonly alphaPattern: readonly { readonly name: string; readonly alpha: number }[];
  readonly rankStabilised: boolean;
}

/** diffusers puts the component before each field (`unet.lora_alpha`), PEFT has one component and no prefix. */
function readComponent(
  file: SafetensorsFile,
  config: Record<string, unknown>,
  component: AdaptableComponentName | null,
): ComponentConfig | null {
  const field = (name: string): unknown => (component && config[`${component}.${name}`]) ?? config[name];
  const alpha = field('lora_alpha');
  const pattern = field('alpha_pattern');
  return {
    alpha: isNumber(alpha) ? alpha : null,
    alphaPattern: Object.entries(isObject(pattern) ? pattern : {}).map(([name, value]) => ({
      name: literal(file, name),
      alpha: isNumber(value) ? value : NaN, // told as a module whose alpha is no number
    })),
    rankStabilised: field('use_rslora') === true,
  };
}

function scaleOf(config: ComponentConfig | null, layer: string): PeftScale | null {
  if (config === null) return null;
  const own = config.alphaPattern.find(({ name }) => layer === name || layer.endsWith(`.${name}`));
  const alpha = own?.alpha ?? config.alpha;
  return alpha === null ? null : { alpha, rankStabilised: config.rankStabilised };
}

/**
 * PEFT takes the names for regular expressions. Those of a stranger's file are not run (one can keep a process busy for
 * years); what trainers write are plain names, and anything else would silently get a wrong strength.
 */
function literal({ file, label }: SafetensorsFile, pattern: string): string {
  const name = pattern.replace(/^\^/, '').replace(/\$$/, '').replaceAll('\\.', '.');
  if (/^[\w.-]+$/.test(name)) return name;
  throw new ModelError(
    'unsupported',
    `${label} gives an alpha to layers by the pattern “${pattern.slice(0, 80)}”: only plain names are supported.`,
    { file },
  );
}

const isNumber = (value: unknown): value is number => typeof value === 'number';
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
