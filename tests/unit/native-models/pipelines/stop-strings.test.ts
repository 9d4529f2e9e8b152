import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { StopStrings } from '../../../../native-models/pipelines/stop-strings.js';

/** What is shown of pieces that come one by one. */
function shown(stops: readonly string[], pieces: readonly string[]): { text: string; stopped: boolean } {
  const strings = new StopStrings(stops);
  let text = '';
  for (const piece of pieces) {
    const released = strings.push(piece);
    text += released.text;
    if (released.stopped) return { text, stopped: true };
  }
  return { text: text + strings.end(), stopped: false };
}

it('a tail that may begin a stop string waits until it is clear', () => {
  const strings = new StopStrings(['\nUser:']);
  expect(strings.push('Hi\nUs')).toEqual({ text: 'Hi', stopped: false });
  expect(strings.push('ual')).toEqual({ text: '\nUsual', stopped: false });
  expect(strings.push('\nUser: no')).toEqual({ text: '', stopped: true });
});

it('the first of several stops counts', () => {
  expect(shown(['stop', 'b'], ['a st', 'op b'])).toEqual({ text: 'a ', stopped: true });
  expect(shown(['bc', 'abcd'], ['xab', 'cd'])).toEqual({ text: 'x', stopped: true });
});

it('however a text is cut, as much is shown as of the whole', () => {
  const letter = fc.constantFrom('a', 'b', 'c');
  const word = fc.array(letter, { maxLength: 4 }).map((letters) => letters.join(''));
  fc.assert(
    fc.property(fc.array(word, { maxLength: 3 }), fc.array(word, { maxLength: 12 }), (stops, pieces) => {
      const whole = pieces.join('');
      const places = stops.filter((stop) => stop !== '').map((stop) => whole.indexOf(stop));
      const first = Math.min(...places.filter((place) => place >= 0));
      // A longer stop that begins earlier may still be open when a shorter one within it is whole: that one counts.
      const result = shown(stops, pieces);
      expect(result.stopped).toBe(first < Infinity);
      if (!result.stopped) expect(result.text).toBe(whole);
      else expect(whole.startsWith(result.text)).toBe(true);
      if (stops.length === 1) expect(result.text).toBe(whole.slice(0, first));
      expect(stops.some((stop) => stop !== '' && result.text.includes(stop))).toBe(false);
    }),
    { seed: 6 },
  );
});
