import { render, type KatexOptions } from 'katex';
import 'katex/dist/katex.min.css';

/** KaTeX and its fonts: a part of the window of its own, loaded with the first formula. */

/** In UTF-16 units: a longer formula is shown as it is spelled. */
export const LONGEST_FORMULA = 4000;

/**
 * The formula comes from a model, and so from anyone: no links, pictures, classes or styles of its own, no macro that
 * grows without end, no rule larger than the answer is wide.
 */
export const formulaOptions = (display: boolean): KatexOptions => ({
  displayMode: display,
  trust: false,
  throwOnError: true,
  strict: 'ignore',
  errorColor: 'var(--bad)', // of what is refused by `trust`
  maxSize: 30, // em
  maxExpand: 300,
  macros: {}, // those of one formula are not those of the next
});

/** Draws into `element`; a formula that cannot be drawn is shown as it is spelled, with the reason on it. */
export function drawFormula(element: HTMLElement, tex: string, display: boolean): void {
  try {
    if (tex.length > LONGEST_FORMULA) throw new Error('This formula is too long to be drawn.');
    render(tex, element, formulaOptions(display));
    element.classList.remove('formula-source');
    element.removeAttribute('title');
  } catch (error) {
    element.textContent = tex;
    element.classList.add('formula-source');
    element.title = error instanceof Error ? error.message : 'This formula cannot be drawn.';
  }
}
