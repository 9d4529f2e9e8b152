import { cleanText } from '../chat/clean-text.js';
import type { SettingsChange } from '../chat/chat-models.js';
import { exportConversation, importConversation } from '../chat/conversation-exchange.js';
import type { HandlersOf, StudioParts } from './handler.js';

export function chatHandlers(parts: StudioParts): HandlersOf<'chat'> {
  const { conversations, answering, chatModels, events, desktop } = parts;
  const changed = (id: string | null) => events.emit('chat.changed', { id });
  /** One after the other: looking at a new model takes time, and what is saved meanwhile must not be undone by it. */
  let saves: Promise<void> = Promise.resolve();
  const saveSettings = (id: string, change: SettingsChange): Promise<void> => {
    const save = saves.then(async () =>
      conversations.saveSettings(id, await chatModels.changeOf(conversations.existing(id).settings, change)),
    );
    saves = save.catch(() => undefined); // who asked is told
    return save;
  };
  const exchange = { conversations, answering, models: chatModels, desktop };
  return {
    async 'chat.list'({ text }) {
      return conversations.list(text);
    },
    async 'chat.get'({ id }) {
      return answering.withRunning(conversations.get(id));
    },
    async 'chat.create'(wish) {
      if (wish.model !== undefined) await chatModels.existing(wish.model);
      const model = wish.model ?? (await chatModels.lastUsed());
      const { sampling = await chatModels.sampling(model) } = wish;
      const settings = { model, system: cleanText(wish.system ?? ''), sampling };
      const conversation = conversations.create({ settings, title: null, createdAt: Date.now() });
      changed(conversation.id);
      return conversation;
    },
    async 'chat.save'({ id, title, settings, shown, draft }) {
      if (draft !== undefined) conversations.keepDraft(id, draft);
      if (title === undefined && settings === undefined && shown === undefined) return {};
      if (title !== undefined) conversations.rename(id, title);
      if (settings !== undefined) await saveSettings(id, settings);
      if (settings?.model !== undefined) chatModels.prefer(settings.model);
      if (shown !== undefined) conversations.show(id, shown);
      changed(id);
      return {};
    },
    async 'chat.delete'({ id }) {
      await answering.stopIn(id);
      conversations.delete(id);
      changed(id);
      return {};
    },
    async 'chat.restore'({ id }) {
      conversations.restore(id);
      changed(id);
      return {};
    },
    async 'chat.presets'() {
      return conversations.presets.list();
    },
    async 'chat.save-preset'(wish) {
      return conversations.presets.save(wish);
    },
    async 'chat.delete-preset'({ id }) {
      conversations.presets.delete(id);
      return {};
    },
    async 'chat.send'({ conversation, parent, text }) {
      return { turns: await answering.send(conversation, parent, text) };
    },
    'chat.again': ({ id }) => answering.again(id),
    'chat.go-on': ({ id }) => answering.goOn(id),
    async 'chat.edit-answer'({ id, text }) {
      return answering.edit(id, text);
    },
    'chat.rival': ({ id, at, token }) => answering.rival(id, at, token),
    async 'chat.stop'() {
      await answering.stop();
      return {};
    },
    async 'chat.token-details'({ id }) {
      return answering.tokensOf(id);
    },
    'chat.fit': ({ model }) => chatModels.fit(model),
    'chat.count-tokens': ({ conversation, parent, text }) => answering.countTokens(conversation, parent, text),
    'chat.export': (order) => exportConversation(exchange, order),
    async 'chat.import'({ path }) {
      const conversation = await importConversation(exchange, path);
      if (conversation !== null) changed(conversation.id);
      return conversation;
    },
  };
}
