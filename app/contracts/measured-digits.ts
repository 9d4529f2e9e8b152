/**
 * A number with its interval, printed with no more digits than the interval allows: the half width keeps two digits
 * where it begins with 1 or 2, else one, and the value ends where it ends.
 */
export interface ShownMeasure {
  readonly value: string;
  /** Both null where there is no interval. */
  readonly low: string | null;
  readonly high: string | null;
  /** Digits after the point. */
  readonly decimals: number;
}

/** `times`: what the value is multiplied with where people read it (KID: 1000). */
export function showMeasure(
  { value, low, high }: { readonly value: number; readonly low: number | null; readonly high: number | null },
  times = 1,
): ShownMeasure {
  const half = low === null || high === null ? null : (Math.abs(high - low) / 2) * times;
  const decimals = half === null || half === 0 ? significantDecimals(value * times) : decimalsOfWidth(half);
  const show = (each: number | null): string | null => (each === null ? null : showNumber(each * times, decimals));
  return { value: showNumber(value * times, decimals), low: show(low), high: show(high), decimals };
}

/** `−1.9` and `0.8` of −1.9 ± 0.8; a difference that is above 0 has its sign too. */
export function showDifference(
  { value, low, high }: { readonly value: number; readonly low: number; readonly high: number },
  times = 1,
): { readonly value: string; readonly half: string } {
  const half = (Math.abs(high - low) / 2) * times;
  const decimals = half === 0 ? significantDecimals(value * times) : decimalsOfWidth(half);
  const shown = showNumber(value * times, decimals);
  return { value: value > 0 && Number(shown) !== 0 ? `+${shown}` : shown, half: showNumber(half, decimals) };
}

/** With a real minus and commas between thousands; never `−0`. */
export function showNumber(value: number, decimals: number): string {
  const text = Math.abs(value).toLocaleString('en', {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
  return value < 0 && /[1-9]/.test(text) ? `−${text}` : text;
}

const mostDecimals = 8;

function decimalsOfWidth(half: number): number {
  const exponent = Math.floor(Math.log10(half));
  const first = half / 10 ** exponent;
  return clamp((first < 2.95 ? 1 : 0) - exponent);
}

/** Four digits where nothing is known of how sure they are. */
function significantDecimals(value: number): number {
  return value === 0 ? 0 : clamp(3 - Math.floor(Math.log10(Math.abs(value))));
}

const clamp = (decimals: number): number => Math.min(mostDecimals, Math.max(0, decimals));
