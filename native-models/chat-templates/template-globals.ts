/** What a template finds beside the conversation: the functions that transformers gives it. */
import { TooLarge } from './too-large.js';

/** Templates count turns; the library's own `range` fills the memory before anything can stop it. */
const MAX_RANGE = 100_000;

export function templateGlobals(): Record<string, unknown> {
  return {
    true: true,
    True: true,
    false: false,
    False: false,
    none: null,
    None: null,
    raise_exception: (message: unknown): never => {
      throw new Error(String(message));
    },
    range,
    strftime_now: (format: unknown): string => strftime(new Date(), String(format)),
  };
}

function range(first: number, second?: number, step = 1): number[] {
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  if (step === 0) throw new Error('range() needs a step other than 0');
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (length > MAX_RANGE) throw new TooLarge();
  return Array.from({ length }, (_, i) => start + i * step);
}

/** Python's `strftime` in the C locale, as far as templates use it. */
function strftime(date: Date, format: string): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  const [month, weekday] = [MONTHS[date.getMonth()]!, WEEKDAYS[date.getDay()]!];
  const parts: Record<string, string> = {
    '%Y': String(date.getFullYear()),
    '%y': two(date.getFullYear() % 100),
    '%m': two(date.getMonth() + 1),
    '%d': two(date.getDate()),
    '%B': month,
    '%b': month.slice(0, 3),
    '%A': weekday,
    '%a': weekday.slice(0, 3),
    '%H': two(date.getHours()),
    '%I': two(date.getHours() % 12 || 12),
    '%M': two(date.getMinutes()),
    '%S': two(date.getSeconds()),
    '%p': date.getHours() < 12 ? 'AM' : 'PM',
    '%%': '%',
  };
  return format.replace(/%[A-Za-z%]/g, (part) => parts[part] ?? part);
}

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']; // prettier-ignore
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
