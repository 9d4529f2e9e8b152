/** The two lines between window and main; names and payloads are in app/contracts/window.ts. */
export const requestChannel = 'inkstone:request';
export const eventChannel = 'inkstone:event';
