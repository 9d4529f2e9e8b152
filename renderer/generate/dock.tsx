import { useEffect, useId, useLayoutEffect, useRef, useState, type MouseEvent } from 'react';
import CornerDownLeft from 'lucide-react/icons/corner-down-left';
import Minus from 'lucide-react/icons/minus';
import Plus from 'lucide-react/icons/plus';
import Square from 'lucide-react/icons/square';
import type { TokenCount } from '../../app/contracts/generation.js';
import { Icon } from '../components/icon.js';
import { NoticeBar } from '../components/notice-bar.js';
import { nudge, readNumber } from '../components/slider-arithmetic.js';
import { useStudio } from '../studio/studio-store.js';
import { remedyFor } from '../words/errors.js';
import { guess } from '../words/numbers.js';
import { whyNotGenerate } from './actions.js';
import { changeDraft, chooseModelFolder } from './drafting.js';
import { estimate } from './estimate.js';
import { focusPromptEnd, NEGATIVE_ID } from './focus.js';
import { generateStore, useGenerate } from './generate-store.js';
import { stop, submit } from './generating.js';
import { RemedyButton } from './job-notice.js';
import { PromptField } from './prompt-field.js';
import { COUNT } from './ranges.js';

/** Where one writes and sets off: prompt, what to leave out, and the shutter. */
export function Dock() {
  const negative = useGenerate(({ draft }) => draft.negative);
  const hasModel = useGenerate(({ draft }) => draft.model !== '');
  const problem = useGenerate((state) => state.problem);
  const negativeLabel = useId();
  const [field, setField] = useState<Field>('prompt');
  useEffect(focusPromptEnd, []);
  return (
    <form
      className="dock"
      aria-label="Prompt"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {problem ? (
        <div className="dock-notice">
          <NoticeBar
            tone="bad"
            actions={<RemedyButton error={problem} of={null} again={{ label: 'Try again', run: () => submit() }} />}
            onClose={() => generateStore.setState({ problem: null })}
          >
            {problem.message}
          </NoticeBar>
        </div>
      ) : null}
      {hasModel ? null : (
        <div className="dock-notice">
          <NoticeBar
            tone="info"
            actions={
              <button type="button" className="primary" onClick={chooseModelFolder}>
                Add a model folder…
              </button>
            }
          >
            There is no model in the library yet. A folder in the Stable Diffusion layout is used where it lies.
          </NoticeBar>
        </div>
      )}
      <div className="paper">
        <PromptField onFocus={() => setField('prompt')} />
        <div className="negative">
          <label id={negativeLabel} htmlFor={NEGATIVE_ID}>
            Without
          </label>
          <textarea
            id={NEGATIVE_ID}
            data-scope="prompt"
            aria-label="Negative prompt"
            placeholder="Things to leave out"
            rows={1}
            spellCheck={false}
            autoComplete="off"
            value={negative}
            onFocus={() => setField('negative')}
            onChange={(event) => changeDraft({ negative: event.currentTarget.value })}
          />
          <Tokens field={field} />
        </div>
      </div>
      <Shutter />
    </form>
  );
}

type Field = 'prompt' | 'negative';

/** Of the field that has the focus, or had it last. */
function Tokens({ field }: { field: Field }) {
  const prompt = useGenerate((state) => state.promptTokens);
  const negative = useGenerate((state) => state.negativeTokens);
  const [own, other] = field === 'prompt' ? [prompt, negative] : [negative, prompt];
  if (!own) return null;
  const over = overBy(own);
  const otherOver = other ? overBy(other) : 0;
  return (
    <span className={`tokens num${over > 0 || otherOver > 0 ? ' warn' : ''}`} role="status" aria-live="off">
      {own.tokens} of {own.limit} tokens
      {over > 0 ? `; the last ${over} are not read` : ''}
      {otherOver > 0 ? `; ${field === 'prompt' ? 'without' : 'prompt'} is over by ${otherOver}` : ''}
    </span>
  );
}

const overBy = ({ tokens, limit }: TokenCount): number => Math.max(0, tokens - limit);

/** Generate and Stop share one place: for this long after one was pressed or they changed, a click is the second half of a double click. */
const SECOND_CLICK_MS = 600;

/** Every part keeps its place, whether something runs or not: nothing moves under the pointer. */
function Shutter() {
  const busy = useStudio(({ queue }) => queue.jobs.some(({ state }) => state === 'running' || state === 'waiting'));
  const running = useStudio(({ queue }) => queue.jobs.some(({ state }) => state === 'running'));
  const why = useGenerate(() => whyNotGenerate());
  const quiet = useGenerate(({ selection }) => selection.kind === 'job');
  const failed = useStudio(({ queue }) => quiet && queue.jobs.some(({ state }) => state === 'failed'));
  const refused = useGenerate(({ problem }) => problem !== null && remedyFor(problem.kind) !== 'none');
  const pressed = useRef({ busy, at: -Infinity });
  useLayoutEffect(() => {
    if (pressed.current.busy !== busy) pressed.current = { busy, at: performance.now() };
  }, [busy]);
  /** Keys press a button without a pointer, and are always meant. */
  const isSecondClick = (event: MouseEvent): boolean => {
    const second = event.detail > 0 && performance.now() - pressed.current.at < SECOND_CLICK_MS;
    if (!second) pressed.current.at = performance.now();
    return second;
  };
  return (
    <div className="shutter">
      {busy ? (
        <button
          key="stop"
          type="button"
          className="stopper big"
          disabled={!running}
          onClick={(event) => {
            if (!isSecondClick(event)) stop();
          }}
        >
          <Icon of={Square} />
          Stop<kbd>Esc</kbd>
        </button>
      ) : (
        <button
          key="generate"
          type="submit"
          className={`${failed || refused ? 'stopper' : 'primary'} big`}
          disabled={why !== null}
          title={why ?? undefined}
          onClick={(event) => {
            if (isSecondClick(event)) event.preventDefault();
          }}
        >
          Generate
          <EnterKey />
        </button>
      )}
      <div className="shutter-second">
        {busy ? (
          <button type="submit" className="quiet outlined" disabled={why !== null}>
            Add to queue
            <EnterKey />
          </button>
        ) : (
          <Estimate />
        )}
      </div>
      <CountStepper />
    </div>
  );
}

/** The sign on the key: bundled fonts have no letter for it. */
const EnterKey = () => (
  <kbd>
    <Icon of={CornerDownLeft} size={14} />
  </kbd>
);

function CountStepper() {
  const count = useGenerate(({ draft }) => draft.count);
  const set = (value: number): void => changeDraft({ count: value });
  return (
    <div className="count">
      <span className="stepper" role="group" aria-label="Pictures">
        <button
          type="button"
          aria-label="Fewer pictures"
          disabled={count <= COUNT.hardMin}
          onClick={(event) => set(nudge(count, -1, COUNT, event))}
        >
          <Icon of={Minus} size={14} />
        </button>
        <input
          type="text"
          inputMode="numeric"
          className="num"
          role="spinbutton"
          aria-label="Number of pictures"
          aria-valuenow={count}
          aria-valuemin={COUNT.hardMin}
          aria-valuemax={COUNT.hardMax}
          value={count}
          onFocus={(event) => event.currentTarget.select()}
          onChange={(event) => {
            const number = readNumber(event.currentTarget.value, COUNT);
            if (number !== null) set(number);
          }}
          onKeyDown={(event) => {
            if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
            event.preventDefault();
            set(nudge(count, event.key === 'ArrowUp' ? 1 : -1, COUNT, event));
          }}
        />
        <button
          type="button"
          aria-label="More pictures"
          disabled={count >= COUNT.hardMax}
          onClick={(event) => set(nudge(count, 1, COUNT, event))}
        >
          <Icon of={Plus} size={14} />
        </button>
      </span>
      <span className="dim" aria-hidden="true">
        {count === 1 ? 'picture' : 'pictures'}
      </span>
    </div>
  );
}

/** A guess, so it says "about"; nothing at all until this machine was measured with this model. */
function Estimate() {
  const seconds = useGenerate(({ draft, paces }) => {
    const pace = paces[draft.model];
    return pace ? Math.ceil(estimate(draft, draft.count, pace)) : null;
  });
  return seconds === null ? null : (
    <span className="num dim" title="From the last picture of this model on this machine">
      about {guess(seconds)}
    </span>
  );
}
