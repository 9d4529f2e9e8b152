import { modelJson } from '../model-report.js';
import type { Verb } from '../verb.js';
import { bytesInWords } from '../words.js';

export const modelsList: Verb = {
  name: 'models list',
  usage: '',
  summary: 'list the models of the library',
  flags: {},
  positionals: [],
  async run(_given, session) {
    const models = await (await session.library()).list();
    const line = ({ id, name, family, dtype, bytes, missing }: (typeof models)[number]) =>
      `${id}  ${name}  ${family}  ${dtype}  ${bytesInWords(bytes)}${missing ? '  (missing)' : ''}`;
    return { json: { models: models.map(modelJson) }, text: models.map(line).join('\n') };
  },
};
