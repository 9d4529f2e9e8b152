import { ask, asStudioError } from '../bridge.js';
import { reportProblem, showToast } from '../studio/notices.js';
import { addNetwork, changeDraft, folderSource, nextSide, takeNetwork, takeSource, type Side } from './drafting.js';
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
  let at: Side | null = place === 'generated' || place === 'reference' ? place : null;
  if (dropped.some(({ isPicture }) => isPicture)) tellFolder();
  for (const one of dropped) {
    if (one.path === '' || one.isPicture) continue;
    if (one.isFolder) {
      const side = at ?? nextSide(evaluateStore.getState().draft);
      if (await takeFolder(one.path, side)) {
        startAnew();
        // Of two that were let go over one card the second is the other set.
        at = null;
      }
    } else if (STATISTICS.test(one.path)) takeSource('reference', { kind: 'statistics', path: one.path });
    else if (PROMPTS.test(one.path)) changeDraft({ prompts: one.path });
    else if (WEIGHTS.test(one.path)) {
      if (!(await takeWeights(one.path))) left.push(one);
    } else left.push(one);
  }
  return left;
}

/** The result of another run is not that of what was dropped just now. */
const startAnew = (): void => evaluateStore.setState({ open: null });

/** A folder without pictures may be a CLIP's; if it is neither, the card says what it found. */
async function takeFolder(path: string, side: Side): Promise<boolean> {
  const source = folderSource(path);
  const look = await ask('evaluation.look', { source });
  if (look.count === 0) {
    try {
      const model = await ask('models.import', { path });
      if (takeNetwork(model)) tellNetwork(model.name, model.kind);
      else tellOther(model.name);
      return false;
    } catch (error) {
      // `bad-input`: there is no model in it either. Whatever else is wrong is a fault of a model, and is said.
      if (asStudioError(error).kind !== 'bad-input') {
        reportProblem(error);
        return false;
      }
    }
  }
  takeSource(side, source);
  return true;
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
