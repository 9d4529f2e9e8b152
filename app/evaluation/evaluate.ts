import type { DeviceWish } from '../contracts/capabilities.js';
import type { Engine } from '../contracts/engine.js';
import type { EvaluationProgress, EvaluationResult, EvaluationSettings } from '../contracts/evaluation.js';
import type { Worker } from '../contracts/worker.js';

/**
 * One evaluation from its settings to its result, with no database: the window's runs and the command line call the
 * same function.
 *
 *     const { result } = await evaluate(parts, settings, { onProgress, signal, intervals: true });
 *
 * Throws `bad-input` for a wish that cannot be met (a metric that needs a reference and has none, prompts that do not
 * match), `missing-file` and `bad-file` for what cannot be read, `cancelled` when `signal` aborts. Vectors that were
 * computed until then are in the store: the same call again costs only what is missing.
 */

/** What an evaluation is made with. */
export interface EvaluationParts {
  readonly engine: Engine;
  readonly worker: Worker;
  /** Where the model of a library id, a name or a path lies (`Library.resolve`, `Session.modelPath`). */
  readonly modelPath: (wish: string) => Promise<string>;
  /** Folder with the models that ship with the studio: the CLIP of `pictures` serves where a person has none. */
  readonly embeddedModels: string;
  /** File of a gallery picture, and the name to show; null for one that is gone. The command line has no gallery. */
  readonly galleryPicture: (id: string) => Promise<{ readonly path: string; readonly name: string } | null>;
  /** The run that `settings.against` names; null when there is none. */
  readonly otherRun: (id: string) => Promise<OtherRun | null>;
  readonly device: DeviceWish;
  /** Holds matrices of vectors while an evaluation runs; each makes a folder of its own in it, and removes it. */
  readonly workFolder: string;
  readonly versions: { readonly inkstone: string; readonly onnxruntime: string };
}

/** Another run, to tell the difference from. */
export interface OtherRun {
  readonly name: string;
  readonly settings: EvaluationSettings;
}

export interface EvaluateOptions {
  readonly onProgress: (progress: Omit<EvaluationProgress, 'id'>) => void;
  readonly signal: AbortSignal;
  /** False leaves out the intervals that take more than a moment. */
  readonly intervals: boolean;
}

/** Files of the pictures that a result can show, by set and place. */
export interface EvaluationFiles {
  readonly generated: Readonly<Record<number, string>>;
  readonly reference: Readonly<Record<number, string>>;
}

export interface Evaluated {
  readonly result: EvaluationResult;
  readonly files: EvaluationFiles;
}

export type Evaluate = (
  parts: EvaluationParts,
  settings: EvaluationSettings,
  options: EvaluateOptions,
) => Promise<Evaluated>;
