import { useId } from 'react';
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
import { duration } from '../words/numbers.js';
import { whyNotGenerate } from './actions.js';
import { changeDraft, chooseModelFolder } from './drafting.js';
import { estimate } from './estimate.js';
import { NEGATIVE_ID, PROMPT_ID } from './focus.js';
import { generateStore, useGenerate } from './generate-store.js';
import { stop, submit } from './generating.js';
import { RemedyButton } from './job-notice.js';
import { COUNT } from './ranges.js';

/** Where one writes and sets off: prompt, what to leave out, and the shutter. */
export function Dock() {
  const prompt = useGenerate(({ draft }) => draft.prompt);
  const negative = useGenerate(({ draft }) => draft.negative);
  const hasModel = useGenerate(({ draft }) => draft.model !== '');
  const problem = useGenerate((state) => state.problem);
  const negativeLabel = useId();
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
            actions={<RemedyButton kind={problem.kind} again={{ label: 'Try again', run: () => submit() }} />}
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
        <textarea
          id={PROMPT_ID}
          className="prompt"
          data-scope="prompt"
          data-first-focus=""
          aria-label="Prompt"
          placeholder="Describe a picture"
          rows={2}
          autoFocus
          spellCheck={false}
          autoComplete="off"
          value={prompt}
          onChange={(event) => changeDraft({ prompt: event.currentTarget.value })}
        />
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
            onChange={(event) => changeDraft({ negative: event.currentTarget.value })}
          />
          <Tokens />
        </div>
      </div>
      <Shutter />
    </form>
  );
}

function Tokens() {
  const prompt = useGenerate((state) => state.promptTokens);
  const negative = useGenerate((state) => state.negativeTokens);
  if (!prompt) return null;
  const over = over75(prompt) ? prompt : negative && over75(negative) ? negative : null;
  return (
    <span className={`tokens num${over ? ' warn' : ''}`} role="status" aria-live="off">
      {over
        ? `${over.tokens} of ${over.limit} tokens${over === prompt ? '' : ' left out'}; the last ${over.tokens - over.limit} are not read`
        : `${prompt.tokens} of ${prompt.limit} tokens`}
    </span>
  );
}

const over75 = ({ tokens, limit }: TokenCount): boolean => tokens > limit;

function Shutter() {
  const busy = useStudio(({ queue }) => queue.jobs.some(({ state }) => state === 'running' || state === 'waiting'));
  const running = useStudio(({ queue }) => queue.jobs.some(({ state }) => state === 'running'));
  const why = useGenerate(() => whyNotGenerate());
  const quiet = useGenerate(({ selection }) => selection.kind === 'job');
  const failed = useStudio(({ queue }) => quiet && queue.jobs.some(({ state }) => state === 'failed'));
  const refused = useGenerate(({ problem }) => problem !== null && remedyFor(problem.kind) !== 'none');
  return (
    <div className={`shutter${busy ? ' busy' : ''}`}>
      {busy ? (
        <>
          <button type="button" className="stopper big" disabled={!running} onClick={stop}>
            <Icon of={Square} />
            Stop<kbd>Esc</kbd>
          </button>
          <button type="submit" className="quiet outlined" disabled={why !== null}>
            Add to queue
            <EnterKey />
          </button>
        </>
      ) : (
        <button
          type="submit"
          className={`${failed || refused ? 'stopper' : 'primary'} big`}
          disabled={why !== null}
          title={why ?? undefined}
        >
          Generate
          <EnterKey />
        </button>
      )}
      <div className="count">
        <CountStepper />
        <Estimate />
      </div>
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
      about {duration(seconds)}
    </span>
  );
}
