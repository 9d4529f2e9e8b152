import type { HandlersOf, StudioParts } from './handler.js';

export function preferencesHandlers({ preferences }: StudioParts): HandlersOf<'preferences'> {
  return {
    async 'preferences.save'(change) {
      return preferences.save(change);
    },
  };
}
