/**
 * The visible character of each byte (GPT-2, `encoder.py`): printable Latin-1 stands for itself, the other 68 bytes
 * take the characters from U+0100 on, in order.
 */
export const BYTE_ALPHABET: readonly string[] = (() => {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    return String.fromCodePoint(printable ? byte : next++);
  });
})();

export const BYTE_OF_LETTER: ReadonlyMap<string, number> = new Map(BYTE_ALPHABET.map((letter, byte) => [letter, byte]));
