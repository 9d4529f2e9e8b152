/** Numbers as the window writes them: a unit after a space, thousands apart, a true minus. */

const MINUS = '−';
const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** 3080 -> "3,080". */
export const count = (value: number): string => grouped.format(value).replace('-', MINUS);

/** 1, "picture" -> "1 picture"; 3 -> "3 pictures". */
export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;

/** Fixed decimals with a true minus: -0.6, 2 -> "−0.60". */
export const fixed = (value: number, decimals: number): string => value.toFixed(decimals).replace('-', MINUS);

/** Strengths of an adapter, model first; one figure where both are the same: "0.80", "0.80 / 0.60". */
export const strengths = ({ weight, textWeight }: { weight: number; textWeight: number }): string =>
  weight === textWeight ? strength(weight) : `${strength(weight)} / ${strength(textWeight)}`;

/** Two decimals, a third where it has one: 0.8 -> "0.80", -0.125 -> "−0.125". */
export const strength = (value: number): string =>
  fixed(value, Math.abs(value * 100 - Math.round(value * 100)) < 1e-6 ? 2 : 3);

/** A short one: "62 ms", and as `measured` from a second on. */
export const milliseconds = (seconds: number): string =>
  seconds < 1 ? `${Math.round(1000 * seconds)} ms` : measured(seconds);

/** A time that was measured: "0.84 s", "7.0 s", "1 min 42 s". */
export function measured(seconds: number): string {
  if (seconds < 1) return `${seconds.toFixed(2)} s`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return duration(seconds);
}

/** A time that is a guess or a wait, whole seconds: "4 s", "1 min 42 s", "2 h 5 min". */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return whole % 60 === 0 ? `${minutes} min` : `${minutes} min ${whole % 60} s`;
  return minutes % 60 === 0 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A rough guess in one figure, after "about": "4 s", "42 min", "3 h". */
export function guess(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 90) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  return minutes < 120 ? `${minutes} min` : `${count(Math.round(minutes / 60))} h`;
}

/** Bytes in decimal units, as file managers show them: "28 MB", "2.1 GB". */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let rest = value;
  while (rest >= 999.5 && unit < units.length - 1) {
    rest /= 1000;
    unit += 1;
  }
  return `${unit >= 3 || (unit > 0 && rest < 9.95) ? rest.toFixed(1) : rest.toFixed(0)} ${units[unit]}`;
}

/** 768, 512 -> "768 × 512". */
export const size = (width: number, height: number): string => `${width} × ${height}`;

/** A day and time in the machine's own habit, without seconds. */
export const dateTime = (milliseconds: number): string =>
  new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' }).format(milliseconds);

/** The day alone. */
export const day = (milliseconds: number): string =>
  new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' }).format(milliseconds);

/** The first words of a longer text. */
export const firstWords = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1).trimEnd()}…`;
