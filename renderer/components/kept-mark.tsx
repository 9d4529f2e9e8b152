import Heart from 'lucide-react/icons/heart';
import { Icon } from './icon.js';

/** On a picture that was kept. It brings its own ground, as it may lie on any colour. */
export const KeptMark = () => (
  <span className="kept-mark">
    <Icon of={Heart} size={12} />
  </span>
);
