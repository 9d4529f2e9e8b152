import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import { basename, join } from 'node:path';
import { AdapterBaking } from './adapters/adapter-baking.js';
import { AdapterEffects } from './adapters/adapter-effect.js';
import { AdapterShelf } from './adapters/adapter-shelf.js';
import { rememberedCapabilities } from './capabilities.js';
import { Answering } from './chat/answering.js';
import { ChatModels } from './chat/chat-models.js';
import { Conversations } from './chat/conversations.js';
import type { Desktop } from './contracts/desktop.js';
import type { Engine } from './contracts/engine.js';
import type { EngineStatus, EventName, EventOf } from './contracts/window.js';
import { errorMessageOf } from './contracts/studio-error.js';
import type { Worker } from './contracts/worker.js';
import { Evaluations } from './evaluation/evaluations.js';
import { SmallPictures } from './evaluation/small-pictures.js';
import { SourceLooks } from './evaluation/source-looks.js';
import { sweepWorkFolders } from './evaluation/work-folder.js';
import { Events } from './events.js';
import { Gallery } from './gallery/gallery.js';
import { GalleryScores, scoredBy } from './gallery/gallery-scores.js';
import { reconcile } from './gallery/reconcile.js';
import { GenerationQueue } from './generation/generation-queue.js';
import { adaptersHandlers } from './handlers/adapters-handlers.js';
import { chatHandlers } from './handlers/chat-handlers.js';
import { evaluationHandlers } from './handlers/evaluation-handlers.js';
import { galleryHandlers } from './handlers/gallery-handlers.js';
import { generationHandlers } from './handlers/generation-handlers.js';
import type { Handlers, StudioParts } from './handlers/handler.js';
import { modelsHandlers } from './handlers/models-handlers.js';
import { preferencesHandlers } from './handlers/preferences-handlers.js';
import { studioHandlers } from './handlers/studio-handlers.js';
import { Library } from './library/library.js';
import { ModelHashing } from './library/model-hashing.js';
import { PreferencesStore } from './preferences/preferences.js';
import { openDatabase } from './storage/database.js';
import { homeAt, makeHome } from './storage/home.js';
import { memory as memoryOf } from './storage/memory.js';

export interface StudioOptions {
  /** What `resolveHome` gave. */
  readonly home: string;
  /** Folder with the models that ship with the studio. */
  readonly embeddedModels: string;
  readonly engine: Engine;
  readonly worker: Worker;
  readonly desktop: Desktop;
  readonly version: string;
  /** As `process.platform`. */
  readonly platform: string;
}

export interface Studio {
  /** One answer for each request of the window; payloads must have passed their schema. */
  readonly handlers: Handlers;
  /** Returns how to stop listening. */
  onEvent(listener: <N extends EventName>(name: N, payload: EventOf<N>) => void): () => void;
  /** Absolute path for the picture protocol; null when the file is gone. Throws `not-found` for an unknown id. */
  pictureFile(id: string): Promise<string | null>;
  thumbnailFile(id: string): Promise<string | null>;
  /** The picture of an adapter's card; null when it has none. Throws `not-found` for an unknown id. */
  adapterPreviewFile(id: string): Promise<string | null>;
  /** One of the two pictures (`without`, `with`) of "what does it do?"; null when it is not there. */
  effectFile(id: string, which: string): Promise<string | null>;
  /** A picture that an evaluation's result shows, small; null when it is not there. */
  evaluatedPictureFile(run: string, set: string, index: string): Promise<string | null>;
  /** One of the first pictures of a source that was looked at, small; null when it is not there. */
  sourcePictureFile(token: string, index: string): Promise<string | null>;
  /** The supervisor tells how its engine is. */
  setEngineStatus(status: EngineStatus): void;
  /** What was begun at the start and needs nobody: reading the disk, hashing. Tests wait for it. */
  readonly settled: Promise<void>;
  /** Stop the running picture after its step (it goes on at the next start) and let go of the database. */
  close(): Promise<void>;
}

/** Open the studio on a home folder. Only one at a time may run a queue on the same home; the command line may read. */
export async function openStudio(options: StudioOptions): Promise<Studio> {
  const { engine, worker, desktop, version, platform } = options;
  const home = homeAt(options.home);
  await makeHome(home);
  const { database, setAside } = await openDatabase(home.database);
  const events = new Events();
  if (setAside !== null) {
    events.notify({
      id: randomUUID(),
      tone: 'warn',
      text: `The library's database was damaged: it is kept as ${basename(setAside)}, and the pictures are being read again.`,
      action: null,
    });
  }

  const memory = memoryOf(database);
  const capabilities = rememberedCapabilities(engine, memory, version);
  const preferences = new PreferencesStore(database);
  const library = new Library({ database, home, worker, embeddedModels: options.embeddedModels });
  const gallery = new Gallery({
    database,
    home,
    worker,
    scoredBy: () => scoredBy(memory),
    onChanged: (added) => events.emit('gallery.changed', { added }),
  });
  const hashing = new ModelHashing(library, worker, async () => {
    events.emit('models.changed', await library.list());
  });
  const shelf = new AdapterShelf({
    database,
    home,
    worker,
    embeddedModels: options.embeddedModels,
    onChanged: () => events.emit('adapters.changed', {}),
  });
  const device = () => preferences.load().device;
  const effects = new AdapterEffects({
    ...{ memory, home, engine, worker, library, adapters: shelf, capabilities, device, version },
    embeddedModels: options.embeddedModels,
    onProgress: (progress) => events.emit('adapters.effect-progress', progress),
  });
  const baking = new AdapterBaking({
    ...{ worker, library, adapters: shelf, desktop },
    onProgress: (progress) => events.emit('adapters.bake-progress', progress),
  });
  const queue = new GenerationQueue({
    database,
    home,
    engine,
    worker,
    library,
    adapters: shelf,
    gallery,
    capabilities,
    device,
    version,
    onQueue: (state) => events.emit('queue.changed', state),
    onProgress: (progress) => events.emit('job.progress', progress),
    onNotice: (notice) => events.notify(notice),
  });

  let engineStatus: EngineStatus = {
    state: 'starting',
    device: null,
    memory: { engine: 0, free: freemem(), total: totalmem() },
  };
  const conversations = new Conversations(database);
  const chatModels = new ChatModels({
    ...{ library, engine },
    machine: () => ({ total: totalmem(), free: freemem(), engine: engineStatus.memory.engine }),
  });
  const answering = new Answering({
    ...{ database, conversations, models: chatModels, engine, device, weightCache: home.preparedWeights },
    engineIsBusy: () => queue.queue().jobs.some(({ state }) => state === 'running'),
    onChanged: (id) => events.emit('chat.changed', { id }),
    onProgress: (progress) => events.emit('chat.progress', progress),
    onTokens: (tokens) => events.emit('chat.tokens', tokens),
    onNotice: (notice) => events.notify(notice),
  });
  const galleryPicture = async (id: string) => {
    const path = await gallery.pictureFile(id);
    return path === null ? null : { path, name: gallery.rows.get(id)?.path ?? basename(path) };
  };
  const modelPath = async (wish: string) => (await library.resolve(wish)).path;
  const looks = new SourceLooks({ worker, home, galleryPicture });
  const evaluations = new Evaluations({
    database,
    making: async () => ({
      ...{ engine, worker, memory, modelPath, embeddedModels: options.embeddedModels, galleryPicture, home },
      device: device(),
      versions: { inkstone: version, onnxruntime: (await capabilities()).versions.onnxruntime },
    }),
    onChanged: (id) => events.emit('evaluation.changed', { id }),
    onProgress: (progress) => events.emit('evaluation.progress', progress),
    onNotice: (notice) => events.notify(notice),
    onRemoved: (id) => void rm(join(home.evaluations, id), { recursive: true, force: true }).catch(() => undefined),
  });
  const evaluatedPictures = new SmallPictures(worker, evaluatedPictureSide);
  const scores = new GalleryScores({
    ...{ engine, worker, gallery, memory, home, embeddedModels: options.embeddedModels, modelPath, device },
    onProgress: (progress) => events.emit('gallery.score-progress', progress),
  });
  const parts: StudioParts = {
    home,
    version,
    platform,
    engine,
    worker,
    desktop,
    events,
    memory,
    library,
    hashing,
    shelf,
    effects,
    baking,
    conversations,
    answering,
    chatModels,
    evaluations,
    looks,
    gallery,
    scores,
    queue,
    preferences,
    capabilities,
    engineStatus: () => engineStatus,
  };

  const closing = new AbortController();
  const settle = async () => {
    await queue.start();
    evaluations.start();
    await library.list();
    if (await library.refresh()) events.emit('models.changed', await library.list());
    hashing.start();
    await shelf.start();
    await conversations.settle(closing.signal);
    await looks.sweep();
    await sweepWorkFolders(home);
    await reconcile(gallery, worker, closing.signal);
    await hashing.idle();
    await shelf.idle();
  };
  const settled = settle().catch((error: unknown) => {
    if (closing.signal.aborted) return;
    events.notify({ id: randomUUID(), tone: 'bad', text: errorMessageOf(error).message, action: null });
  });

  // The command line may add a model, or put an adapter on a picture, while the window is open.
  const watching = setInterval(() => {
    if (!database.changedElsewhere()) return;
    shelf.changedElsewhere();
    void library.list().then(
      (models) => events.emit('models.changed', models),
      () => undefined, // whoever asks next is told
    );
  }, watchEveryMs);

  return {
    handlers: {
      ...studioHandlers(parts),
      ...preferencesHandlers(parts),
      ...modelsHandlers(parts),
      ...generationHandlers(parts),
      ...adaptersHandlers(parts),
      ...chatHandlers(parts),
      ...evaluationHandlers(parts),
      ...galleryHandlers(parts),
    },
    onEvent: (listener) => events.listen(listener),
    pictureFile: (id) => gallery.pictureFile(id),
    thumbnailFile: (id) => gallery.thumbnailFile(id),
    adapterPreviewFile: (id) => shelf.previewFile(id),
    effectFile: (id, which) => effects.file(id, which),
    async evaluatedPictureFile(run, set, index) {
      // What comes from an address becomes a path only where a result shows that very picture.
      if ((set !== 'generated' && set !== 'reference') || !/^\d{1,9}$/.test(index)) return null;
      const path = evaluations.files(run)[set][index];
      if (path === undefined) return null;
      return evaluatedPictures.file(path, join(home.evaluations, run, `${set}-${index}.webp`));
    },
    sourcePictureFile: (token, index) => looks.file(token, Number(index)),
    setEngineStatus(status) {
      engineStatus = status;
      events.emit('engine.status', status);
    },
    settled,
    async close() {
      clearInterval(watching);
      closing.abort();
      effects.stop();
      baking.stop();
      scores.stop();
      await Promise.all([queue.close(), answering.close(), evaluations.close()]);
      await Promise.all([hashing.close(), shelf.close()]);
      await settled;
      database.close();
    },
  };
}

/** Longer side of a picture of an evaluation's result, pixels. */
const evaluatedPictureSide = 512;

/** How soon a model that the command line added is in the window's list. */
const watchEveryMs = 2000;
