import Copy from 'lucide-react/icons/copy';
import { Icon } from '../components/icon.js';
import { copyText } from './conversing.js';

/** Code as it was written, with what copies it. */
export function CodeBlock({ text, language }: { text: string; language: string }) {
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
        <code>{text}</code>
      </pre>
    </figure>
  );
}
