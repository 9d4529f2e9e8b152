import { Fragment, memo, useLayoutEffect, useRef, type KeyboardEvent, type MouseEvent } from 'react';
import type { ChatToken } from '../../app/contracts/chat.js';
import { chatStore, useChat } from './chat-store.js';
import { leaveTokenFocus, takeTokenFocus } from './focus.js';
import { piecesOf, probabilityOf, probabilityWords, tintOf, tokenWords } from './token-looks.js';

/** Tokens in one group are drawn together: while they come, only the last group is drawn again. */
const GROUP = 64;

export const tokenId = (turn: string, at: number): string => `token-${turn}-${at}`;
export const tokensId = (turn: string): string => `tokens-${turn}`;

interface TokensViewProps {
  readonly turn: string;
  readonly tokens: readonly ChatToken[];
  /** What stands before them and has no tokens of its own known. */
  readonly before?: string;
  readonly caret?: boolean;
}

/** An answer as its tokens, tinted by their probabilities: one tab stop, arrows walk, Enter or a click opens the rivals. */
export function TokensView({ turn, tokens, before = '', caret = false }: TokensViewProps) {
  const open = useChat(({ openToken }) => (openToken?.turn === turn ? openToken.at : null));
  const list = useRef<HTMLDivElement>(null);
  /** The token that Enter opens: the first, or the rival that was just picked. */
  const here = useRef(0);
  useLayoutEffect(() => {
    const element = list.current;
    const wanted = takeTokenFocus(turn);
    if (wanted !== null) {
      here.current = wanted;
      element?.focus({ preventScroll: true });
    }
    // A finished answer is another list in the same place.
    return () => {
      if (element !== null && document.activeElement === element) leaveTokenFocus({ turn, at: here.current });
    };
  }, [turn]);
  const groups = Array.from({ length: Math.ceil(tokens.length / GROUP) }, (_, group) => group * GROUP);
  return (
    <div
      ref={list}
      id={tokensId(turn)}
      className={`tokens-text${caret ? ' writing' : ''}`}
      role="listbox"
      aria-label="Tokens of this answer with their probabilities"
      aria-activedescendant={open === null ? undefined : tokenId(turn, open)}
      tabIndex={0}
      onClick={(event: MouseEvent) => {
        const at = (event.target as Element).closest('[data-at]')?.getAttribute('data-at');
        if (at != null) chatStore.setState({ openToken: { turn, at: Number(at) } });
      }}
      onKeyDown={(event: KeyboardEvent) => {
        if (event.target !== event.currentTarget || event.altKey || event.ctrlKey || event.metaKey) return;
        if (!['Enter', ' ', 'ArrowRight', 'ArrowLeft', 'Home', 'End'].includes(event.key) || tokens.length === 0)
          return;
        event.preventDefault();
        const last = tokens.length - 1;
        const opens = event.key === 'Enter' || event.key === ' ';
        const first = opens ? Math.min(here.current, last) : 0;
        const at = event.key === 'End' || event.key === 'ArrowLeft' ? last : first;
        chatStore.setState({ openToken: { turn, at } });
      }}
    >
      {before === '' ? null : <span className="no-token">{before}</span>}
      {groups.map((from) => (
        <TokenGroup
          key={from}
          turn={turn}
          from={from}
          tokens={tokens.slice(from, from + GROUP)}
          open={open !== null && open >= from && open < from + GROUP ? open : null}
        />
      ))}
    </div>
  );
}

interface TokenGroupProps {
  readonly turn: string;
  readonly from: number;
  readonly tokens: readonly ChatToken[];
  readonly open: number | null;
}

/** The same tokens in another array are the same: a token that came never changes. */
const sameGroup = (a: TokenGroupProps, b: TokenGroupProps): boolean =>
  a.turn === b.turn &&
  a.from === b.from &&
  a.open === b.open &&
  a.tokens.length === b.tokens.length &&
  a.tokens.every((token, at) => token === b.tokens[at]);

const TokenGroup = memo(function TokenGroup({ turn, from, tokens, open }: TokenGroupProps) {
  return tokens.map((token, index) => {
    const at = from + index;
    const probability = probabilityOf(token);
    const space = /^ (?=\S)/.test(token.text);
    const pieces = piecesOf(space ? token.text.slice(1) : token.text);
    return (
      <span key={at}>
        {space ? ' ' : null}
        <span
          id={tokenId(turn, at)}
          role="option"
          aria-selected={open === at}
          aria-label={`${tokenWords(token.text)}, ${probabilityWords(probability)}`}
          data-at={at}
          className={`tok ${tintOf(probability)}${open === at ? ' open' : ''}`}
        >
          {pieces.map((piece, place) =>
            piece.sign ? (
              // oxlint-disable-next-line react/no-array-index-key -- pieces of one token never change
              <Fragment key={place}>
                <i>{piece.text}</i>
                {piece.breaks && place < pieces.length - 1 ? '\n' : null}
              </Fragment>
            ) : (
              piece.text
            ),
          )}
        </span>
        {/* A last break stands after the token, which so ends on its own line. */}
        {pieces.at(-1)?.breaks ? '\n' : null}
      </span>
    );
  });
}, sameGroup);
