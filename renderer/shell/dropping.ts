import { ask, pathOf } from '../bridge.js';
import { generateStore } from '../generate/generate-store.js';
import { importModel } from '../generate/drafting.js';
import { reportProblem, showToast } from '../studio/notices.js';
import { isTextField } from '../keyboard/dispatch.js';
import { studioStore } from '../studio/studio-store.js';
import { openPanel } from './actions.js';

export interface DropWords {
  readonly pictures: number;
  readonly others: number;
}

/** While something is dragged only its media type is known: pictures have one, folders and models do not. */
export const wordsFor = (items: readonly { kind: string; type: string }[]): DropWords => {
  const files = items.filter(({ kind }) => kind === 'file');
  const pictures = files.filter(({ type }) => type.startsWith('image/')).length;
  return { pictures, others: files.length - pictures };
};

const isPicture = (file: File): boolean => file.type.startsWith('image/');

export function dropFiles(files: readonly File[]): void {
  const picture = files.find(isPicture);
  if (picture) readSettingsOf(picture);
  for (const file of files.filter((one) => !isPicture(one))) {
    const path = pathOf(file);
    if (path !== '') importModel(path);
  }
}

function readSettingsOf(file: File): void {
  const path = pathOf(file);
  if (path === '') {
    showToast({ tone: 'warn', text: 'These are pixels without a file, so they carry no settings.', action: null });
    return;
  }
  ask('gallery.read-settings', { path }).then((read) => {
    if (!read) {
      showToast({ tone: 'warn', text: `${file.name} carries no settings that the studio can read.`, action: null });
      return;
    }
    openPanel('generate');
    generateStore.setState({ offer: { from: file.name, read } });
  }, reportProblem);
}

/** `Ctrl V` outside text: a picture's settings are offered. */
export function listenToPaste(): void {
  window.addEventListener('paste', (event) => {
    const file = [...(event.clipboardData?.files ?? [])].find(isPicture);
    if (!file) return;
    const target = event.target instanceof Element ? event.target : null;
    if (isTextField(target) && event.clipboardData?.types.includes('text/plain')) return;
    if (studioStore.getState().preferences.panel === 'settings') return;
    event.preventDefault();
    readSettingsOf(file);
  });
}
