import { Fragment, useEffect, useRef, type ReactNode } from 'react';
import X from 'lucide-react/icons/x';
import TriangleAlert from 'lucide-react/icons/triangle-alert';
import { Icon } from '../components/icon.js';
import { count } from '../words/numbers.js';
import { closeKind, closeToast, foldToasts, kindOf, msOf, useNotices, type Toast } from '../studio/notices.js';

/**
 * At the top of what a panel shows, over neither its column nor its buttons. They wait while the pointer or the focus is
 * on them; one that comes under a pointer at rest does not.
 */
export function Toasts() {
  const toasts = useNotices((state) => state.toasts);
  const polite = useNotices((state) => state.polite);
  return (
    <>
      <div className="toasts" role="region" aria-label="Notices" aria-live="polite" aria-relevant="additions">
        {foldToasts(toasts).map(({ toast, hidden, folded }) => (
          <Fragment key={toast.id}>
            <ToastCard toast={toast} hidden={hidden} />
            {folded > 0 ? (
              <p className="toast more-toasts">
                <span>And {count(folded)} more like this</span>
                <button type="button" className="quiet small strong" onClick={() => closeKind(kindOf(toast))}>
                  Close all
                </button>
              </p>
            ) : null}
          </Fragment>
        ))}
      </div>
      <div className="read-only" role="status" aria-live="polite">
        {polite}
      </div>
    </>
  );
}

/** Long names of files part at their separators rather than within a word. */
const breakable = (text: string): ReactNode =>
  text.split(/(?<=[\p{L}\p{N}][/\\_-])(?=[\p{L}\p{N}])|(?<=[\p{L}\p{N}])(?=\.\p{L})/u).map((part, index) => (
    <Fragment key={index}>
      {index > 0 ? <wbr /> : null}
      {part}
    </Fragment>
  ));

function ToastCard({ toast, hidden }: { toast: Toast; hidden: boolean }) {
  const waits = useRef(false);
  useEffect(() => {
    if (toast.stays) return undefined;
    let left = msOf(toast);
    const timer = setInterval(() => {
      if (!waits.current) left -= 250;
      if (left <= 0) closeToast(toast.id);
    }, 250);
    return () => clearInterval(timer);
  }, [toast]);
  const hold = (on: boolean) => (): void => {
    waits.current = on;
  };
  return (
    <div
      className={`toast ${toast.tone}`}
      hidden={hidden}
      role={toast.tone === 'bad' ? 'alert' : undefined}
      onPointerMove={hold(true)}
      onPointerLeave={hold(false)}
      onFocus={hold(true)}
      onBlur={hold(false)}
    >
      {toast.tone === 'info' ? null : <Icon of={TriangleAlert} />}
      <p>{breakable(toast.text)}</p>
      {toast.action ? (
        <button
          type="button"
          className="quiet small strong"
          onClick={() => {
            closeToast(toast.id);
            toast.action?.run();
          }}
        >
          {toast.action.label}
        </button>
      ) : null}
      <button type="button" className="icon-button" aria-label="Close this notice" onClick={() => closeToast(toast.id)}>
        <Icon of={X} />
      </button>
    </div>
  );
}
