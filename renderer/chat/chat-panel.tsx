import { SideColumn } from '../components/side-column.js';
import { ChatColumn } from './chat-column.js';
import { useChat } from './chat-store.js';
import { Composer } from './composer.js';
import { Rivals } from './rivals.js';
import { Talks } from './talks.js';
import { Thread } from './thread.js';

/** Conversations, the thread with the composer, and how it answers. */
export function ChatPanel() {
  const columnShown = useChat((state) => state.columnShown);
  return (
    <SideColumn name="chat" side={columnShown ? <ChatColumn /> : null}>
      <SideColumn name="talks" at="start" side={<Talks />}>
        <div className="chat-work" data-region="main" tabIndex={-1}>
          <Thread />
          <Composer />
          <Rivals />
        </div>
      </SideColumn>
    </SideColumn>
  );
}
