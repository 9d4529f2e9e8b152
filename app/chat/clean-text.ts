/** Control characters but tab and line feed. */
const controls = /[^\P{Cc}\t\n]/gu;
/** Halves of a character whose other half is missing. */
const halves = /\p{Surrogate}/gu;
const replacement = '\u{fffd}';

/**
 * A text as it may be kept and shown: control characters show as their own pictures (␀, ␛; those beyond ASCII as
 * U+FFFD) instead of acting, line ends are line feeds, and no character is halved. SQLite would end a text at a NUL.
 */
export function cleanText(text: string): string {
  return visibleControls(text.replace(/\r\n?/g, '\n')).replace(halves, replacement);
}

/** The same for a piece of an answer, which may end between the halves of a line end or of a character. */
export function cleanPiece(piece: string): string {
  return visibleControls(piece.replaceAll('\r', ''));
}

/** A whole answer, as its pieces together. */
export function cleanAnswer(text: string): string {
  return cleanPiece(text).replace(halves, replacement);
}

/** One line, for a title. */
export function cleanLine(text: string): string {
  return cleanText(text).replace(/\s+/g, ' ').trim();
}

/** Unicode has a picture for each control of ASCII, from U+2400 on in their order, and for DEL. */
function visibleControls(text: string): string {
  return text.replace(controls, (control) => {
    const code = control.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? '\u{2421}' : replacement;
  });
}
