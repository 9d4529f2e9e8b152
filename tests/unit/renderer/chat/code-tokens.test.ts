import { describe, expect, test } from 'vitest';
import { grammarOf, piecesOfCode, type Grammar } from '../../../../renderer/chat/code-tokens.js';

const samples: Record<Grammar, string> = {
  c: 'int main(void) { return 0; } // end',
  cpp: 'auto x = std::vector<int>{1, 2}; // two',
  csharp: 'var x = new List<int>(); // none',
  css: 'a { color: red } /* red */',
  diff: '- old\n+ new',
  go: 'func main() { fmt.Println("hi") }',
  html: '<p class="a">Hi <b>there</b></p>',
  java: 'class A { int x = 1; }',
  json: '{ "a": [1, true] }',
  kotlin: 'fun main() { val x = 1 }',
  lua: 'local x = 1 -- one',
  python: 'def add(a, b):\n    # sum\n    return a + b\n',
  rust: 'fn main() { let x = 1; }',
  shellscript: 'for f in *.png; do echo "$f"; done # all',
  sql: "SELECT name FROM turns WHERE id = 'a' -- one",
  swift: 'let x = 1 // one',
  toml: 'a = "b" # c',
  tsx: 'const a = <p className="x">{1}</p>;',
  typescript: "const a: string = 'b'; // c",
  yaml: 'a: "b" # c',
};

describe('code in pieces', () => {
  test.each(Object.entries(samples) as [Grammar, string][])(
    '%s keeps every letter and has kinds',
    async (grammar, text) => {
      const pieces = await piecesOfCode(text, grammar);
      expect(pieces.map(([piece]) => piece).join('')).toBe(text);
      expect(pieces.filter(([, kind]) => kind !== null).length).toBeGreaterThan(0);
    },
  );

  test('tells keywords, strings and comments apart', async () => {
    const pieces = await piecesOfCode("const a = 'b'; // c", 'typescript');
    const kind = (text: string) => pieces.find(([piece]) => piece.includes(text))?.[1];
    expect([kind('const'), kind("'b'"), kind('// c')]).toEqual(['keyword', 'string-expression', 'comment']);
  });

  test('knows the names that follow a fence', () => {
    expect(['js', 'Python', 'sh', 'c++', 'prose', '', 'constructor'].map(grammarOf)).toEqual([
      ...['typescript', 'python', 'shellscript', 'cpp'],
      ...[null, null, null],
    ]);
  });
});
