import { createContext, memo, use, useMemo, type ReactNode } from 'react';
import Markdown, { type Components } from 'react-markdown';
import remarkGfm from 'remark-gfm';
import ImageOff from 'lucide-react/icons/image-off';
import { Icon } from '../components/icon.js';
import { CodeBlock } from './code-block.js';
import { ChatLink } from './chat-link.js';
import { Formula, FormulaSource } from './formula.js';
import { blocksOf, type Block } from './markdown-blocks.js';
import { remarkMath } from './math-syntax.js';

/** An answer as its blocks: a block that has not changed is not drawn again. `caret` marks where it is written. */
export const AnswerText = memo(function AnswerText({ text, caret = false }: { text: string; caret?: boolean }) {
  const blocks = useMemo(() => blocksOf(text), [text]);
  return (
    <div className={`answer-text${caret ? ' writing' : ''}`}>
      {blocks.map((block, at) => (
        // oxlint-disable-next-line react/no-array-index-key -- blocks only come at the end, so a place names one
        <BlockView
          key={at}
          kind={block.kind}
          text={block.text}
          language={block.kind === 'code' ? block.language : ''}
          whole={block.kind === 'markdown' ? !(caret && at === blocks.length - 1) : block.closed}
        />
      ))}
    </div>
  );
});

interface BlockViewProps {
  readonly kind: Block['kind'];
  readonly text: string;
  readonly language: string;
  /** No more of it comes. */
  readonly whole: boolean;
}

/** Whether the block that is drawn is whole. */
const Whole = createContext(true);

const BlockView = memo(function BlockView({ kind, text, language, whole }: BlockViewProps) {
  if (kind === 'code') return <CodeBlock text={text} language={language} whole={whole} />;
  if (kind === 'math') return <p>{whole ? <Formula tex={text} display /> : <FormulaSource tex={text} />}</p>;
  return (
    <Whole value={whole}>
      <Markdown remarkPlugins={plugins} components={components}>
        {text}
      </Markdown>
    </Whole>
  );
});

const plugins = [remarkGfm, remarkMath];

/** HTML in an answer is shown as the text it is; pictures are not loaded, links say where they lead before they do. */
const components: Components = {
  a: ({ href, children }) => <ChatLink href={href}>{children}</ChatLink>,
  img: ({ alt, src }) => <ImageStandIn alt={alt ?? ''} address={typeof src === 'string' ? src : ''} />,
  pre: ({ children }) => <PreBlock>{children}</PreBlock>,
  span: ({ className, children }) => <MathSpan classes={className ?? ''}>{children}</MathSpan>,
  table: ({ children }) => (
    <div className="answer-table" tabIndex={0} role="group" aria-label="Table">
      <table>{children}</table>
    </div>
  ),
  input: ({ checked }) => (
    <input type="checkbox" disabled checked={checked ?? false} aria-label={checked ? 'Done' : 'Not done'} />
  ),
  // A line break of the model's is one: with the text's own newline it would be two.
  br: () => null,
};

/** Code in a list or a quotation comes this way. */
function PreBlock({ children }: { children?: ReactNode }) {
  const whole = use(Whole);
  const code = codeOf(children);
  return code ? <CodeBlock {...code} whole={whole} /> : <pre>{children}</pre>;
}

/** Nothing else of an answer becomes a span. */
function MathSpan({ classes, children }: { classes: string; children?: ReactNode }) {
  const names = classes.split(' ');
  if (!names.includes('math') || typeof children !== 'string') return <span>{children}</span>;
  return <Formula tex={children} display={names.includes('display')} />;
}

function codeOf(children: ReactNode): { text: string; language: string } | null {
  const only: unknown = Array.isArray(children) ? children[0] : children;
  if (typeof only !== 'object' || only === null || !('props' in only)) return null;
  const props = only.props as { children?: unknown; className?: unknown };
  if (typeof props.children !== 'string') return null;
  const language = /language-(\S+)/.exec(typeof props.className === 'string' ? props.className : '')?.[1] ?? '';
  return { text: props.children.replace(/\n$/, ''), language };
}

function ImageStandIn({ alt, address }: { alt: string; address: string }) {
  return (
    <span className="not-loaded" title={address}>
      <Icon of={ImageOff} size={14} />
      {alt === '' ? 'A picture from elsewhere' : alt} <span className="dim">not loaded</span>
    </span>
  );
}
