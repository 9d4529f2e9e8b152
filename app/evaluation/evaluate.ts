import type { DeviceWish } from '../contracts/capabilities.js';
import type { Engine } from '../contracts/engine.js';
import type {
  EvaluatedSet,
  EvaluationProgress,
  EvaluationResult,
  EvaluationSettings,
  MetricResult,
} from '../contracts/evaluation.js';
import type { ListedPicture } from '../contracts/features.js';
import type { Worker } from '../contracts/worker.js';
import type { Home } from '../storage/home.js';
import type { Memory } from '../storage/memory.js';
import { measureCaptions, type MeasuredCaptionSets } from './evaluate-captions.js';
import { measureSets, type MeasuredPictureSets } from './evaluate-sets.js';
import { FeatureStore } from './feature-store.js';
import { FileHashes } from './file-hashes.js';
import { gather, type Gathered } from './gather.js';
import { metricResults, type MeasuredAll } from './metric-results.js';
import { lookAtKinds } from './picture-kinds.js';
import { planWork } from './plan.js';
import { Progress } from './progress.js';
import { evaluatedSet, lostPictures } from './set-vectors.js';
import { shownFiles, type EvaluationFiles } from './shown-files.js';
import { verdictOf } from './verdict.js';
import { warningsOf } from './warnings.js';
import { inWorkFolder } from './work-folder.js';

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
export async function evaluate(
  parts: EvaluationParts,
  settings: EvaluationSettings,
  { onProgress, signal, intervals, name }: EvaluateOptions,
): Promise<Evaluated> {
  const started = performance.now();
  const progress = new Progress(onProgress, parts.memory, { plannedLater: true });
  return inWorkFolder(parts.home, async (folder) => {
    const work: EvaluationWork = {
      ...{ name: name ?? null },
      ...{ parts, settings, progress, signal, folder, intervals },
      ...{ hashes: new FileHashes(parts.worker, parts.memory), store: featureStore(parts) },
    };
    const gathered = await gather(work);
    const { generated, reference } = gathered;
    const kinds = await progress.during(
      { name: 'kinds', phase: 'listing', what: 'Sizes and formats', of: reference === null ? 1 : 2 },
      async (tell) => {
        const own = await lookAtKinds(parts.worker, name ?? generated.label, generated.hashed, signal);
        tell(1);
        return {
          generated: own,
          reference: reference && (await lookAtKinds(parts.worker, reference.label, reference.hashed, signal)),
        };
      },
    );
    await planWork(work, gathered);
    const sets = await measureSets(work, gathered);
    const captions = await measureCaptions(work, gathered);
    progress.finish();
    const result = resultOf(work, gathered, { sets, captions, kinds }, started);
    return { result, files: shownFiles(result, generated.pictures, reference?.pictures ?? []) };
  });
}

/** One for each piece of work: it minds one set at a time. */
export function featureStore({
  engine,
  worker,
  home,
}: Pick<EvaluationParts, 'engine' | 'worker' | 'home'>): FeatureStore {
  return new FeatureStore({ engine, worker, folder: home.features });
}

/** What an evaluation is made with. */
export interface EvaluationParts {
  readonly engine: Engine;
  readonly worker: Worker;
  /** Hashes of networks and how long things take are remembered in it; absent: they are found out each time. */
  readonly memory?: Memory;
  /** Where the model of a library id, a name or a path lies (`Library.resolve`, `Session.modelPath`). */
  readonly modelPath: (wish: string) => Promise<string>;
  /** Folder with the models that ship with the studio: the CLIP of `pictures` serves where a person has none. */
  readonly embeddedModels: string;
  /** File of a gallery picture, and the name to show; null for one that is gone. The command line has no gallery. */
  readonly galleryPicture: (id: string) => Promise<ListedPicture | null>;
  /** The run that `settings.against` names; null when there is none. */
  readonly otherRun: (id: string) => Promise<OtherRun | null>;
  readonly device: DeviceWish;
  /** Vectors that were computed before are kept in it, and matrices of them while an evaluation runs. */
  readonly home: Home;
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
  /** What the sentences call the generated set; its folder's name without it. */
  readonly name?: string;
}

export interface Evaluated {
  readonly result: EvaluationResult;
  readonly files: EvaluationFiles;
}

/** One evaluation that is under way. */
export interface EvaluationWork {
  readonly parts: EvaluationParts;
  readonly hashes: FileHashes;
  readonly store: FeatureStore;
  readonly settings: EvaluationSettings;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Of its own, removed at its end. */
  readonly folder: string;
  readonly intervals: boolean;
  readonly name: string | null;
}

interface Parts {
  readonly sets: MeasuredPictureSets | null;
  readonly captions: MeasuredCaptionSets | null;
  readonly kinds: Pick<Parameters<typeof warningsOf>[0], 'kinds'>['kinds'];
}

function resultOf(work: EvaluationWork, gathered: Gathered, { sets, captions, kinds }: Parts, started: number) {
  const { settings, parts, progress } = work;
  const { features, captions: captionsNetwork, against, facts } = gathered;
  const measured: MeasuredAll = {
    metrics: { ...sets?.metrics, ...captions?.metrics },
    against: { ...sets?.against, ...captions?.against },
    differences: { ...sets?.differences, ...captions?.differences },
  };
  const networks = { features: features?.used ?? null, captions: captionsNetwork?.used ?? null };
  const metrics = metricResults(measured, {
    ...{ facts, mode: settings.mode, version: parts.versions.inkstone, ...networks },
    referenceHash: gathered.referenceHash,
  });
  const label = work.name ?? gathered.generated.label;
  const generated = evaluatedSet({ ...gathered.generated, label }, [
    sets?.generated ?? null,
    captions?.generated ?? null,
  ]);
  const reference =
    gathered.reference === null
      ? statisticsSet(gathered, metrics)
      : evaluatedSet(gathered.reference, [sets?.reference ?? null]);
  const other = against && { label: against.name, count: sets?.other?.rows.length ?? against.hashed.length };
  const heldBack = metrics.filter(
    ({ metric, against: compared }) => measured.differences[metric]?.clear === true && !compared?.difference?.clear,
  );
  const onCaptions = new Set(facts.filter(({ needs }) => needs === 'captions').map(({ id }) => id));
  const identical = sets?.identical ?? false;
  const lost = [
    lostPictures({ ...gathered.generated, label }, [sets?.generated ?? null, captions?.generated ?? null]),
    ...(gathered.reference === null ? [] : [lostPictures(gathered.reference, [sets?.reference ?? null])]),
    ...(against === null ? [] : [lostPictures({ ...against, label: against.name }, [sets?.other ?? null])]),
  ];
  const result: EvaluationResult = {
    ...{ generated, reference, ...networks, mode: settings.mode, metrics },
    verdict: verdictOf({ generated, reference, against: other, identical, metrics, onCaptions }),
    warnings: warningsOf({
      ...{ generated, reference, against: other, ...networks, metrics, kinds },
      ...{ identical, shared: sets?.shared ?? 0, lost },
      otherShared: sets?.otherShared ?? 0,
      readable: gathered.generated.hashed.length,
      uncaptioned: captions?.uncaptioned ?? 0,
      cutCaptions: captions?.cut ?? 0,
      heldBack: heldBack.map(({ label }) => label),
      squashes: features?.network.kind === 'inception',
    }),
    map: sets?.map ?? null,
    nearest: [...(sets?.nearest ?? [])],
    farthest: [...(sets?.farthest ?? [])],
    scores: [...(captions?.scores ?? [])],
    againstScores: [...(captions?.otherScores ?? [])],
    best: [...(captions?.best ?? [])],
    worst: [...(captions?.worst ?? [])],
    notices: [
      ...new Set([...ownScale(networks), ...gathered.notices, ...(sets?.notices ?? []), ...(captions?.notices ?? [])]),
    ],
    device: sets?.device ?? captions?.device ?? parts.device,
    versions: parts.versions,
    seconds: { ...progress.seconds, total: (performance.now() - started) / 1000 },
    computed: (sets?.computed ?? 0) + (captions?.computed ?? 0),
  };
  return result;
}

function ownScale({ features, captions }: Pick<EvaluationResult, 'features' | 'captions'>): string[] {
  const embedded = [features, captions].some((network) => network?.comparable === false);
  return embedded ? [notComparable] : [];
}

const notComparable =
  'Numbers of the embedded CLIP stand for themselves: they are not comparable with published numbers.';

/** Statistics do not tell their pictures, and how many there were only where we wrote them: 0 is not known. */
function statisticsSet({ statistics }: Gathered, metrics: readonly MetricResult[]): EvaluatedSet | null {
  const count = metrics.find(({ n }) => n[1] !== null)?.n[1] ?? 0;
  return statistics && { label: statistics.label, count, skipped: [], duplicates: 0, notes: [] };
}
