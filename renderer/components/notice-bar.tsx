import type { ReactNode } from 'react';
import Info from 'lucide-react/icons/info';
import TriangleAlert from 'lucide-react/icons/triangle-alert';
import X from 'lucide-react/icons/x';
import { Icon } from './icon.js';

interface NoticeBarProps {
  readonly tone: 'info' | 'warn' | 'bad';
  readonly children: ReactNode;
  /** Buttons that say what they do. */
  readonly actions?: ReactNode;
  readonly onClose?: () => void;
}

/** What went wrong, in the place where it did, with the button that mends it. */
export function NoticeBar({ tone, children, actions, onClose }: NoticeBarProps) {
  return (
    <div className={`notice ${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      <Icon of={tone === 'info' ? Info : TriangleAlert} />
      <p>{children}</p>
      {actions}
      {onClose ? (
        <button type="button" className="icon-button" aria-label="Close this notice" onClick={onClose}>
          <Icon of={X} />
        </button>
      ) : null}
    </div>
  );
}
