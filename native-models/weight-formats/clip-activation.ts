/**
 * QuickGELU or GELU: OpenAI trained its CLIPs with x * sigmoid(1.702 x), and so did MetaCLIP and DFN after it; LAION and
 * DataComp took the exact one. Nothing in the weights tells, and the wrong one gives plausible, wrong vectors. What there is
 * to go by besides a config, in order of how much it tells.
 */

export interface ActivationGuess {
  readonly activation: 'quick_gelu' | 'gelu';
  /** What told, as the end of "taken as ... for"; null where it is certain. */
  readonly reason: string | null;
}

export interface ActivationEvidence {
  /** Names of all tensors. */
  readonly names: ReadonlySet<string>;
  /** The file's name, and that of the folder it lies in. */
  readonly place: string;
  readonly visionWidth: number;
  readonly imageSize: number;
  readonly spelling: 'transformers' | 'openai';
}

/** Towers that only LAION trained in public, by width: ViT-H/14, g/14, G/14. */
const widthsOfLaion = [1280, 1408, 1664];

export function guessActivation(evidence: ActivationEvidence): ActivationGuess {
  const { names, place, visionWidth, imageSize, spelling } = evidence;
  // Numbers that OpenAI's archives keep among the weights, and no one else's.
  if (names.has('input_resolution') && names.has('context_length')) return { activation: 'quick_gelu', reason: null };
  if (/laion|datacomp|commonpool/i.test(place)) return { activation: 'gelu', reason: 'its name' };
  if (/openai|metaclip|dfn|quickgelu/i.test(place)) return { activation: 'quick_gelu', reason: 'its name' };
  if (widthsOfLaion.includes(visionWidth)) return { activation: 'gelu', reason: 'its size' };
  if (visionWidth === 1024 && imageSize === 336) return { activation: 'quick_gelu', reason: 'its size' };
  const activation = spelling === 'transformers' ? 'quick_gelu' : 'gelu';
  return {
    activation,
    reason: `the ${spelling === 'transformers' ? 'transformers' : 'OpenCLIP'} names of its tensors`,
  };
}

/** For a person: what was guessed, from what, and how to mend it. */
export function guessNotice(label: string, { activation, reason }: ActivationGuess): string | null {
  if (reason === null) return null;
  const [taken, whose] = activation === 'gelu' ? ['GELU', 'LAION’s'] : ['QuickGELU', 'OpenAI’s'];
  return `${label} does not tell which activation it was trained with. It is taken as ${taken}, ${whose}, for ${reason}; if that is wrong, put its config.json or open_clip_config.json beside it.`;
}
