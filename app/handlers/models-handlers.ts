import type { HandlersOf, StudioParts } from './handler.js';

export function modelsHandlers({ library, hashing, events, desktop }: StudioParts): HandlersOf<'models'> {
  const changed = async () => {
    events.emit('models.changed', await library.list());
    hashing.start();
  };
  const importModel = async (path: string) => {
    const { model } = await library.importModel(path);
    if (model.kind === 'language') library.rememberLanguage(model.id);
    await changed();
    return model;
  };
  return {
    async 'models.list'() {
      await library.refresh();
      hashing.start();
      return library.list();
    },
    'models.import': ({ path }) => importModel(path),
    async 'models.choose-folder'() {
      const path = await desktop.chooseFolder('Choose a model folder');
      return path === null ? null : importModel(path);
    },
    async 'models.forget'({ id }) {
      await library.forget(id);
      await changed();
      return {};
    },
  };
}
