import type { DeviceId } from '../../app/contracts/capabilities.js';
import type { DeviceWish } from '../../app/contracts/engine.js';

/** What `auto` means is decided where the probe's answer is known, before a message is sent here. */
export const resolvedDevice = (wish: DeviceWish): DeviceId => (wish === 'auto' ? 'cpu' : wish);
