import { StudioError } from '../contracts/studio-error.js';
import type { HandlersOf, StudioParts } from './handler.js';

export function adaptersHandlers(parts: StudioParts): HandlersOf<'adapters'> {
  const { shelf, effects, baking, library, engine, preferences, desktop } = parts;
  /** Null for a model that is not (or no longer) in the library: the shelf is shown without marks. */
  const pathOf = async (model: string | null): Promise<string | null> => {
    if (model === null) return null;
    try {
      return (await library.get(model)).path;
    } catch (error) {
      if (error instanceof StudioError && error.kind === 'not-found') return null;
      throw error;
    }
  };
  return {
    async 'adapters.list'({ model }) {
      return shelf.list(await pathOf(model));
    },
    'adapters.add': ({ paths }) => shelf.add(paths),
    async 'adapters.choose'({ what }) {
      if (what === 'files') {
        const paths = await desktop.chooseFiles('Choose LoRA files', ['safetensors']);
        return paths.length === 0 ? { ids: [], notices: [] } : shelf.add(paths);
      }
      const path = await desktop.chooseFolder('Choose a folder of LoRA files to watch');
      return path === null ? { ids: [], notices: [] } : shelf.add([path]);
    },
    async 'adapters.forget'({ id }) {
      shelf.forget(id);
      return {};
    },
    async 'adapters.unwatch'({ path }) {
      shelf.unwatch(path);
      return {};
    },
    async 'adapters.save'({ id, ...notes }) {
      shelf.save(id, notes);
      return {};
    },
    async 'adapters.receipt'({ id, model }) {
      return shelf.receiptToShow(id, await pathOf(model));
    },
    async 'adapters.reveal'({ id }) {
      desktop.reveal(await shelf.fileOf(id));
      return {};
    },
    async 'adapters.prepare'({ model, ...sizes }) {
      // Only ahead of time: what is wrong with model or device is told when a picture is made.
      try {
        const { path } = await library.get(model);
        await engine.prepareAdapters({ modelPath: path, device: preferences.load().device, ...sizes });
      } catch (error) {
        console.warn('Sessions that take adapters could not be opened ahead:', error);
      }
      return {};
    },
    'adapters.compare': (request) => effects.compare(request),
    async 'adapters.stop-compare'() {
      effects.stop();
      return {};
    },
    'adapters.effect': ({ id, model }) => effects.last(id, model),
    'adapters.bake': (order) => baking.bake(order),
    async 'adapters.stop-bake'() {
      baking.stop();
      return {};
    },
  };
}
