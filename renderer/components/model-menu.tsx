import { Menu } from '@base-ui/react/menu';
import type { ReactNode } from 'react';
import Check from 'lucide-react/icons/check';
import ChevronDown from 'lucide-react/icons/chevron-down';
import type { Model } from '../../app/contracts/models.js';
import { Icon, type IconComponent } from './icon.js';

interface ModelMenuProps {
  readonly glyph: IconComponent;
  /** The model in use; null when there is none. */
  readonly model: Model | null;
  /** Its id; also of one that is not in the library any more. */
  readonly chosen: string;
  readonly models: readonly Model[];
  /** The second line of a model. */
  readonly lineOf: (model: Model) => string;
  /** The second line while there is none. */
  readonly invitation: string;
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly onChoose: (id: string) => void;
  /** Below the list: the doors for one's own. */
  readonly children: ReactNode;
}

/** The model in use, in two lines; the list of the library, and the doors for one's own. */
export function ModelMenu(props: ModelMenuProps) {
  const { glyph, model, chosen, models, lineOf, invitation, open, onOpenChange, onChoose, children } = props;
  return (
    <Menu.Root open={open} onOpenChange={onOpenChange} modal={false}>
      <Menu.Trigger className="model" aria-keyshortcuts="M">
        <span className="read-only">Model:</span>
        <span className="glyph">
          <Icon of={glyph} size={20} />
        </span>
        <span className="model-words">
          <b>{model?.name ?? 'No model'}</b>
          <small>{model ? lineOf(model) : invitation}</small>
        </span>
        <Icon of={ChevronDown} />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className="popup-place" sideOffset={4} align="start">
          <Menu.Popup className="menu models-menu" data-popup="">
            <Menu.RadioGroup value={chosen} onValueChange={(id: string) => onChoose(id)}>
              {models.map((entry) => (
                <Menu.RadioItem
                  key={entry.id}
                  value={entry.id}
                  className="menu-item two-line"
                  disabled={entry.missing}
                  closeOnClick
                  label={entry.name}
                >
                  <span className="model-words">
                    <b>{entry.name}</b>
                    <small>{entry.missing ? `Not found: ${entry.path}` : lineOf(entry)}</small>
                  </span>
                  <Menu.RadioItemIndicator className="menu-check">
                    <Icon of={Check} />
                  </Menu.RadioItemIndicator>
                </Menu.RadioItem>
              ))}
            </Menu.RadioGroup>
            {models.length > 0 ? <Menu.Separator className="menu-rule" /> : null}
            {children}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
