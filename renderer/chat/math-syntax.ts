import type { Literal } from 'mdast';
import type { CompileContext, Extension as FromMarkdown } from 'mdast-util-from-markdown';
import type { Code, Construct, Extension, State, Token, TokenizeContext } from 'micromark-util-types';

/**
 * Formulas within markdown, spelled as models spell them: `$…$`, `\(…\)`, and on a line of their own `$$…$$`, `\[…\]`.
 * What stands in them is no markdown. A dollar sign is money unless it and the next one stand as pandoc's
 * tex_math_dollars has it: no space right inside the two signs, no letter or digit right outside.
 *
 * A formula comes out as `<span class="math">` or `<span class="math display">` with its source as text.
 */
function addMath(this: { data(): object }): void {
  const data: { micromarkExtensions?: Extension[]; fromMarkdownExtensions?: FromMarkdown[] } = this.data();
  (data.micromarkExtensions ??= []).push(mathSyntax);
  (data.fromMarkdownExtensions ??= []).push(mathTree);
}

export const remarkMath = addMath;

const DOLLAR = 36;
const BACKSLASH = 92;
const ROUND = { open: 40, close: 41 };
const SQUARE = { open: 91, close: 93 };

const isSpace = (code: Code): boolean => code === null || code < 0 || code === 32;
const isLineEnd = (code: Code): boolean => code !== null && code < -2;
const isWord = (code: Code): boolean => code !== null && code > 0 && /[\p{L}\p{N}]/u.test(String.fromCharCode(code));

/** Texts in which no end of such a formula comes any more: each is searched to its end once. */
const endless = new WeakMap<TokenizeContext, Set<string>>();

function tokenizeMath(
  this: TokenizeContext,
  effects: Parameters<Construct['tokenize']>[0],
  ok: State,
  nok: State,
): State {
  const none = endless.get(this) ?? new Set<string>();
  endless.set(this, none);
  /** The character that closes, after a backslash; null for dollar signs. */
  let close: number | null = null;
  let dollars = 0;
  let last: Code = null;
  let ending: Token;
  const opening = (): string => (close === null ? '$'.repeat(dollars) : String.fromCharCode(close));

  return (code) => {
    effects.enter('mathText');
    effects.enter('mathTextSequence');
    effects.consume(code);
    if (code === BACKSLASH) return bracket;
    dollars = 1;
    return secondDollar;
  };

  function bracket(code: Code): State | undefined {
    if (code !== ROUND.open && code !== SQUARE.open) return nok(code);
    close = code === ROUND.open ? ROUND.close : SQUARE.close;
    effects.consume(code);
    return first;
  }

  function secondDollar(code: Code): State | undefined {
    if (code === DOLLAR && dollars < 2) {
      effects.consume(code);
      dollars = 2;
      return secondDollar;
    }
    return code === DOLLAR || (dollars === 1 && isSpace(code)) ? nok(code) : first(code);
  }

  function first(code: Code): State | undefined {
    if (none.has(opening())) return nok(code);
    effects.exit('mathTextSequence');
    return between(code);
  }

  function between(code: Code): State | undefined {
    if (code === null) {
      none.add(opening());
      return nok(code);
    }
    if (isLineEnd(code)) {
      effects.enter('lineEnding');
      effects.consume(code);
      effects.exit('lineEnding');
      last = code;
      return between;
    }
    if (code === BACKSLASH || (close === null && code === DOLLAR)) {
      ending = effects.enter('mathTextSequence');
      effects.consume(code);
      return code === BACKSLASH ? afterBackslash : dollars === 2 ? closingDollar : closed;
    }
    effects.enter('mathTextData');
    return inside(code);
  }

  function inside(code: Code): State | undefined {
    if (code === null || isLineEnd(code) || code === BACKSLASH || (close === null && code === DOLLAR)) {
      effects.exit('mathTextData');
      return between(code);
    }
    effects.consume(code);
    last = code;
    return inside;
  }

  /** Either the end, or a command of the formula: `\\` and `\$` are two characters of it. */
  function afterBackslash(code: Code): State | undefined {
    if (close !== null && code === close) {
      effects.consume(code);
      return closed;
    }
    ending.type = 'mathTextData';
    if (code !== null && !isLineEnd(code)) effects.consume(code);
    last = BACKSLASH;
    return code === null || isLineEnd(code) ? goOn(code) : goOn;
  }

  function closingDollar(code: Code): State | undefined {
    if (code === DOLLAR) {
      effects.consume(code);
      return closed;
    }
    ending.type = 'mathTextData';
    last = DOLLAR;
    return goOn(code);
  }

  /** One that begins a price shows that the one before it did. */
  function closed(code: Code): State | undefined {
    if (close === null && dollars === 1 && (isSpace(last) || isWord(code) || code === DOLLAR)) return nok(code);
    effects.exit('mathTextSequence');
    effects.exit('mathText');
    return ok(code);
  }

  function goOn(code: Code): State | undefined {
    effects.exit('mathTextData');
    return between(code);
  }
}

const mathText: Construct = {
  name: 'mathText',
  tokenize: tokenizeMath,
  /** A dollar sign after a letter, a digit or another one belongs to that. */
  previous(this: TokenizeContext, code) {
    return code !== DOLLAR && !isWord(code);
  },
};

const mathSyntax: Extension = { text: { [DOLLAR]: mathText, [BACKSLASH]: { ...mathText, previous: () => true } } };

interface InlineMath extends Literal {
  type: 'inlineMath';
  data: {
    hName: 'span';
    hProperties: { className: string[] };
    hChildren: { type: 'text'; value: string }[];
  };
}

declare module 'mdast' {
  interface PhrasingContentMap {
    inlineMath: InlineMath;
  }
  interface RootContentMap {
    inlineMath: InlineMath;
  }
}

declare module 'micromark-util-types' {
  interface TokenTypeMap {
    mathText: 'mathText';
    mathTextSequence: 'mathTextSequence';
    mathTextData: 'mathTextData';
  }
}

const mathTree: FromMarkdown = {
  canContainEols: ['inlineMath'],
  enter: {
    mathText(this: CompileContext, token: Token) {
      const begins = this.sliceSerialize(token).slice(0, 2);
      const display = begins === '$$' || begins === '\\[';
      const className = ['math', ...(display ? ['display'] : [])];
      const data = { hName: 'span', hProperties: { className }, hChildren: [] } as const;
      this.enter({ type: 'inlineMath', value: '', data: { ...data, hChildren: [] } }, token);
      this.buffer();
    },
  },
  exit: {
    mathText(this: CompileContext, token: Token) {
      const value = this.resume();
      const node = this.stack.at(-1);
      if (node?.type === 'inlineMath') {
        node.value = value;
        node.data.hChildren = [{ type: 'text', value }];
      }
      this.exit(token);
    },
    mathTextData(this: CompileContext, token: Token) {
      this.config.enter['data']?.call(this, token);
      this.config.exit['data']?.call(this, token);
    },
  },
};
