import { withoutAdapterTags } from '../contracts/adapter-tags.js';
import type { HandlersOf, StudioParts } from './handler.js';

export function generationHandlers(parts: StudioParts): HandlersOf<'generation'> {
  const { queue, preferences, library, engine } = parts;
  return {
    async 'generation.submit'({ settings, count }) {
      const job = await queue.submit(settings, count);
      preferences.rememberPrompt(job.settings.prompt);
      return job;
    },
    async 'generation.stop'({ id }) {
      await queue.stop(id);
      return {};
    },
    async 'generation.resume'({ id }) {
      await queue.resume(id);
      return {};
    },
    async 'generation.remove'({ id }) {
      await queue.remove(id);
      return {};
    },
    async 'generation.move'({ id, to }) {
      queue.move(id, to);
      return {};
    },
    async 'generation.count-tokens'({ model, text }) {
      const { path } = await library.get(model);
      return engine.countTokens({ modelPath: path, text: withoutAdapterTags(text) });
    },
  };
}
