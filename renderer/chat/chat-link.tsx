import { Popover } from '@base-ui/react/popover';
import { useState, type ReactNode } from 'react';
import { ask } from '../bridge.js';
import { reportProblem } from '../studio/notices.js';
import { copyText } from './conversing.js';

const WEB = /^https?:\/\//i;

/** A link of an answer: the first click shows its whole address, the second opens it in the system's browser. */
export function ChatLink({ href, children }: { href: string | undefined; children: ReactNode }) {
  const [open, setOpen] = useState(false);
  if (href === undefined || !WEB.test(href)) return <span title={href}>{children}</span>;
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger className="answer-link">{children}</Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner className="popup-place" sideOffset={6} align="start" collisionPadding={12}>
          <Popover.Popup className="link-popup float" aria-label="Where this link leads" data-popup="">
            <p className="path">{href}</p>
            <div className="row">
              <button
                type="button"
                className="primary"
                onClick={() => {
                  setOpen(false);
                  ask('studio.open-link', { url: href }).catch(reportProblem);
                }}
              >
                Open in the browser
              </button>
              <button
                type="button"
                className="quiet outlined"
                onClick={() => {
                  setOpen(false);
                  copyText(href);
                }}
              >
                Copy the address
              </button>
            </div>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
