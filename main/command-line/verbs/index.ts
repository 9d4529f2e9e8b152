import type { Verb } from '../verb.js';
import { adaptersBake } from './adapters-bake.js';
import { adaptersInspect } from './adapters-inspect.js';
import { bench } from './bench.js';
import { chat } from './chat.js';
import { evalFrechet } from './eval-frechet.js';
import { evalStats } from './eval-stats.js';
import { evalVerb } from './eval.js';
import { generate } from './generate.js';
import { modelsImport } from './models-import.js';
import { modelsInspect } from './models-inspect.js';
import { modelsList } from './models-list.js';
import { run } from './run.js';

export const verbs: readonly Verb[] = [
  generate,
  chat,
  run,
  modelsList,
  modelsImport,
  modelsInspect,
  adaptersInspect,
  adaptersBake,
  evalVerb,
  evalStats,
  evalFrechet,
  bench,
];
