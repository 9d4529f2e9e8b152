import type { CountChatTokensRequest, LanguageModelFacts } from '../../app/contracts/chat.js';
import type { TokenCount } from '../../app/contracts/generation.js';
import { defaultSystem } from '../../native-models/chat-templates/default-system.js';
import { encodePrompt } from '../../native-models/pipelines/language-prompt.js';
import { keyValueBytes } from '../../native-models/runtime/language-network.js';
import { languagePrompt, templateFor } from './generate-text.js';
import { languageModelFiles, type LanguageModelFiles } from './language-model-files.js';

/** What is known of a language model before it is opened. */
export async function languageModelFacts({ modelPath }: { modelPath: string }): Promise<LanguageModelFacts> {
  const model = await languageModelFiles(modelPath);
  const { config, parameters, sampling } = model.files;
  return {
    family: config.family,
    parameters,
    contextLength: config.contextLength,
    chats: model.chats,
    weightBytes: model.weightBytes,
    cacheBytesPerToken: keyValueBytes(config, 1),
    preparedBytes: model.preparedBytes,
    defaultSystem: ownSystem(model),
    sampling: { ...sampling },
  };
}

/** A template that cannot be read is told when it is used. */
function ownSystem(model: LanguageModelFiles): string | null {
  try {
    const template = model.template('own');
    return template && defaultSystem(template);
  } catch {
    return null;
  }
}

/** Tokens of a prompt with all that its template adds, as the model would read it. */
export async function countChatTokens({ modelPath, prompt }: CountChatTokensRequest): Promise<TokenCount> {
  const model = await languageModelFiles(modelPath);
  const template = templateFor(prompt, (which) => model.template(which));
  const { ids } = encodePrompt(await model.tokenizer(), template, languagePrompt(prompt));
  return { tokens: ids.length, limit: model.files.config.contextLength };
}
