import { modelJson, modelText } from '../model-report.js';
import type { Verb } from '../verb.js';

export const modelsImport: Verb = {
  name: 'models import',
  usage: 'PATH [--copy]',
  summary: 'add a model to the library, where it lies',
  flags: { copy: { help: "copy it into the studio's own folder instead" } },
  positionals: ['PATH'],
  async run(given, session) {
    const library = await session.library();
    const { model, bytesWritten, seconds } = await library.importModel(given.positionals[0]!, {
      copy: given.has('copy'),
    });
    return {
      json: { model: modelJson(model), bytesWritten, seconds },
      text: `${modelText(model)}\nIn the library as ${model.id}.`,
    };
  },
};
