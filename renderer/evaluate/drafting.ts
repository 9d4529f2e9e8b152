import type { EvaluationSettings, PictureSource, ReferenceSource } from '../../app/contracts/evaluation.js';
import type { MetricFacts } from '../../app/contracts/measures.js';
import type { Model } from '../../app/contracts/models.js';
import type { RequestOf } from '../../app/contracts/window.js';
import { ask, asStudioError } from '../bridge.js';
import { galleryStore } from '../gallery/gallery-store.js';
import { reportProblem, showToast } from '../studio/notices.js';
import { setPreferences } from '../studio/preferences.js';
import { studioStore } from '../studio/studio-store.js';
import { emptyDraft, evaluateStore, type Draft, type Look } from './evaluate-store.js';

/** What is measured against what, and how: the column of the panel. */

export const sourceKey = (source: ReferenceSource): string =>
  source.kind === 'gallery' ? `gallery ${source.ids.join(' ')}` : `${source.kind} ${source.path}`;

export function changeDraft(change: Partial<Draft>): void {
  evaluateStore.setState(({ draft }) => ({ draft: { ...draft, ...change }, problem: null }));
  const { generated, reference } = evaluateStore.getState().draft;
  for (const source of [generated, reference]) if (source) lookAt(source);
}

export const lookOf = (looks: ReadonlyMap<string, Look>, source: ReferenceSource | null): Look | null =>
  source ? (looks.get(sourceKey(source)) ?? null) : null;

const remember = (key: string, look: Look): void =>
  evaluateStore.setState(({ looks }) => ({ looks: new Map(looks).set(key, look) }));

/** Asked once for a source; `again` also for one that was seen. */
export function lookAt(source: ReferenceSource, again = false): void {
  const key = sourceKey(source);
  const known = evaluateStore.getState().looks.get(key);
  if (known && known.state !== 'problem' && !again) return;
  remember(key, { state: 'looking' });
  ask('evaluation.look', { source }).then(
    (look) => remember(key, { state: 'seen', look }),
    (error: unknown) => remember(key, { state: 'problem', error: asStudioError(error) }),
  );
}

/** What was found in a source that is being looked at. */
export function whenSeen(source: ReferenceSource): Promise<Exclude<Look, { state: 'looking' }>> {
  return new Promise((resolve) => {
    const look = (): boolean => {
      const seen = lookOf(evaluateStore.getState().looks, source);
      if (!seen || seen.state === 'looking') return false;
      stop();
      resolve(seen);
      return true;
    };
    let stop = (): void => undefined;
    if (!look()) stop = evaluateStore.subscribe(look);
  });
}

export type Side = 'generated' | 'reference';

export const takeSource = (side: Side, source: ReferenceSource): void => {
  if (side === 'reference') changeDraft({ reference: source });
  else if (source.kind !== 'statistics') changeDraft({ generated: source });
};

/** The system's dialog, then what to do with the path; nothing when it is closed. */
function choose(what: RequestOf<'evaluation.choose'>['what'], take: (path: string) => void): void {
  ask('evaluation.choose', { what }).then((chosen) => {
    if (chosen) take(chosen.path);
  }, reportProblem);
}

export const chooseFolder = (side: Side): void =>
  choose('folder', (path) => takeSource(side, { kind: 'folder', path }));
export const chooseStatistics = (): void =>
  choose('statistics', (path) => takeSource('reference', { kind: 'statistics', path }));
export const choosePrompts = (): void => choose('prompts', (prompts) => changeDraft({ prompts }));

/** Pictures of the gallery that a person has selected there; empty when there are none. */
export const selectedInGallery = (): string[] => {
  const { selected, pictures, view } = galleryStore.getState();
  return view === 'bin' ? [] : pictures.filter(({ id }) => selected.has(id)).map(({ id }) => id);
};

/** The gallery's verb: these are the generated pictures of the next run. */
export function evaluatePictures(ids: readonly string[]): void {
  setPreferences({ panel: 'evaluate' });
  evaluateStore.setState({ open: null });
  changeDraft({ generated: { kind: 'gallery', ids: [...ids] }, prompts: null });
}

export const whyNotSwap = ({ generated, reference }: Draft): string | null => {
  if (!generated && !reference) return 'Nothing is chosen yet.';
  return reference?.kind === 'statistics' ? 'Statistics are no pictures: they can only be the reference.' : null;
};

export function swapSources(): void {
  const { generated, reference } = evaluateStore.getState().draft;
  if (reference?.kind === 'statistics') return;
  changeDraft({ generated: reference, reference: generated });
}

/** The library's feature networks, and CLIPs that read both pictures and texts. */
export const measuringModels = (models: readonly Model[], kind: 'inception' | 'clip'): Model[] =>
  models.filter((model) => model.kind === kind && !model.missing && !model.embedded);

/** A network of one's own: into the library, and in use from now on. */
export async function addNetwork(path: string): Promise<Model> {
  const model = await ask('models.import', { path });
  takeNetwork(model);
  return model;
}

/** Of the two kinds that measure; all others are left where they are. */
export function takeNetwork({ id, kind }: Pick<Model, 'id' | 'kind'>): boolean {
  if (kind === 'inception') changeDraft({ inception: id });
  else if (kind === 'clip') changeDraft({ clip: id });
  return kind === 'inception' || kind === 'clip';
}

export function chooseNetwork(kind: 'inception' | 'clip'): void {
  choose(kind, (path) => {
    addNetwork(path).then((model) => {
      if (model.kind === kind) return;
      const wanted = kind === 'inception' ? 'an Inception network' : 'a CLIP';
      showToast({ tone: 'warn', text: `${model.name} is in the library, but it is not ${wanted}.`, action: null });
    }, reportProblem);
  });
}

/** A CLIP can only read captions where there are some. */
export function hasCaptions(draft: Draft, looks: ReadonlyMap<string, Look>): boolean {
  if (draft.prompts !== null) return true;
  const look = lookOf(looks, draft.generated);
  return look?.state === 'seen' && look.look.carriesPrompts;
}

/** Why a metric cannot be computed from what is chosen, in a few words; null when it can. */
export function whyNotMetric(
  { needs }: Pick<MetricFacts, 'needs'>,
  draft: Draft,
  looks: ReadonlyMap<string, Look>,
): string | null {
  if (needs === 'sets') return draft.reference ? null : 'needs a reference';
  return hasCaptions(draft, looks) ? null : 'needs prompts';
}

export const isChosen = (
  { metrics }: Pick<Draft, 'metrics'>,
  { id, byDefault }: Pick<MetricFacts, 'id' | 'byDefault'>,
): boolean => (metrics === null ? byDefault : metrics.includes(id));

export function toggleMetric(id: string): void {
  const all = studioStore.getState().capabilities.metrics;
  const { draft } = evaluateStore.getState();
  changeDraft({ metrics: ticks(all, (metric) => isChosen(draft, metric) !== (metric.id === id)) });
}

/** As a draft keeps them: null where they are the usual ones. */
function ticks(all: readonly MetricFacts[], isTicked: (metric: MetricFacts) => boolean): Draft['metrics'] {
  const usual = all.every((metric) => isTicked(metric) === metric.byDefault);
  return usual ? null : all.filter(isTicked).map(({ id }) => id);
}

/** Chosen, and computable from what is chosen. */
export function metricsNow(
  all: readonly MetricFacts[],
  draft: Draft,
  looks: ReadonlyMap<string, Look>,
): readonly MetricFacts[] {
  return all.filter((metric) => isChosen(draft, metric) && whyNotMetric(metric, draft, looks) === null);
}

/** What main is asked for; null while something is missing. */
export function settingsOf(
  draft: Draft,
  looks: ReadonlyMap<string, Look>,
  all: readonly MetricFacts[],
): EvaluationSettings | null {
  const metrics = metricsNow(all, draft, looks).map(({ id }) => id);
  return draft.generated && metrics.length > 0 ? { ...draft, generated: draft.generated, metrics } : null;
}

/** A run's settings as a draft. Metrics that it could not compute stay ticked for when what they need is there. */
export function draftOf(settings: EvaluationSettings, all: readonly MetricFacts[]): Draft {
  const had = new Set(settings.metrics);
  const captioned = settings.prompts !== null || all.some(({ id, needs }) => needs === 'captions' && had.has(id));
  const waits = ({ needs, byDefault }: MetricFacts): boolean =>
    byDefault && (needs === 'sets' ? settings.reference === null : !captioned);
  return { ...settings, metrics: ticks(all, (metric) => had.has(metric.id) || waits(metric)) };
}

/** Which run had which settings does not hang on the order of the list of metrics. */
export const sameSettings = (a: EvaluationSettings, b: EvaluationSettings): boolean => canonical(a) === canonical(b);

const canonical = ({ metrics, generated, reference, ...rest }: EvaluationSettings): string =>
  JSON.stringify([
    sourceKey(generated),
    reference && sourceKey(reference),
    metrics.toSorted(),
    Object.entries(rest).toSorted(([a], [b]) => a.localeCompare(b)),
  ]);

const isUntouched = (draft: Draft): boolean =>
  draft.generated === null && draft.reference === null && draft.prompts === null;

/** A draft with nothing of its own yet, measured in the way that the last one was. */
export const freshDraft = ({ mode, inception, clip, metrics, seed }: Draft): Draft => ({
  ...emptyDraft,
  mode,
  inception,
  clip,
  metrics,
  seed,
});

/** Whether there is something that opening a run would take away. */
export const worthKeeping = (draft: Draft, runs: readonly { readonly settings: EvaluationSettings }[]): boolean =>
  !isUntouched(draft) && !runs.some(({ settings }) => isOf(draft, settings));

/** A draft that only repeats what a run had. */
const isOf = (draft: Draft, settings: EvaluationSettings): boolean =>
  draft.generated !== null &&
  sameSettings(
    { ...draft, generated: draft.generated, metrics: [...(draft.metrics ?? settings.metrics)] },
    { ...settings },
  );

/** What dropped folders become, in their order: where one was let go over a card it is that one's, two are both sets. */
export function sidesFor(folders: number, { generated, reference }: Draft, card: Side | null): readonly Side[] {
  const next = folders === 1 && generated !== null && reference === null ? 'reference' : 'generated';
  const first = card ?? next;
  return first === 'generated' ? ['generated', 'reference'] : ['reference', 'generated'];
}

export const folderSource = (path: string): Extract<PictureSource, { kind: 'folder' }> => ({ kind: 'folder', path });
