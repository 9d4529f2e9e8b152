import { useState } from 'react';
import Plus from 'lucide-react/icons/plus';
import type { TriggerWord } from '../../app/contracts/adapters.js';
import { Icon } from '../components/icon.js';
import { addTriggerWord } from '../generate/mixer.js';
import { say } from '../studio/notices.js';
import { count } from '../words/numbers.js';

const SHOWN = 8;

/** Words that wake the adapter, and who says so; a click puts one into the prompt. */
export function TriggerWords({ words }: { words: readonly TriggerWord[] }) {
  const [all, setAll] = useState(false);
  return (
    <div className="group">
      <h2>Trigger words</h2>
      {words.length === 0 ? <p className="note">None was found in the file or beside it.</p> : null}
      {(all ? words : words.slice(0, SHOWN)).map(({ text, source }) => (
        <div key={text} className="found">
          <button
            type="button"
            className="chip pressable"
            aria-label={`Add “${text}” to the prompt`}
            onClick={() => {
              addTriggerWord(text);
              say(`“${text}” is in the prompt`);
            }}
          >
            <span>{text}</span>
            <Icon of={Plus} size={12} />
          </button>
          <span className="dim">{source}</span>
        </div>
      ))}
      {!all && words.length > SHOWN ? (
        <button type="button" className="quiet small outlined show-all" onClick={() => setAll(true)}>
          Show all {count(words.length)}
        </button>
      ) : null}
    </div>
  );
}
