import { createCssVariablesTheme, createHighlighterCore, type HighlighterCore } from '@shikijs/core';
import { createJavaScriptRegexEngine } from '@shikijs/engine-javascript';

/** Code cut into pieces by what they are. Runs in a worker: grammars take their time, and some text takes them long. */

/** A piece of code and what it is: `keyword`, `string`, `comment`, …; null for nothing in particular. */
export type CodePiece = readonly [text: string, kind: string | null];

const grammars = {
  c: () => import('@shikijs/langs/c'),
  cpp: () => import('@shikijs/langs/cpp'),
  csharp: () => import('@shikijs/langs/csharp'),
  css: () => import('@shikijs/langs/css'),
  diff: () => import('@shikijs/langs/diff'),
  go: () => import('@shikijs/langs/go'),
  html: () => import('@shikijs/langs/html'),
  java: () => import('@shikijs/langs/java'),
  json: () => import('@shikijs/langs/json'),
  kotlin: () => import('@shikijs/langs/kotlin'),
  lua: () => import('@shikijs/langs/lua'),
  python: () => import('@shikijs/langs/python'),
  rust: () => import('@shikijs/langs/rust'),
  shellscript: () => import('@shikijs/langs/shellscript'),
  sql: () => import('@shikijs/langs/sql'),
  swift: () => import('@shikijs/langs/swift'),
  toml: () => import('@shikijs/langs/toml'),
  tsx: () => import('@shikijs/langs/tsx'),
  typescript: () => import('@shikijs/langs/typescript'),
  yaml: () => import('@shikijs/langs/yaml'),
};
export type Grammar = keyof typeof grammars;

/** What models write after the fence. */
const aliases: Readonly<Record<string, Grammar>> = {
  ...{ bash: 'shellscript', sh: 'shellscript', shell: 'shellscript', zsh: 'shellscript', console: 'shellscript' },
  ...{ 'c++': 'cpp', cc: 'cpp', h: 'c', hpp: 'cpp', cs: 'csharp', 'c#': 'csharp', patch: 'diff', golang: 'go' },
  ...{ htm: 'html', jsonc: 'json', json5: 'json', kt: 'kotlin', py: 'python', python3: 'python', rs: 'rust' },
  ...{ javascript: 'typescript', js: 'typescript', mjs: 'typescript', ts: 'typescript', jsx: 'tsx', yml: 'yaml' },
};

/** Null: this language has no grammar here. */
export function grammarOf(language: string): Grammar | null {
  const name = language.toLowerCase();
  if (isGrammar(name)) return name;
  return Object.hasOwn(aliases, name) ? (aliases[name] ?? null) : null;
}

const isGrammar = (name: string): name is Grammar => Object.hasOwn(grammars, name);

const theme = createCssVariablesTheme({ name: 'kinds', variablePrefix: '--kind-' });
const kindOf = (color: string | undefined): string | null =>
  /^var\(--kind-token-([a-z-]+)\)$/.exec(color ?? '')?.[1] ?? null;

let highlighter: Promise<HighlighterCore> | null = null;

/** A line beyond this has no pieces: what is so long was not written to be read. */
const LONGEST_LINE = 2000;

/** The pieces together are `text`, with line feeds at the ends of lines. */
export async function piecesOfCode(text: string, grammar: Grammar): Promise<CodePiece[]> {
  highlighter ??= createHighlighterCore({
    themes: [theme],
    langs: [],
    engine: createJavaScriptRegexEngine({ forgiving: true }),
  });
  const ready = await highlighter;
  if (!ready.getLoadedLanguages().includes(grammar)) {
    const { default: language } = await grammars[grammar]();
    await ready.loadLanguage(...language);
  }
  const lines = ready.codeToTokensBase(text, {
    ...{ lang: grammar, theme: 'kinds', tokenizeMaxLineLength: LONGEST_LINE },
    tokenizeTimeLimit: 0, // a busy machine is slow with a grammar's first lines, and who waits has a deadline
  });
  const pieces: [string, string | null][] = [];
  const add = (piece: string, kind: string | null): void => {
    const last = pieces.at(-1);
    // A space has no colour of its own.
    if (last && (last[1] === kind || piece.trim() === '')) last[0] += piece;
    else pieces.push([piece, kind]);
  };
  lines.forEach((line, at) => {
    if (at > 0) add('\n', null);
    for (const { content, color } of line) add(content, kindOf(color));
  });
  return pieces;
}
