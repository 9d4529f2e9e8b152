/**
 * Scores 1,000 pictures of the embedded model against emoji sets that it was trained on and sets that it never saw.
 * node tests/studies/emoji/study.mjs OUT
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readIcons, renderIcons } from './drawings.mjs';
import { shuffled } from './random.mjs';

/** @type {readonly {set: string, version: string, style?: string}[]} `style`: the phrase its drawings were trained with */
const sets = [
  { set: 'noto', version: '1.2.9', style: 'noto style' },
  { set: 'twemoji', version: '1.2.5', style: 'twemoji style' },
  { set: 'fluent-emoji-flat', version: '1.2.6', style: 'fluent style' },
  { set: 'noto-v1', version: '1.2.5', style: 'blob style' },
  { set: 'fxemoji', version: '1.2.2', style: 'firefox style' },
  { set: 'openmoji', version: '1.2.29' },
  { set: 'emojione', version: '1.2.3' },
  { set: 'streamline-emojis', version: '1.2.4' },
];
const picturesOfStyle = 200;
const mostDrawings = 1500;

const inkstone = fileURLToPath(new URL('../../../main/set-up/inkstone.mjs', import.meta.url));
const [out] = process.argv.slice(2).map((given) => resolve(given));
if (out === undefined) {
  console.error('Where to? node tests/studies/emoji/study.mjs OUT');
  process.exit(2);
}
mkdirSync(out, { recursive: true });

fetchSets();
const icons = new Map(
  sets.map(({ set }) => [set, readIcons(join(out, 'icons', 'node_modules', '@iconify-json', set))]),
);
for (const [set, drawings] of icons) {
  const folder = join(out, 'drawings', set);
  if (!existsSync(folder)) await renderIcons(shuffled(drawings, 1).slice(0, mostDrawings), folder);
}
pool('the five together', ({ style }) => style !== undefined);
pool('the three together', ({ style }) => style === undefined);
makePictures();
const rows = [
  ...sets.map(({ set, style }) => ({ set, seen: style !== undefined })),
  { set: 'the five together', seen: true },
  { set: 'the three together', seen: false },
].map((row) => ({ ...row, ...score(row.set) }));
writeFileSync(join(out, 'results.json'), JSON.stringify(rows, null, 2));
console.log(
  '\n| set | in training | drawings | FD (embedded) | 95 % interval | KID × 1000 | 95 % interval | precision | recall |',
);
console.log('|---|---|---|---|---|---|---|---|---|');
for (const { set, seen, n, fd_embedded: fd, kid, precision, recall } of rows) {
  const kids = [kid.value, kid.low, kid.high].map((value) => (1000 * value).toFixed(1));
  const cells = [set, seen ? 'yes' : 'no', n, fd.value.toFixed(2), `${fd.low.toFixed(2)} to ${fd.high.toFixed(2)}`];
  cells.push(kids[0], `${kids[1]} to ${kids[2]}`, precision.value.toFixed(2), recall.value.toFixed(2));
  console.log(`| ${cells.join(' | ')} |`);
}

/** As many drawings of each of some sets, in one folder. @param {string} name @param {(set: typeof sets[number]) => boolean} wanted */
function pool(name, wanted) {
  const folder = join(out, 'drawings', name);
  if (existsSync(folder)) return;
  mkdirSync(`${folder}.half`, { recursive: true });
  const chosen = sets.filter(wanted);
  for (const [k, { set }] of chosen.entries()) {
    const files = shuffled(readdirSync(join(out, 'drawings', set)).toSorted(), 20 + k);
    for (const file of files.slice(0, mostDrawings / chosen.length)) {
      copyFileSync(join(out, 'drawings', set, file), join(`${folder}.half`, `${set} ${file}`));
    }
  }
  renameSync(`${folder}.half`, folder);
}

/** The icon sets, at their pinned versions, below OUT/icons. */
function fetchSets() {
  const folder = join(out, 'icons');
  if (existsSync(join(folder, 'node_modules'))) return;
  mkdirSync(folder, { recursive: true });
  const dependencies = Object.fromEntries(sets.map(({ set, version }) => [`@iconify-json/${set}`, version]));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
  console.error('Fetching the icon sets from npm.');
  execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
}

/** Names of drawings that the model was trained on, each with its set's style; one picture of each. */
function makePictures() {
  const prompts = sets.flatMap(({ set, style }, k) =>
    style === undefined
      ? []
      : shuffled(icons.get(set) ?? [], 2 + k)
          .slice(0, picturesOfStyle)
          .map(({ name }) => `${name}, ${style}`),
  );
  const folder = join(out, 'pictures');
  mkdirSync(folder, { recursive: true });
  const done = readdirSync(folder).length;
  if (done === prompts.length) return;
  const file = join(out, 'prompts.txt');
  writeFileSync(file, prompts.slice(done).join('\n'));
  console.error(`Making ${prompts.length - done} pictures.`);
  run(['generate', '--prompts', file, '--seed', String(1000 + done), '--out', `${folder}/`]);
}

/** @param {string} set */
function score(set) {
  console.error(`Scoring against ${set}.`);
  const reference = join(out, 'drawings', set);
  const names = 'fid,kid,precision,recall,clip';
  const text = run([
    'eval',
    '--generated',
    join(out, 'pictures'),
    '--reference',
    reference,
    '--metrics',
    names,
    '--json',
  ]);
  const { metrics, reference: counted } = JSON.parse(text);
  return { n: counted.count, ...metrics };
}

/** @param {string[]} args */
function run(args) {
  const options = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 1e9 };
  const { status, stdout } = spawnSync(process.execPath, [inkstone, ...args, '--home', join(out, 'home')], options);
  if (status !== 0) process.exit(status ?? 1);
  return String(stdout);
}
