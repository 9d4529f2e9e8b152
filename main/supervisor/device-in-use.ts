import type { Device } from '../../app/contracts/capabilities.js';
import type { DeviceWish } from '../../app/contracts/engine.js';

/** The device that a wish leads to: for `auto` the best that answers and is proven, as the list is ordered. */
export function deviceInUse(devices: readonly Device[], wish: DeviceWish): Device | null {
  const found =
    wish === 'auto'
      ? devices.find(({ available, proven }) => available && proven)
      : devices.find(({ id }) => id === wish);
  return found ?? null;
}
