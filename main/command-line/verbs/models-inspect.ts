import { modelJson, modelText } from '../model-report.js';
import type { Verb } from '../verb.js';

export const modelsInspect: Verb = {
  name: 'models inspect',
  usage: 'PATH',
  summary: 'tell what a model is, without adding it',
  flags: {},
  positionals: ['PATH'],
  async run(given, session) {
    const started = performance.now();
    const model = await (await session.library()).inspect(given.positionals[0]!);
    return {
      json: { model: modelJson(model), bytesWritten: 0, seconds: (performance.now() - started) / 1000 },
      text: modelText(model),
    };
  },
};
