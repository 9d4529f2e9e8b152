import { Popover } from '@base-ui/react/popover';
import { useRef, type KeyboardEvent } from 'react';
import { count } from '../words/numbers.js';
import { chatStore, useChat, type TokenPlace } from './chat-store.js';
import { takeRival, tokensOf, whyNotAnswer } from './conversing.js';
import { useLive } from './live-answer.js';
import { probabilityFigure, probabilityWords, rivalRows, tokenWords } from './token-looks.js';
import { tokenId, tokensId } from './tokens-view.js';

/** What else a token could have been; clicking one goes on from it as a new branch. */
export function Rivals() {
  const place = useChat((state) => state.openToken);
  // Both may bring the token that is open, or end the answer that stands in the way.
  useLive((live) => (live?.turn === place?.turn ? live : null));
  useChat((state) => state.details);
  useChat((state) => state.running);
  const own = useRef<HTMLButtonElement>(null);
  const token = place ? tokensOf(place.turn)[place.at] : undefined;
  const close = (): void => chatStore.setState({ openToken: null });
  const why = whyNotAnswer();
  return (
    <Popover.Root open={token !== undefined} onOpenChange={(open) => (open ? undefined : close())}>
      <Popover.Portal>
        <Popover.Positioner
          className="popup-place"
          anchor={() => (place ? document.getElementById(tokenId(place.turn, place.at)) : null)}
          side="bottom"
          sideOffset={6}
          collisionPadding={12}
        >
          <Popover.Popup
            className="rivals float"
            aria-label={token ? `Rivals of ${tokenWords(token.text)}` : 'Rivals'}
            data-popup=""
            initialFocus={own}
            finalFocus={() => (place ? document.getElementById(tokensId(place.turn)) : null)}
            onKeyDown={(event) => walk(event, place)}
          >
            {token && place ? (
              <>
                <p className="rivals-head">
                  <b className="num">Token {count(place.at + 1)}</b>
                  <span className="dim">
                    {why === null ? 'Click a rival to go on from it' : 'Wait, or stop the answer'}
                  </span>
                </p>
                {rivalRows(token).map((row, line) => (
                  <button
                    // oxlint-disable-next-line react/no-array-index-key -- a row that goes would take the focus with it
                    key={line}
                    ref={row.own ? own : undefined}
                    type="button"
                    className={row.own ? 'on' : ''}
                    aria-current={row.own || undefined}
                    aria-disabled={row.own || why !== null || undefined}
                    aria-label={`${tokenWords(row.text)}, probability ${probabilityWords(row.probability)}${row.own ? ', chosen' : ''}`}
                    title={row.own ? undefined : (why ?? undefined)}
                    onClick={() => {
                      if (row.own || why !== null) return;
                      takeRival(place, {
                        id: row.id,
                        text: row.text,
                        logprob: token.top.find(({ id }) => id === row.id)?.logprob ?? null,
                      });
                    }}
                  >
                    <span className="rival-text">{tokenWords(row.text)}</span>
                    <i style={{ width: `calc(${(row.probability ?? 0) * 100}% + 1px)` }} />
                    <span className="num">{probabilityFigure(row.probability)}</span>
                  </button>
                ))}
                {token.top.length === 0 ? <p className="note">Its rivals were not kept.</p> : null}
              </>
            ) : null}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

/** Left and right go to the next token, up and down to the next rival. */
function walk(event: KeyboardEvent<HTMLElement>, place: TokenPlace | null): void {
  if (!place || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
    event.preventDefault();
    const at = place.at + (event.key === 'ArrowRight' ? 1 : -1);
    if (!tokensOf(place.turn)[at]) return;
    chatStore.setState({ openToken: { turn: place.turn, at } });
    // Its rows are other buttons, which are there in a moment.
    const popup = event.currentTarget;
    requestAnimationFrame(() => popup.querySelector<HTMLElement>('[aria-current]')?.focus());
    return;
  }
  if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
  event.preventDefault();
  const buttons = [...event.currentTarget.querySelectorAll('button')];
  const from = buttons.findIndex((button) => button === document.activeElement);
  buttons[(from + (event.key === 'ArrowDown' ? 1 : -1) + buttons.length) % buttons.length]?.focus();
}
