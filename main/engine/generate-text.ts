import type { ChatPrompt, GeneratedText, GenerateTextProgress, GenerateTextRequest } from '../../app/contracts/chat.js';
import { generateText as writeText, type AnswerToken } from '../../native-models/pipelines/generate-text.js';
import { encodeAnswer } from '../../native-models/tokenizers/language-answer-text.js';
import type { LanguagePrompt } from '../../native-models/pipelines/language-prompt.js';
import { loadedLanguageModel } from './loaded-language-model.js';
import { oneAtATime } from './one-at-a-time.js';
import { resolvedDevice } from './resolved-device.js';

interface GenerateTextContext {
  readonly signal: AbortSignal;
  progress(progress: GenerateTextProgress): void;
}

/** An answer: the model is opened or still open, what it writes is told in batches as it comes. */
export function generateText(
  request: GenerateTextRequest,
  { signal, progress }: GenerateTextContext,
): Promise<GeneratedText> {
  return oneAtATime(signal, async () => {
    const began = performance.now();
    const device = resolvedDevice(request.device);
    let opening: readonly string[] = [];
    const { files, cache } = await loadedLanguageModel(request.modelPath, device, {
      cacheFolder: request.weightCache,
      signal,
      onOpening: (told) => {
        opening = told;
        progress({ phase: 'loading', part: null });
      },
      onProgress: hundredths((part) => progress({ phase: 'loading', part })),
    });
    const tokenizer = await files.tokenizer();
    const usesChatml = request.prompt.kind === 'turns' && request.prompt.template === 'chatml';
    const model = {
      tokenizer,
      template: templateFor(request.prompt, (which) => files.template(which)),
      stopIds: tokenizer.stopIds(files.files.endTokens),
      cache,
    };
    const load = (performance.now() - began) / 1000;

    const { answerText } = request;
    // A model without a template goes on from the prompt's last word.
    const written = answerText === undefined ? null : encodeAnswer(tokenizer, answerText, model.template !== null);
    const answerTokens = written?.map((id) => ({ id, text: tokenizer.textOf(id), logprob: null }));

    const ownNotices = [...files.notices, ...opening];
    const { seed, maxTokens, stop, ...sampling } = request.sampling;
    const answer = await writeText(
      model,
      {
        prompt: languagePrompt(request.prompt),
        answerSoFar: written ?? request.answerSoFar,
        sampling,
        seed,
        maxTokens,
        // Where the model has no such token, ChatML's end of a turn is spelled out letter by letter.
        stop: usesChatml ? [...stop, '<|im_end|>'] : stop,
        logprobs: request.logprobs,
      },
      {
        signal,
        onBegin: ({ tokens, room, notices }) =>
          progress({
            ...{ phase: 'begun', tokens, room, notices: [...ownNotices, ...notices] },
            ...(answerTokens && { answerTokens }),
          }),
        onRead: (read) => progress({ phase: 'reading', ...read }),
        onTokens: ({ text, tokens }) => progress({ phase: 'writing', text, tokens: tokens.map(asMessage) }),
      },
    );
    return {
      ...answer,
      device,
      notices: [...ownNotices, ...answer.notices],
      seconds: { load, firstToken: load + answer.seconds.firstToken, total: load + answer.seconds.total },
    };
  });
}

export function languagePrompt(prompt: ChatPrompt): LanguagePrompt {
  if (prompt.kind === 'text') return prompt;
  const { kind, messages, enableThinking } = prompt;
  return { kind, messages, ...(enableThinking === null ? {} : { enableThinking }) };
}

/** A text that is continued needs none: a template that cannot be read is then no harm. */
export function templateFor<T>(prompt: ChatPrompt, template: (which: 'own' | 'chatml') => T | null): T | null {
  return prompt.kind === 'text' ? null : template(prompt.template);
}

const asMessage = (token: AnswerToken) => ({ ...token, top: [...token.top] });

/** Tells the part that is done when it has grown by a hundredth. */
function hundredths(tell: (part: number) => void): (done: number, total: number) => void {
  let told = -1;
  return (done, total) => {
    const part = Math.floor((100 * done) / total) / 100;
    if (part <= told) return;
    told = part;
    tell(part);
  };
}
