import { randomUUID } from 'node:crypto';
import { StudioError } from '../contracts/studio-error.js';
import { readSettings } from '../gallery/read-settings.js';
import type { HandlersOf, StudioParts } from './handler.js';

export function galleryHandlers(parts: StudioParts): HandlersOf<'gallery'> {
  const { gallery, scores, events, desktop, worker, library, shelf, capabilities } = parts;
  const fileOf = async (id: string): Promise<string> => {
    const path = await gallery.pictureFile(id);
    if (path === null) throw new StudioError('missing-file', 'The file of this picture is gone from the disk.');
    return path;
  };
  return {
    async 'gallery.list'(query) {
      return gallery.list(query);
    },
    async 'gallery.get'({ id }) {
      await gallery.pictureFile(id); // marks it when its file is gone
      return gallery.get(id);
    },
    async 'gallery.keep'({ id, kept }) {
      gallery.keep(id, kept);
      return {};
    },
    async 'gallery.bin'({ ids }) {
      const moved = await gallery.bin(ids);
      if (moved > 0) {
        events.notify({
          id: randomUUID(),
          tone: 'info',
          text:
            moved === 1 ? '1 picture moved to the bin.' : `${moved.toLocaleString('en')} pictures moved to the bin.`,
          action: { do: 'undo-bin', label: 'Undo', ids },
        });
      }
      return {};
    },
    async 'gallery.restore'({ ids }) {
      await gallery.restore(ids);
      return {};
    },
    async 'gallery.empty-bin'() {
      return { deleted: await gallery.emptyBin() };
    },
    async 'gallery.reveal'({ id }) {
      desktop.reveal(await fileOf(id));
      return {};
    },
    async 'gallery.copy'({ id }) {
      await desktop.copyPicture(await fileOf(id));
      return {};
    },
    async 'gallery.drag'({ id }) {
      desktop.dragPicture(await fileOf(id));
      return {};
    },
    'gallery.score': ({ ids }) => scores.score(ids),
    async 'gallery.stop-scoring'() {
      scores.stop();
      return {};
    },
    async 'gallery.read-settings'({ path }) {
      const { samplers, schedules } = await capabilities();
      const { adapters } = await shelf.list(null);
      return readSettings(worker, path, { models: await library.list(), adapters, samplers, schedules });
    },
  };
}
