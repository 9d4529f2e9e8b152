import CircleCheck from 'lucide-react/icons/circle-check';
import CircleHelp from 'lucide-react/icons/circle-question-mark';
import Ban from 'lucide-react/icons/circle-slash-2';
import TriangleAlert from 'lucide-react/icons/triangle-alert';
import type { AdapterCard } from '../../app/contracts/adapters.js';
import { standingOf, standingWord, type Standing } from '../words/adapters.js';
import { Icon, type IconComponent } from './icon.js';

const icons: Record<Standing, IconComponent> = {
  fits: CircleCheck,
  partial: TriangleAlert,
  other: Ban,
  unknown: CircleHelp,
  none: CircleHelp,
};
const tones: Record<Standing, string> = { fits: ' ok', partial: ' warn', other: '', unknown: ' warn', none: '' };

interface FitMarkProps {
  readonly card: AdapterCard;
  readonly title?: string;
  /** "264/264" instead of a word, where there is something to count. */
  readonly figures?: boolean;
}

/** Whether an adapter goes with the model in use: icon and word, never colour alone. */
export function FitMark({ card, title, figures = false }: FitMarkProps) {
  const standing = standingOf(card);
  const { fit } = card;
  return (
    <span className={`match num${tones[standing]}`} title={title}>
      <Icon of={icons[standing]} size={14} />
      {figures && fit && (standing === 'fits' || standing === 'partial')
        ? `${fit.matched}/${fit.total}`
        : standingWord(card)}
    </span>
  );
}
