import type { Device, DeviceWish } from '../../app/contracts/capabilities.js';

/** The device that a wish leads to: for `auto` the first of the list that answers, is proven and is not slow. */
export function deviceInUse(devices: readonly Device[], wish: DeviceWish): Device | null {
  const found =
    wish === 'auto'
      ? devices.find(({ available, proven, slow }) => available && proven && !slow)
      : devices.find(({ id }) => id === wish);
  return found ?? null;
}
