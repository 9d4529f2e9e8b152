import type { Action } from '../keyboard/action.js';
import { createConversation, deleteConversation, exportConversation, importConversation } from './browsing.js';
import { chatStore, draftOf, isAnsweredHere } from './chat-store.js';
import {
  again,
  answerInHand,
  copyText,
  editTurn,
  goOn,
  lastOwnTurn,
  send,
  stopAnswer,
  switchBranch,
  whyNotAnswer,
  whyNotBranch,
} from './conversing.js';
import { COMPOSER_ID, focusComposer, SEARCH_ID } from './focus.js';

/** Everything a person can do in the Chat panel. */

const group = 'Chat';
const NO_ANSWER = 'There is no answer yet.';

const needsConversation = (): string | null => (chatStore.getState().conversation ? null : 'No conversation is open.');
const needsAnswer = (): string | null => (answerInHand() ? null : NO_ANSWER);
const whyNotEdit = (): string | null => (lastOwnTurn() ? null : 'Nothing was said yet.');

export const canGoOn = (): string | null => {
  const state = answerInHand()?.answer?.state;
  if (state === undefined) return NO_ANSWER;
  return state === 'cancelled' || state === 'length' || state === 'lost' || state === 'edited'
    ? whyNotAnswer()
    : 'The last answer came to its end.';
};

export const chatActions = {
  send: {
    id: 'chat.send',
    label: 'Send',
    scope: 'composer',
    group,
    keys: ['Enter', 'Ctrl+Enter'],
    inPalette: false,
    run: send,
  },
  newLine: {
    id: 'chat.new-line',
    label: 'New line',
    scope: 'composer',
    group,
    keys: ['Shift+Enter'],
    inPalette: false,
  },
  editLast: {
    id: 'chat.edit-last',
    label: 'Edit what you said last',
    scope: 'composer',
    group,
    keys: ['Up'],
    unavailable: () => (draftOf(chatStore.getState()) === '' ? whyNotEdit() : 'Something is being written.'),
    run: () => {
      const turn = lastOwnTurn();
      if (turn) editTurn(turn.id);
    },
  },
  focusComposer: {
    id: 'chat.write',
    label: 'Go to the message',
    scope: 'chat',
    group,
    keys: ['/'],
    run: () => document.getElementById(COMPOSER_ID)?.focus(),
  },
  create: {
    id: 'chat.new',
    label: 'New conversation',
    scope: 'chat',
    group,
    keys: ['Ctrl+N'],
    run: () => void createConversation(),
  },
  search: {
    id: 'chat.search',
    label: 'Search conversations',
    scope: 'chat',
    group,
    keys: ['Ctrl+F'],
    run: () => document.getElementById(SEARCH_ID)?.focus(),
  },
  rename: {
    id: 'chat.rename',
    label: 'Rename the conversation',
    scope: 'chat',
    group,
    keys: ['F2'],
    unavailable: needsConversation,
    run: () => chatStore.setState(({ conversation }) => ({ renaming: conversation?.id ?? null })),
  },
  delete: {
    id: 'chat.delete',
    label: 'Delete the conversation',
    scope: 'chat',
    group,
    unavailable: needsConversation,
    run: () => {
      const { conversation } = chatStore.getState();
      if (conversation) deleteConversation(conversation.id);
    },
  },
  exportMarkdown: {
    id: 'chat.export-markdown',
    label: 'Export the conversation as Markdown…',
    scope: 'chat',
    group,
    unavailable: needsConversation,
    run: () => exportConversation('markdown'),
  },
  exportJson: {
    id: 'chat.export-json',
    label: 'Export the conversation as JSON…',
    scope: 'chat',
    group,
    unavailable: needsConversation,
    run: () => exportConversation('json'),
  },
  import: {
    id: 'chat.import',
    label: 'Import a conversation…',
    scope: 'chat',
    group,
    run: importConversation,
  },
  again: {
    id: 'chat.again',
    label: 'Answer again',
    scope: 'chat',
    group,
    keys: ['Ctrl+R'],
    unavailable: () => needsAnswer() ?? whyNotAnswer(),
    run: () => {
      const turn = answerInHand();
      if (turn) again(turn.id);
    },
  },
  goOn: {
    id: 'chat.go-on',
    label: 'Go on with the answer',
    scope: 'chat',
    group,
    unavailable: canGoOn,
    run: () => {
      const turn = answerInHand();
      if (turn) goOn(turn.id);
    },
  },
  editAnswer: {
    id: 'chat.edit-answer',
    label: 'Edit the answer',
    scope: 'chat',
    group,
    unavailable: () =>
      needsAnswer() ?? (answerInHand()?.answer?.state === 'running' ? 'It is being written; stop it first.' : null),
    run: () => {
      const turn = answerInHand();
      if (turn) editTurn(turn.id);
    },
  },
  branchBefore: {
    id: 'chat.branch-before',
    label: 'Branch before',
    scope: 'chat',
    group,
    keys: ['Alt+Left'],
    unavailable: whyNotBranch,
    run: () => switchBranch(-1),
  },
  branchAfter: {
    id: 'chat.branch-after',
    label: 'Branch after',
    scope: 'chat',
    group,
    keys: ['Alt+Right'],
    unavailable: whyNotBranch,
    run: () => switchBranch(1),
  },
  copy: {
    id: 'chat.copy',
    label: 'Copy the answer',
    scope: 'chat',
    group,
    unavailable: needsAnswer,
    run: () => {
      const turn = answerInHand();
      if (turn) copyText(turn.text);
    },
  },
  probabilities: {
    id: 'chat.probabilities',
    label: 'Show probabilities',
    scope: 'chat',
    group,
    keys: ['P'],
    run: () =>
      chatStore.setState(({ showProbabilities }) => ({ showProbabilities: !showProbabilities, openToken: null })),
  },
  chooseModel: {
    id: 'chat.model',
    label: 'Choose the language model',
    scope: 'chat',
    group,
    keys: ['M'],
    run: () => chatStore.setState({ modelMenuOpen: true, columnShown: true }),
  },
  stop: {
    id: 'chat.stop',
    label: 'Stop the answer',
    scope: 'chat',
    group,
    unavailable: () => (isAnsweredHere(chatStore.getState()) ? null : 'Nothing is being written here.'),
    run: () => {
      stopAnswer();
      focusComposer();
    },
  },
} satisfies Record<string, Action>;
