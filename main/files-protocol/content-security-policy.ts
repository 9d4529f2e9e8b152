/**
 * What the window may load: its own files and the studio's pictures. No inline or evaluated script, no other address.
 * Style attributes are allowed (panels and lists are sized by them); style elements are not.
 */
export const contentSecurityPolicy = [
  `default-src 'none'`,
  `script-src 'self'`,
  `style-src 'self'`,
  `style-src-attr 'unsafe-inline'`,
  `img-src 'self' inkstone: blob: data:`,
  `font-src 'self'`,
  `connect-src 'self' inkstone:`,
  `base-uri 'none'`,
  `form-action 'none'`,
  `frame-ancestors 'none'`,
].join('; ');
