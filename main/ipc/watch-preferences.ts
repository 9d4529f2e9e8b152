import type { Preferences } from '../../app/contracts/preferences.js';
import type { WindowHandlers } from './route-request.js';

/** The same handlers; `tell` hears the preferences when a window first asks for them and after every change. */
export function watchPreferences(handlers: WindowHandlers, tell: (preferences: Preferences) => void): WindowHandlers {
  return {
    ...handlers,
    'studio.hello': async (payload) => {
      const hello = await handlers['studio.hello'](payload);
      tell(hello.preferences);
      return hello;
    },
    'preferences.save': async (payload) => {
      const preferences = await handlers['preferences.save'](payload);
      tell(preferences);
      return preferences;
    },
  };
}
