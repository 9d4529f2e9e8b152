import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import { asStudioError } from '../bridge.js';

/** Toasts: what a person should know now, with what takes it back. Errors of a panel are shown in the panel. */
export interface Toast {
  readonly id: string;
  readonly tone: 'info' | 'warn' | 'bad';
  readonly text: string;
  readonly action: { readonly label: string; readonly run: () => void } | null;
  /** Stays until it is closed; else it goes after `msOf`. */
  readonly stays: boolean;
}

/** The law: Undo is offered for 10 s, and by key later. A warning is read as long; good news is short. */
const TOAST_MS = 10_000;
const NEWS_MS = 6000;

export const msOf = ({ tone, action }: Pick<Toast, 'tone' | 'action'>): number =>
  tone === 'info' && action === null ? NEWS_MS : TOAST_MS;

/** Of one kind; the window folds those that it does not show. */
const MOST_KEPT = 100;
export const SHOWN_OF_A_KIND = 3;
const MOST_UNDOS = 50;

interface NoticesState {
  readonly toasts: readonly Toast[];
  /** For `Ctrl Z`, newest last. */
  readonly undos: readonly { readonly id: string; readonly run: () => void }[];
  /** What a screen reader is told where nothing is shown; toasts are read by themselves. */
  readonly polite: string;
}

export const noticesStore = createStore<NoticesState>(() => ({ toasts: [], undos: [], polite: '' }));
export const useNotices = <T>(select: (state: NoticesState) => T): T => useStore(noticesStore, select);

let made = 0;

export function showToast(toast: Omit<Toast, 'id' | 'stays'> & { id?: string; stays?: boolean }): void {
  made += 1;
  const whole: Toast = { stays: toast.tone === 'bad', ...toast, id: toast.id ?? `toast-${made}` };
  noticesStore.setState((state) => ({
    toasts: [...state.toasts.filter(({ id }) => id !== whole.id), whole].slice(-MOST_KEPT),
  }));
}

/** News of one kind looks alike and offers the same; trouble of one kind has the same reason, whatever file it names. */
export const kindOf = ({ tone, action, text }: Toast): string =>
  `${tone} ${action?.label ?? ''} ${tone === 'info' ? '' : reasonIn(text)}`;

/** A sentence without the files, quotations and figures in it. */
const reasonIn = (text: string): string =>
  text
    .replace(/^.*?\.(?:safetensors|gguf|ckpt|pth?|bin|png|jpe?g|webp|txt)\b/i, '')
    .replace(/“[^”]*”|\S*[\\/.]\w\S*|\d+/g, '')
    .trim();

/** Of each kind the newest few; `folded` counts the older ones. */
export function foldToasts(toasts: readonly Toast[]): { toast: Toast; hidden: boolean; folded: number }[] {
  const seen = new Map<string, number>();
  return toasts
    .toReversed()
    .map((toast) => {
      const newer = seen.get(kindOf(toast)) ?? 0;
      seen.set(kindOf(toast), newer + 1);
      return { toast, newer };
    })
    .map(({ toast, newer }) => ({
      toast,
      hidden: newer >= SHOWN_OF_A_KIND,
      folded: newer === 0 ? Math.max(0, (seen.get(kindOf(toast)) ?? 0) - SHOWN_OF_A_KIND) : 0,
    }))
    .toReversed();
}

export function closeKind(kind: string): void {
  noticesStore.setState((state) => ({ toasts: state.toasts.filter((toast) => kindOf(toast) !== kind) }));
}

export function closeToast(id: string): void {
  noticesStore.setState((state) => ({ toasts: state.toasts.filter((toast) => toast.id !== id) }));
}

/** Something was done and can be taken back: a toast with Undo, and one more step for `Ctrl Z`. */
export function offerUndo(text: string, undo: () => void): void {
  made += 1;
  const id = `undo-${made}`;
  rememberUndo(id, undo);
  showUndo(id, text);
}

/** One more step for `Ctrl Z`, from the very moment that something is done; its toast may come later. */
export function rememberUndo(id: string, undo: () => void): void {
  const run = (): void => {
    closeToast(id);
    noticesStore.setState((state) => ({ undos: state.undos.filter((entry) => entry.id !== id) }));
    undo();
  };
  noticesStore.setState((state) => ({
    undos: [...state.undos.filter((entry) => entry.id !== id), { id, run }].slice(-MOST_UNDOS),
  }));
}

/** The toast of a remembered undo; none when it was taken back already. */
export function showUndo(id: string, text: string): void {
  const entry = noticesStore.getState().undos.find((one) => one.id === id);
  if (entry) showToast({ id, tone: 'info', text, action: { label: 'Undo', run: entry.run } });
}

export function undoLast(): void {
  noticesStore.getState().undos.at(-1)?.run();
}

/** Tell the live region without showing a toast. */
export const say = (polite: string): void => noticesStore.setState({ polite });

/** For requests whose failure belongs to no panel. */
export function reportProblem(error: unknown): void {
  showToast({ tone: 'bad', text: asStudioError(error).message, action: null });
}
