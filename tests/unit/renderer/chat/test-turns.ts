import { usualSampling } from '../../../../app/contracts/chat.js';
import type { ChatAnswer, Turn } from '../../../../app/contracts/conversations.js';

export const answer = (part: Partial<ChatAnswer> = {}): ChatAnswer => ({
  state: 'stop',
  model: { id: 'embedded-storyteller', name: 'Inkstone storyteller' },
  sampling: { ...usualSampling, seed: 7, maxTokens: 512 },
  device: 'cpu',
  promptTokens: 5,
  completionTokens: 38,
  tokensPerSecond: 61,
  seconds: { firstToken: 0.18, total: 0.8 },
  notices: [],
  error: null,
  hasTokens: true,
  edited: false,
  ...part,
});

let clock = 0;

/** Turns made later are newer. */
export const said = (id: string, parent: string | null, part: Partial<Turn> = {}): Turn => {
  clock += 1;
  return { id, parent, role: 'user', text: id, createdAt: clock, answer: null, ...part };
};

export const answered = (id: string, parent: string, part: Partial<Turn> = {}): Turn =>
  said(id, parent, { role: 'assistant', answer: answer(), ...part });
