import type { z } from 'zod';
import type { Capabilities } from '../contracts/capabilities.js';
import type { Desktop } from '../contracts/desktop.js';
import type { EngineStatus, ReplyOf, RequestName, requests } from '../contracts/window.js';
import type { Engine } from '../contracts/engine.js';
import type { Worker } from '../contracts/worker.js';
import type { AdapterBaking } from '../adapters/adapter-baking.js';
import type { AdapterEffects } from '../adapters/adapter-effect.js';
import type { AdapterShelf } from '../adapters/adapter-shelf.js';
import type { Answering } from '../chat/answering.js';
import type { ChatModels } from '../chat/chat-models.js';
import type { Conversations } from '../chat/conversations.js';
import type { Evaluations } from '../evaluation/evaluations.js';
import type { SourceLooks } from '../evaluation/source-looks.js';
import type { Events } from '../events.js';
import type { Gallery } from '../gallery/gallery.js';
import type { GalleryScores } from '../gallery/gallery-scores.js';
import type { GenerationQueue } from '../generation/generation-queue.js';
import type { Library } from '../library/library.js';
import type { ModelHashing } from '../library/model-hashing.js';
import type { PreferencesStore } from '../preferences/preferences.js';
import type { Home } from '../storage/home.js';
import type { Memory } from '../storage/memory.js';

/** One answer for each request of the window, by name; the payload was validated by whoever received it. */
export type Handlers = {
  readonly [N in RequestName]: (payload: z.output<(typeof requests)[N]['request']>) => Promise<ReplyOf<N>>;
};

/** The names of one subject: `models.list`, `models.import` ... */
type NamesOf<Subject extends string> = Extract<RequestName, `${Subject}.${string}`>;
export type HandlersOf<Subject extends string> = Pick<Handlers, NamesOf<Subject>>;

/** What the handlers act on. */
export interface StudioParts {
  readonly home: Home;
  readonly version: string;
  readonly platform: string;
  readonly engine: Engine;
  readonly worker: Worker;
  readonly desktop: Desktop;
  readonly events: Events;
  readonly memory: Memory;
  readonly library: Library;
  readonly hashing: ModelHashing;
  readonly shelf: AdapterShelf;
  readonly effects: AdapterEffects;
  readonly baking: AdapterBaking;
  readonly conversations: Conversations;
  readonly answering: Answering;
  readonly chatModels: ChatModels;
  readonly evaluations: Evaluations;
  readonly looks: SourceLooks;
  readonly gallery: Gallery;
  readonly scores: GalleryScores;
  readonly queue: GenerationQueue;
  readonly preferences: PreferencesStore;
  readonly capabilities: () => Promise<Capabilities>;
  readonly engineStatus: () => EngineStatus;
}
