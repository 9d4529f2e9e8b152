import type { DeviceId, DeviceWish } from '../../app/contracts/capabilities.js';

/** What `auto` means is decided where the probe's answer is known, before a message is sent here. */
export const resolvedDevice = (wish: DeviceWish): DeviceId => (wish === 'auto' ? 'cpu' : wish);
