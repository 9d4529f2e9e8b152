import type { Conversation, Turn } from '../contracts/conversations.js';

/** The way through a conversation that is shown, as a document to read. Other branches are in the JSON form alone. */
export function conversationMarkdown({ title, settings, shown, turns }: Conversation): string {
  const system = settings.system.trim();
  const parts = [
    `# ${title}`,
    ...(system === '' ? [] : [quoted(`System prompt: ${system}`)]),
    ...wayTo(shown, turns).flatMap(({ role, text, answer }) => [
      `## ${role === 'user' ? 'You' : (answer?.model.name ?? 'Answer')}`,
      ...(text.trim() === '' ? [] : [text.trim()]),
      ...(answer === null ? [] : ended(answer.state)),
      ...(answer?.edited ? ['*A person edited this answer.*'] : []),
    ]),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** From the first turn to the last of the way. */
function wayTo(last: string | null, turns: readonly Turn[]): Turn[] {
  const byId = new Map(turns.map((turn) => [turn.id, turn]));
  const way: Turn[] = [];
  for (let turn = byId.get(last ?? ''); turn !== undefined; turn = byId.get(turn.parent ?? '')) way.unshift(turn);
  return way;
}

const quoted = (text: string): string => text.replace(/^/gm, '> ');

function ended(state: NonNullable<Turn['answer']>['state']): string[] {
  switch (state) {
    case 'stop':
    case 'edited':
      return [];
    case 'length':
      return ['*The answer reached its limit here.*'];
    case 'cancelled':
      return ['*The answer was stopped here.*'];
    case 'running':
    case 'lost':
    case 'failed':
      return ['*The answer was cut off here.*'];
  }
}
