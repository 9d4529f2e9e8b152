import { resolve } from 'node:path';
import { adapterText } from '../adapter-report.js';
import type { Verb } from '../verb.js';

export const adaptersInspect: Verb = {
  name: 'adapters inspect',
  usage: 'FILE [--model M]',
  summary: 'the receipt of a LoRA file: what it is, and which layers of a model it matches',
  flags: { model: { value: 'M', help: 'a model folder, a library id or name, to match it with' } },
  positionals: ['FILE'],
  async run(given, session) {
    const path = resolve(given.positionals[0]!);
    const wish = given.text('model');
    const modelPath = wish === undefined ? null : await session.modelPath(wish);
    const receipt = await session.worker.inspectAdapter({ path, modelPath }, session.signal);
    const model =
      modelPath === null ? null : (await session.worker.inspectModel({ path: modelPath, checkFinite: false })).name;
    return { json: receipt, text: adapterText(receipt, model) };
  },
};
