import { z } from 'zod';
import { adapterEffect, adapterReceipt, adapterShelf, adapterUse } from './adapters.js';
import { chatToken } from './chat.js';
import {
  answerProgress,
  answerTokens,
  chatFit,
  chatPreset,
  conversation,
  conversationSettings,
  conversationSummary,
  turn,
} from './conversations.js';
import { capabilities, device } from './capabilities.js';
import { errorMessage } from './errors.js';
import {
  evaluationProgress,
  evaluationResult,
  evaluationRun,
  evaluationSettings,
  referenceSource,
  sourceLook,
} from './evaluation.js';
import { galleryQuery, picture, pictureSummary } from './gallery.js';
import { generationSettings, job, jobProgress, queue, tokenCount } from './generation.js';
import { model } from './models.js';
import { preferences } from './preferences.js';

/**
 * Between the window and main. A request goes window -> main and is validated there, its reply is validated in the
 * window; an event goes main -> window and is validated in the window. The preload only carries them.
 */
const nothing = z.object({});
const byId = z.object({ id: z.string() });
const byIds = z.object({ ids: z.array(z.string()).max(100_000) });

/** What is left out stays left out: no list of adapters is not an empty one. */
const partialSettings = generationSettings
  .partial()
  .extend({ adapters: generationSettings.shape.adapters.unwrap().optional() });

/** Settings that differ from the panel's, read from a picture's own text. */
export const readSettings = z.object({
  /** Who wrote the text: `inkstone` or `a1111`. */
  source: z.enum(['inkstone', 'a1111']),
  settings: partialSettings,
  /** What could not be taken over, one sentence each. */
  notices: z.array(z.string()),
});
export type ReadSettings = z.infer<typeof readSettings>;

export const engineStatus = z.object({
  state: z.enum(['starting', 'ready', 'busy', 'restarting', 'failed']),
  /** The device in use and its own name; null until the probe has answered. */
  device: device.nullable(),
  /** Bytes: resident memory of the engine, and what the machine has free. */
  memory: z.object({ engine: z.number(), free: z.number(), total: z.number() }),
});
export type EngineStatus = z.infer<typeof engineStatus>;

/** Something a person should know now. `undo` names the token that takes it back. */
export const notice = z.object({
  id: z.string(),
  tone: z.enum(['info', 'warn', 'bad']),
  text: z.string(),
  action: z
    .discriminatedUnion('do', [
      z.object({ do: z.literal('undo-bin'), label: z.string(), ids: z.array(z.string()) }),
      z.object({ do: z.literal('resume-job'), label: z.string(), jobId: z.string() }),
    ])
    .nullable(),
});
export type Notice = z.infer<typeof notice>;

export const requests = {
  'studio.hello': {
    request: nothing,
    reply: z.object({
      version: z.string(),
      platform: z.string(),
      /** Where the studio keeps its things. */
      home: z.string(),
      capabilities,
      models: z.array(model),
      preferences,
      queue,
      engine: engineStatus,
    }),
  },
  'studio.devices': { request: nothing, reply: z.array(device) },
  'studio.open-link': { request: z.object({ url: z.url() }), reply: nothing },

  'preferences.save': { request: preferences.partial(), reply: preferences },

  'models.list': { request: nothing, reply: z.array(model) },
  /** Add a folder in place; nothing is copied. */
  'models.import': { request: z.object({ path: z.string() }), reply: model },
  'models.choose-folder': { request: nothing, reply: model.nullable() },
  'models.forget': { request: byId, reply: nothing },

  'generation.submit': {
    request: z.object({ settings: generationSettings, count: z.number().int().min(1).max(1000) }),
    reply: job,
  },
  /** Stop after the running step; its checkpoint stays and `generation.resume` goes on. */
  'generation.stop': { request: byId, reply: nothing },
  'generation.resume': { request: byId, reply: nothing },
  'generation.remove': { request: byId, reply: nothing },
  /** Move a waiting job to a place among the waiting ones, from 0. */
  'generation.move': { request: z.object({ id: z.string(), to: z.number().int().nonnegative() }), reply: nothing },
  'generation.count-tokens': { request: z.object({ model: z.string(), text: z.string() }), reply: tokenCount },

  /** The whole shelf, and how each adapter goes with a model. */
  'adapters.list': { request: z.object({ model: z.string().nullable() }), reply: adapterShelf },
  /** A file is put on the shelf where it lies, a folder is watched from now on. */
  'adapters.add': {
    request: z.object({ paths: z.array(z.string()).min(1).max(10_000) }),
    reply: z.object({
      /** Ids of what is new or was named again. */
      ids: z.array(z.string()),
      /** What could not be added, one sentence each. */
      notices: z.array(z.string()),
    }),
  },
  /** The same by the system's dialog. */
  'adapters.choose': {
    request: z.object({ what: z.enum(['files', 'folder']) }),
    reply: z.object({ ids: z.array(z.string()), notices: z.array(z.string()) }),
  },
  /** Take an adapter that lies in no watched folder off the shelf; its file stays. */
  'adapters.forget': { request: byId, reply: nothing },
  'adapters.unwatch': { request: z.object({ path: z.string() }), reply: nothing },
  'adapters.save': {
    request: z.object({
      id: z.string(),
      rating: z.number().int().min(0).max(5).optional(),
      tags: z.array(z.string().max(80)).max(100).optional(),
      note: z.string().max(20_000).optional(),
    }),
    reply: nothing,
  },
  'adapters.receipt': { request: z.object({ id: z.string(), model: z.string().nullable() }), reply: adapterReceipt },
  'adapters.reveal': { request: byId, reply: nothing },
  /** The shelf was opened: sessions that take adapters are opened in the background. */
  'adapters.prepare': {
    request: generationSettings.pick({ model: true, width: true, height: true, cfg: true, clipSkip: true }),
    reply: nothing,
  },
  /** What does it do? The two pictures are made now; `adapters.effect-progress` tells how far. */
  'adapters.compare': {
    request: z.object({ id: z.string(), weight: z.number(), textWeight: z.number(), settings: generationSettings }),
    reply: adapterEffect,
  },
  'adapters.stop-compare': { request: nothing, reply: nothing },
  /** The last answer for this adapter and model; null when it was never asked. */
  'adapters.effect': { request: z.object({ id: z.string(), model: z.string() }), reply: adapterEffect.nullable() },
  /** Merged weights into a file that the person chooses; null when they close the dialog. */
  'adapters.bake': {
    request: z.object({ model: z.string(), adapters: z.array(adapterUse).min(1) }),
    reply: z
      .object({
        path: z.string(),
        /** A file holds one network: text encoders that the adapters touch lie beside it. */
        alsoWritten: z.array(z.string()),
        /** The networks in them, in the order of the files: `unet`, `text_encoder` ... Each is written whole. */
        components: z.array(z.string()),
        /** The number format of most of their tensors, which is the model's own: `f16`. */
        dtype: z.string(),
        /** Of all of them. */
        tensors: z.number().int(),
        bytes: z.number(),
      })
      .nullable(),
  },
  'adapters.stop-bake': { request: nothing, reply: nothing },

  /** Newest first; `text` = words that some turn must hold, empty = all. */
  'chat.list': { request: z.object({ text: z.string() }), reply: z.array(conversationSummary) },
  'chat.get': { request: byId, reply: conversation },
  'chat.create': { request: conversationSettings.partial(), reply: conversation },
  'chat.save': {
    request: z.object({
      id: z.string(),
      title: z.string().max(200).optional(),
      settings: conversationSettings.partial().optional(),
      /** The way that is shown from now on. */
      shown: z.string().optional(),
      /** Alone it changes nothing that others would have to be told. */
      draft: z.string().max(8_000_000).optional(),
    }),
    reply: nothing,
  },
  /** Off the list; `chat.restore` brings it back until the studio ends. */
  'chat.delete': { request: byId, reply: nothing },
  'chat.restore': { request: byId, reply: nothing },
  /** In the order in which they were first kept. */
  'chat.presets': { request: nothing, reply: z.array(chatPreset) },
  /** With the id of one that is there, in its place; else a new one, under that id if one is given (Undo). */
  'chat.save-preset': { request: chatPreset.partial({ id: true }), reply: chatPreset },
  'chat.delete-preset': { request: byId, reply: nothing },
  /** A person's turn after `parent`, and the answer to it, which begins at once. On disk when this returns. */
  'chat.send': {
    request: z.object({ conversation: z.string(), parent: z.string().nullable(), text: z.string().min(1) }),
    reply: z.object({ turns: z.array(turn) }),
  },
  /** Another answer to the same turn; a sister of the first. */
  'chat.again': { request: byId, reply: turn },
  /** An answer that was cut short goes on where it ended. */
  'chat.go-on': { request: byId, reply: turn },
  /** A sister of an answer with another text, which a person wrote; nothing is computed. `chat.go-on` goes on from it. */
  'chat.edit-answer': { request: z.object({ id: z.string(), text: z.string().min(1) }), reply: turn },
  /** A sister of an answer: the same up to token `at`, then the rival instead, then whatever follows. */
  'chat.rival': {
    request: z.object({ id: z.string(), at: z.number().int().nonnegative(), token: z.number().int().nonnegative() }),
    reply: turn,
  },
  /** Stops the running answer between two tokens; what was said is kept. */
  'chat.stop': { request: nothing, reply: nothing },
  /** Tokens of an answer with their probabilities and rivals. */
  'chat.token-details': { request: byId, reply: z.array(chatToken) },
  'chat.fit': { request: z.object({ model: z.string() }), reply: chatFit },
  /**
   * Tokens of the way that ends at `parent` with a draft after it, of how many. The notice says, before it happens,
   * that the answer will find little room or none.
   */
  'chat.count-tokens': {
    request: z.object({ conversation: z.string(), parent: z.string().nullable(), text: z.string() }),
    reply: tokenCount.extend({ notice: z.string().nullable() }),
  },
  /** To a file that the person chooses; null when they close the dialog. */
  'chat.export': {
    request: z.object({ id: z.string(), format: z.enum(['json', 'markdown']) }),
    reply: z.object({ path: z.string() }).nullable(),
  },
  /** A conversation that was exported as JSON; without a path the person chooses the file. */
  'chat.import': { request: z.object({ path: z.string().optional() }), reply: conversation.nullable() },

  /** Newest first. */
  'evaluation.list': { request: nothing, reply: z.array(evaluationRun) },
  /** A run and what came out of it; null until it is done. */
  'evaluation.get': {
    request: byId,
    reply: z.object({ run: evaluationRun, result: evaluationResult.nullable() }),
  },
  'evaluation.look': { request: z.object({ source: referenceSource }), reply: sourceLook },
  /** By the system's dialog; null when they close it. */
  'evaluation.choose': {
    request: z.object({ what: z.enum(['folder', 'statistics', 'prompts', 'inception', 'clip']) }),
    reply: z.object({ path: z.string() }).nullable(),
  },
  /** On disk when this returns; one runs at a time. */
  'evaluation.start': { request: evaluationSettings, reply: evaluationRun },
  /** Vectors that were computed are kept. */
  'evaluation.stop': { request: byId, reply: nothing },
  'evaluation.resume': { request: byId, reply: nothing },
  'evaluation.remove': { request: byId, reply: nothing },
  'evaluation.rename': { request: z.object({ id: z.string(), name: z.string().min(1).max(80) }), reply: nothing },
  /** To a file that the person chooses; null when they close the dialog. */
  'evaluation.export': {
    request: z.object({ id: z.string(), format: z.enum(['html', 'json', 'csv']) }),
    reply: z.object({ path: z.string() }).nullable(),
  },
  /** The HTML report, in the person's own browser. */
  'evaluation.open-report': { request: byId, reply: nothing },

  'gallery.list': { request: galleryQuery, reply: z.array(pictureSummary) },
  'gallery.get': { request: byId, reply: picture },
  'gallery.keep': { request: z.object({ id: z.string(), kept: z.boolean() }), reply: nothing },
  /** Into the studio's bin; `gallery.restore` brings them back. */
  'gallery.bin': { request: byIds, reply: nothing },
  'gallery.restore': { request: byIds, reply: nothing },
  /** Deletes what is in the bin from disk, for good. */
  'gallery.empty-bin': { request: nothing, reply: z.object({ deleted: z.number().int() }) },
  'gallery.reveal': { request: byId, reply: nothing },
  'gallery.copy': { request: byId, reply: nothing },
  /** Begin dragging the picture's file out of the window. */
  'gallery.drag': { request: byId, reply: nothing },
  /** Give pictures their CLIP score; those that have one of this network keep it. Scores come with `gallery.changed`. */
  'gallery.score': { request: byIds, reply: z.object({ scored: z.number().int(), notices: z.array(z.string()) }) },
  'gallery.stop-scoring': { request: nothing, reply: nothing },
  'gallery.read-settings': { request: z.object({ path: z.string() }), reply: readSettings.nullable() },
} as const;
export type RequestName = keyof typeof requests;
export type RequestOf<N extends RequestName> = z.input<(typeof requests)[N]['request']>;
export type ReplyOf<N extends RequestName> = z.output<(typeof requests)[N]['reply']>;

export const events = {
  'queue.changed': queue,
  'job.progress': jobProgress,
  /** A picture came, went to the bin or came back: the grid asks again. `added` is the new one. */
  'gallery.changed': z.object({ added: pictureSummary.nullable() }),
  'models.changed': z.array(model),
  /** Something of the shelf changed: the panel asks again. */
  'adapters.changed': nothing,
  /** The two pictures of "what does it do?": the part that is done, 0 to 1. */
  'adapters.effect-progress': z.object({
    id: z.string(),
    part: z.number(),
    secondsLeft: z.number().nonnegative().nullable(),
  }),
  'adapters.bake-progress': z.object({ part: z.number(), secondsLeft: z.number().nonnegative().nullable() }),
  /** Conversations came, went, or changed otherwise than by new tokens: `id` is the one, null for several. */
  'chat.changed': z.object({ id: z.string().nullable() }),
  'chat.progress': answerProgress,
  'chat.tokens': answerTokens,
  /** Runs came, went or changed their state. */
  'evaluation.changed': z.object({ id: z.string() }),
  'evaluation.progress': evaluationProgress,
  /** CLIP scores of the gallery: how many of those asked for are done. */
  'gallery.score-progress': z.object({
    done: z.number().int(),
    of: z.number().int(),
    secondsLeft: z.number().nonnegative().nullable(),
  }),
  'engine.status': engineStatus,
  notice,
} as const;
export type EventName = keyof typeof events;
export type EventOf<N extends EventName> = z.output<(typeof events)[N]>;

/** What main answers to any request. */
export const answer = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), error: errorMessage }),
]);
export type Answer = z.infer<typeof answer>;

/** What the preload puts on `window.inkstone`: the only door out of the window's sandbox. */
export interface WindowBridge {
  request(name: string, payload: unknown): Promise<unknown>;
  /** Every event of main; returns how to stop listening. */
  subscribe(listener: (name: string, payload: unknown) => void): () => void;
  /** Path of a file that the person dropped or pasted; empty for one that has none. */
  pathOf(file: File): string;
}

/** Addresses that the window may load pictures from; served by main's own protocol. */
export const pictureUrl = (id: string): string => `inkstone://picture/${encodeURIComponent(id)}`;
/** `version` is the card's `preview`: another picture is another address. */
export const adapterPreviewUrl = (id: string, version: string): string =>
  `inkstone://adapter/${encodeURIComponent(id)}?${encodeURIComponent(version)}`;
/** One of the two pictures of an effect. */
export const effectUrl = (id: string, which: 'without' | 'with'): string =>
  `inkstone://effect/${encodeURIComponent(id)}/${which}`;
export const thumbnailUrl = (id: string): string => `inkstone://thumbnail/${encodeURIComponent(id)}`;
/** A picture of an evaluation's result, at most 512 pixels long. */
export const evaluatedPictureUrl = (run: string, set: 'generated' | 'reference', index: number): string =>
  `inkstone://evaluated/${encodeURIComponent(run)}/${set}/${index}`;
/** One of the first pictures of a source that was looked at. */
export const sourcePictureUrl = (token: string, index: number): string =>
  `inkstone://source/${encodeURIComponent(token)}/${index}`;
