import { useEffect, useState } from 'react';
import Copy from 'lucide-react/icons/copy';
import { Icon } from '../components/icon.js';
import { askPieces, knownPieces, type CodeAnswer } from './code-colours.js';
import { copyText } from './conversing.js';

interface CodeBlockProps {
  readonly text: string;
  readonly language: string;
  /** No more of it comes: it gets its colours. */
  readonly whole: boolean;
}

/** Code as it was written, with what copies it. */
export function CodeBlock({ text, language, whole }: CodeBlockProps) {
  const pieces = usePieces(text, language, whole);
  return (
    <figure className="code-block">
      <figcaption>
        <span>{language === '' ? 'Code' : language}</span>
        <button type="button" className="quiet small" aria-label="Copy this code" onClick={() => copyText(text)}>
          <Icon of={Copy} size={14} />
          Copy
        </button>
      </figcaption>
      <pre tabIndex={0}>
        <code>
          {pieces === null
            ? text
            : pieces.map(([piece, kind], at) =>
                kind === null ? (
                  piece
                ) : (
                  // oxlint-disable-next-line react/no-array-index-key -- the pieces of a text never change
                  <span key={at} className={`code-${kind}`}>
                    {piece}
                  </span>
                ),
              )}
        </code>
      </pre>
    </figure>
  );
}

type Coloured = { readonly text: string; readonly pieces: CodeAnswer['pieces'] } | null;

function usePieces(text: string, language: string, whole: boolean): CodeAnswer['pieces'] {
  const [coloured, setColoured] = useState<Coloured>(null);
  const known = whole ? knownPieces(text, language) : null;
  useEffect(() => {
    if (!whole || known !== undefined) return undefined;
    let here = true;
    void askPieces(text, language).then((pieces) => here && setColoured({ text, pieces }));
    return () => void (here = false);
  }, [text, language, whole, known]);
  return known ?? (whole && coloured?.text === text ? coloured.pieces : null);
}
