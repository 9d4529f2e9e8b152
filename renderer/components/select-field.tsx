import { Select } from '@base-ui/react/select';
import Check from 'lucide-react/icons/check';
import ChevronDown from 'lucide-react/icons/chevron-down';
import { Icon } from './icon.js';

interface Option {
  readonly id: string;
  readonly label: string;
}

interface SelectFieldProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly Option[];
  readonly onChange: (id: string) => void;
  /** Grey at this one, accent at any other; null where nothing is the usual. */
  readonly standard?: string | null;
  readonly slim?: boolean;
}

/** Two lines, label and value; in bars the slim form on one. */
export function SelectField({ label, value, options, onChange, standard = null, slim = false }: SelectFieldProps) {
  const moved = standard !== null && value !== standard;
  return (
    <Select.Root
      value={value}
      onValueChange={(next) => {
        if (next !== null) onChange(next);
      }}
      modal={false}
      items={options.map(({ id, label: text }) => ({ value: id, label: text }))}
    >
      <Select.Trigger className={`select${slim ? ' slim' : ''}${moved ? ' moved' : ''}`} aria-label={label}>
        <span className="select-label">{label}</span>
        <span className="select-value">
          <Select.Value />
        </span>
        <Icon of={ChevronDown} />
      </Select.Trigger>
      <Select.Portal>
        <Select.Positioner className="popup-place" sideOffset={4} alignItemWithTrigger={false} align="start">
          <Select.Popup className="menu" data-popup="">
            <Select.List>
              {options.map(({ id, label: text }) => (
                <Select.Item key={id} value={id} className="menu-item">
                  <Select.ItemText>{text}</Select.ItemText>
                  {id === standard ? <span className="menu-note">default</span> : null}
                  <Select.ItemIndicator className="menu-check">
                    <Icon of={Check} />
                  </Select.ItemIndicator>
                </Select.Item>
              ))}
            </Select.List>
          </Select.Popup>
        </Select.Positioner>
      </Select.Portal>
    </Select.Root>
  );
}
