import { appOrigin } from '../files-protocol/scheme.js';

/** What is looked at of a frame that sends a message. */
export interface SenderFrame {
  readonly url: string;
  /** Null for the main frame of its window. */
  readonly parent: object | null;
}

/** Only the main frame of a window of ours, showing our own page, is listened to. */
export function isTrustedSender(frame: SenderFrame | null, isOurWindow: boolean): boolean {
  if (frame === null || !isOurWindow || frame.parent !== null) return false;
  return URL.canParse(frame.url) && `${new URL(frame.url).protocol}//${new URL(frame.url).host}` === appOrigin;
}
