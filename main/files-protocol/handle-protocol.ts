import { protocol, type Session } from 'electron';
import { answerRequest, type FileSources } from './answer-request.js';
import { scheme, schemePrivileges } from './scheme.js';

/** Before Electron is ready, once. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([schemePrivileges]);
}

/** Serve the window's files and the studio's pictures to the pages of a session. */
export function handleProtocol(session: Session, sources: FileSources): void {
  session.protocol.handle(scheme, (request) => answerRequest(request, sources));
}
