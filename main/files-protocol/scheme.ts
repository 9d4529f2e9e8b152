/**
 * The studio's own scheme. Hosts: `app` (the window's files), `picture` and `thumbnail` (by gallery id), `adapter` (an
 * adapter's picture, by shelf id) and `effect` (the two pictures of a comparison).
 */
export const scheme = 'inkstone';

export const appOrigin = `${scheme}://app`;

export const appAddress = `${appOrigin}/index.html`;

/** Registered before Electron is ready. Standard and secure: it has origins, and is held to its content policy. */
export const schemePrivileges = {
  scheme,
  privileges: { standard: true, secure: true, supportFetchAPI: true, corsEnabled: true, stream: true, codeCache: true },
};
