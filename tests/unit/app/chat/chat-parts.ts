import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { Answering } from '../../../../app/chat/answering.js';
import { ChatModels } from '../../../../app/chat/chat-models.js';
import { Conversations } from '../../../../app/chat/conversations.js';
import type { AnswerProgress, AnswerTokens, Turn } from '../../../../app/contracts/conversations.js';
import type { ModelDescription } from '../../../../app/contracts/models.js';
import type { Notice } from '../../../../app/contracts/window.js';
import { Library } from '../../../../app/library/library.js';
import { openDatabase } from '../../../../app/storage/database.js';
import { homeAt, makeHome } from '../../../../app/storage/home.js';
import { makeModel, makePlace, StepEngine, until, workerInProcess } from '../test-parts.js';

type Place = Awaited<ReturnType<typeof makePlace>>;

/** What `workerInProcess` is told of a language model. */
export const languageModel: Partial<ModelDescription> = {
  kind: 'language',
  ...{ family: 'llama', prediction: null, inChannels: null, format: 'safetensors', sizeMultiple: 1, nativeSize: 1 },
  language: { parameters: 260_000, contextLength: 512, chats: true },
};

/** A home, and a folder with the two embedded models. */
export async function makeChatPlace(): Promise<Place> {
  const place = await makePlace();
  const card = { description: 'It continues stories.' };
  await makeModel(join(place.embeddedModels, 'storyteller'), {
    ...languageModel,
    ...{ name: 'Inkstone storyteller', card },
  });
  return place;
}

/** Conversations on a real database. Opening others on the same place is a restart after a kill. */
export async function openChat(given: { place?: Place; engine?: StepEngine; busy?: () => boolean } = {}) {
  const place = given.place ?? (await makeChatPlace());
  const engine = given.engine ?? new StepEngine();
  const home = homeAt(place.home);
  await makeHome(home);
  const { database } = await openDatabase(home.database);
  const library = new Library({ database, home, worker: workerInProcess(), embeddedModels: place.embeddedModels });
  const conversations = new Conversations(database);
  const models = new ChatModels({ library, engine, machine: () => ({ total: 3e9, free: 1e9, engine: 0 }) });
  const [progress, tokens, notices, changes]: [AnswerProgress[], AnswerTokens[], Notice[], string[]] = [[], [], [], []];
  const answering = new Answering({
    ...{ database, conversations, models, engine, weightCache: home.preparedWeights, device: () => 'auto' },
    engineIsBusy: given.busy ?? (() => false),
    onChanged: (id) => changes.push(id),
    onProgress: (step) => progress.push(step),
    onTokens: (news) => tokens.push(news),
    onNotice: (notice) => notices.push(notice),
  });
  onTestFinished(() => answering.close());
  const sampling = { ...(await models.sampling('embedded-storyteller')), seed: 3 };
  const create = () =>
    conversations.create({
      settings: { model: 'embedded-storyteller', system: '', sampling },
      title: null,
      createdAt: Date.now(),
    });
  const get = (id: string) => answering.withRunning(conversations.get(id));
  const turn = (id: string): Turn => {
    const found = get(conversations.turns.existing(id).conversation).turns.find((each) => each.id === id);
    if (found === undefined) throw new Error(`There is no turn ${id}.`);
    return found;
  };
  /** The answer, when it is at its end. */
  const ended = async (id: string): Promise<Turn> => {
    await until(() => turn(id).answer?.state !== 'running');
    return turn(id);
  };
  /** Sends and waits for the answer. */
  const say = async (conversation: string, text: string, parent: string | null = null) => {
    const [asked, answer] = await answering.send(conversation, parent, text);
    if (asked === undefined || answer === undefined) throw new Error('A turn or its answer is missing.');
    return { asked, answer: await ended(answer.id) };
  };
  return {
    ...{ place, engine, home, database, library, conversations, models, answering, progress, tokens, notices, changes },
    ...{ create, get, turn, ended, say },
  };
}

/** Holds the engine before a token until `release`. */
export function holdBeforeToken(engine: StepEngine, held: number): { reached: Promise<void>; release: () => void } {
  let release = () => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  const reached = new Promise<void>((resolve) => {
    engine.beforeToken = async (at) => {
      if (at !== held) return;
      resolve();
      await gate;
    };
  });
  return { reached, release };
}
