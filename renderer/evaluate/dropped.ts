import { ask, asStudioError } from '../bridge.js';
import { reportProblem, showToast } from '../studio/notices.js';
import {
  addNetwork,
  changeDraft,
  folderSource,
  sidesFor,
  takeNetwork,
  takeSource,
  whenSeen,
  type Side,
} from './drafting.js';
import { evaluateStore } from './evaluate-store.js';

/** What is let go over the panel: folders are sets, `.npz` is a reference, text is prompts, weights are a network. */
interface DroppedHere {
  readonly path: string;
  readonly isFolder: boolean;
  readonly isPicture: boolean;
}

const STATISTICS = /\.npz$/i;
const PROMPTS = /\.(txt|jsonl|ndjson)$/i;
const WEIGHTS = /\.(pth|pt|safetensors|bin)$/i;

/** Returns what is nothing that can be measured here, for the window's own rules. `place`: the card it was let go over. */
export async function dropOnEvaluate(dropped: readonly DroppedHere[], place: string | null): Promise<DroppedHere[]> {
  const left: DroppedHere[] = [];
  if (dropped.some(({ isPicture }) => isPicture)) tellFolder();
  const here = dropped.filter(({ path, isPicture }) => path !== '' && !isPicture);
  const folders = takeFolders(
    here.filter(({ isFolder }) => isFolder).map(({ path }) => path),
    place === 'generated' || place === 'reference' ? place : null,
  );
  for (const one of here) {
    if (one.isFolder) continue;
    if (STATISTICS.test(one.path)) takeSource('reference', { kind: 'statistics', path: one.path });
    else if (PROMPTS.test(one.path)) changeDraft({ prompts: one.path });
    else if (!WEIGHTS.test(one.path) || !(await takeWeights(one.path))) left.push(one);
  }
  await folders;
  return left;
}

/** In the column at once, before they are read; one without pictures may be a CLIP's, and then leaves it again. */
async function takeFolders(paths: readonly string[], card: Side | null): Promise<void> {
  const { draft } = evaluateStore.getState();
  const sides = sidesFor(paths.length, draft, card);
  const taken = paths.slice(0, sides.length).map((path, place) => {
    const side = sides[place] ?? 'generated';
    const source = folderSource(path);
    takeSource(side, source);
    return { side, source, before: draft[side] };
  });
  // The result of another run is not that of what was dropped just now.
  if (taken.length > 0) evaluateStore.setState({ open: null });
  for (const { side, source, before } of taken) {
    const seen = await whenSeen(source);
    if (seen.state !== 'seen' || seen.look.count !== 0 || !(await isModel(source.path))) continue;
    if (evaluateStore.getState().draft[side] === source) changeDraft({ [side]: before });
  }
}

/** If it is neither a model nor has pictures, the card says what it found. */
async function isModel(path: string): Promise<boolean> {
  try {
    const model = await ask('models.import', { path });
    if (takeNetwork(model)) tellNetwork(model.name, model.kind);
    else tellOther(model.name);
    return true;
  } catch (error) {
    // `bad-input`: there is no model in it either. Whatever else is wrong is a fault of a model, and is said.
    if (asStudioError(error).kind !== 'bad-input') reportProblem(error);
    return false;
  }
}

/** False: no network, so perhaps an adapter. */
async function takeWeights(path: string): Promise<boolean> {
  try {
    const model = await addNetwork(path);
    if (model.kind === 'inception' || model.kind === 'clip') tellNetwork(model.name, model.kind);
    else tellOther(model.name);
    return true;
  } catch (error) {
    // A file that says what is wrong with it as a network is no adapter either, but for one that is none at all.
    if (!/\.safetensors$/i.test(path)) {
      reportProblem(error);
      return true;
    }
    return false;
  }
}

const tellNetwork = (name: string, kind: string): void =>
  showToast({
    tone: 'info',
    text: `${name} is in the library, and ${kind === 'inception' ? 'gives the features' : 'scores the captions'} from now on.`,
    action: null,
  });

const tellOther = (name: string): void =>
  showToast({ tone: 'info', text: `${name} is in the library, but it measures no pictures.`, action: null });

const tellFolder = (): void =>
  showToast({ tone: 'warn', text: 'Evaluate takes folders. Drop the folder that holds the pictures.', action: null });
