/** The report's style: the system's own fonts, light or dark as the reader has it, and black on white in print. */
export const reportStyle = `
:root {
  color-scheme: light dark;
  --ground: #fafafa; --raised: #f0f1f4; --ink: #17181c; --soft: #5c5f6a; --line: #d9dbe2;
  --accent: #5850d6; --other: #a86008; --warn: #fbe8c8; --warn-ink: #4a3208; --clear: #17705a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #17181c; --raised: #22242a; --ink: #eceef3; --soft: #a5a9b5; --line: #373a43;
    --accent: #a29cf7; --other: #e0a050; --warn: #43361c; --warn-ink: #f7dfb2; --clear: #5fc7ab;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 68rem; padding: 2.5rem 1.5rem 4rem; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, 'Segoe UI', 'Helvetica Neue', sans-serif;
}
h1 { font-size: 1.4rem; line-height: 1.35; margin: 0 0 1rem; }
h2 { font-size: 1rem; margin: 2.5rem 0 0.75rem; padding-top: 1.25rem; border-top: 1px solid var(--line); }
p, ul { margin: 0 0 0.75rem; }
small, figcaption, .soft { color: var(--soft); font-size: 0.85rem; }
.warnings { list-style: none; padding: 0; }
.warnings li { background: var(--warn); color: var(--warn-ink); border-radius: 6px; padding: 0.5rem 0.75rem; margin: 0.4rem 0; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 0.45rem 0.75rem 0.45rem 0; border-bottom: 1px solid var(--line); vertical-align: middle; }
th { font-weight: 500; color: var(--soft); font-size: 0.85rem; }
td.number, th.number, .nowrap { white-space: nowrap; }
td.number, th.number { text-align: right; }
td small { display: block; line-height: 1.3; }
tr.below td { color: var(--soft); }
.value { font-weight: 650; }
.clear { color: var(--clear); }
pre, code { font: 0.8rem/1.5 ui-monospace, 'SF Mono', Consolas, monospace; overflow-wrap: anywhere; white-space: pre-wrap; }
pre { background: var(--raised); padding: 0.75rem; border-radius: 6px; margin: 0; }
figure { margin: 0 0 1rem; }
svg { max-width: 100%; height: auto; display: block; }
.interval { min-width: 8rem; }
.map, .histogram { background: var(--raised); border-radius: 6px; width: 100%; max-width: 48rem; }
.axis { stroke: var(--line); stroke-width: 1; }
.span { stroke: var(--accent); stroke-width: 5; stroke-linecap: round; opacity: 0.55; }
.own { fill: var(--accent); }
.other { stroke: var(--other); stroke-width: 2.5; }
.map .generated { stroke: var(--accent); stroke-width: 5; stroke-linecap: round; fill: none; opacity: 0.8; }
.map .reference { fill: none; stroke: var(--other); stroke-width: 1.1; }
.bar { fill: var(--accent); opacity: 0.7; }
.histogram text { fill: var(--soft); font-size: 11px; }
.key.dot::before { content: '●'; color: var(--accent); }
.key.triangle::before { content: '△'; color: var(--other); }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); gap: 0.75rem; }
.pictures figure { margin: 0; }
.pair { display: flex; gap: 2px; }
.pictures img { width: 100%; min-width: 0; flex: 1; aspect-ratio: 1; object-fit: contain; background: var(--raised); border-radius: 4px; }
.pictures figcaption { overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.25rem 1.25rem; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
@media print {
  :root { color-scheme: light; --ground: #fff; --raised: #f4f4f4; --ink: #000; --soft: #444; --line: #ccc; --accent: #4038b8; --other: #8a4c00; --warn: #fff; --warn-ink: #000; }
  body { padding: 0; max-width: none; font-size: 11px; }
  .warnings li { border: 1px solid #888; }
  tr, figure, .warnings li { break-inside: avoid; }
  h2 { break-after: avoid; }
  * { print-color-adjust: exact; }
}
`;
