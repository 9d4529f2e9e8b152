import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deviceWish } from '../../../app/contracts/capabilities.js';
import { embeddedStorytellerId } from '../../../app/library/library.js';
import { machine } from '../../../app/benchmark/machine.js';
import { pictureRows } from '../../../app/benchmark/picture-rows.js';
import { median, row, type BenchRow } from '../../../app/benchmark/row.js';
import { evaluationBench } from '../evaluation-bench.js';
import { languageBench } from '../language-bench.js';
import { table } from '../table.js';
import type { Verb } from '../verb.js';
import { windowRows } from '../window-rows.js';

export const bench: Verb = {
  name: 'bench',
  usage: '[--model M] [--peers]',
  summary: 'measure this machine and print a table',
  flags: {
    model: { value: 'M', help: 'a model, for pictures or for text; else the embedded ones' },
    peers: {
      help: 'other engines beside it: node-llama-cpp (a GGUF file), pytorch-fid and scipy (INKSTONE_PEER_PYTHON)',
    },
  },
  positionals: [],
  async run(given, session) {
    const device = given.choice('device', deviceWish.options) ?? 'auto';
    const wish = given.text('model');
    const model = await (await session.library()).resolve(wish);
    if (model.kind === 'language') {
      const rows = await languageBench(session, model, { device, peers: given.has('peers') });
      return { json: { machine: machine(), rows }, text: table(rows.map(cells)) };
    }
    const folder = await mkdtemp(join(tmpdir(), 'inkstone-bench-'));
    try {
      session.progress.say(`Measuring ${model.name}; leave the machine alone for a minute.`);
      const rows = [
        await firstPicture(model.path, device, folder),
        ...(await pictureRows({
          engine: session.engine,
          enginePid: () => session.enginePid,
          model,
          device,
          previewCache: folder,
          signal: session.signal,
        })),
      ];
      if (wish === undefined) {
        const storyteller = await (await session.library()).resolve(embeddedStorytellerId);
        rows.push(...(await languageBench(session, storyteller, { device, peers: false })));
        rows.push(...(await evaluationBench(session, { device, peers: given.has('peers') })));
      }
      await session.engine.unload(); // the window measures with an engine of its own
      const window = await windowRows();
      if (window === null) session.progress.say('The window is not measured here; “npm run bench” measures it too.');
      rows.push(...(window ?? []));
      return { json: { machine: machine(), rows }, text: table(rows.map(cells)) };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** From the command to the file, in a process of its own, as a person would call it. */
async function firstPicture(modelPath: string, device: string, folder: string): Promise<BenchRow> {
  const seconds: number[] = [];
  for (let round = 0; round < 3; round++) {
    const out = join(folder, `first-${round}.png`);
    const args = ['generate', '--model', modelPath, '--device', device, '--prompt', 'a red heart', '--seed', '7'];
    const started = performance.now();
    await promisify(execFile)(process.execPath, [process.argv[1]!, ...args, '--home', folder, '--out', out]);
    seconds.push((performance.now() - started) / 1000);
  }
  return row('first picture, from the command', median(seconds), 's', 'under 4 s for the embedded model');
}

function cells({ name, value, unit, peer, ratio, aim }: BenchRow): string[] {
  const digits = unit === 's' ? 2 : 1;
  const beside = peer === null ? '' : `${ratio?.toFixed(2)} x ${peer}`;
  return [name, `${value.toFixed(digits)} ${unit}`, beside, aim === null ? '' : `aim: ${aim}`];
}
