import { studioStore } from '../studio/studio-store.js';

/** Puts theme and surround on the document; `system` follows the machine while the window is open. */
export function watchTheme(): void {
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const apply = (): void => {
    const { theme, surround } = studioStore.getState().preferences;
    const root = document.documentElement;
    root.dataset['theme'] = theme === 'system' ? (dark.matches ? 'dark' : 'light') : theme;
    root.dataset['surround'] = surround;
  };
  apply();
  dark.addEventListener('change', apply);
  studioStore.subscribe(({ preferences }, before) => {
    if (preferences !== before.preferences) apply();
  });
}
