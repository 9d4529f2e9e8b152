import { engineCalls } from '../../app/contracts/engine.js';
import { serveCalls } from '../supervisor/child-side/serve-calls.js';
import { capabilities } from './capabilities.js';
import { countTokens } from './count-tokens.js';
import { devices } from './devices.js';
import { embedPictures } from './embed-pictures.js';
import { embedTexts } from './embed-texts.js';
import { featureMoments } from './feature-moments.js';
import { featureNetwork } from './feature-network.js';
import { frechet } from './frechet.js';
import { generate } from './generate.js';
import { generateText } from './generate-text.js';
import { imageSimilarity } from './image-similarity.js';
import { inspectLatents } from './inspect-latents.js';
import { countChatTokens, languageModelFacts } from './language-model-facts.js';
import { measureCaptions } from './measure-captions.js';
import { measureSets } from './measure-sets.js';
import { prepareAdapters } from './prepare-adapters.js';
import { run } from './run.js';
import { unload } from './unload.js';

/** The engine process: it holds every session of ONNX Runtime and maps messages to native-models. */
process.title = 'Inkstone engine';
serveCalls(engineCalls, {
  capabilities,
  devices,
  generate,
  inspectLatents,
  run,
  prepareAdapters,
  imageSimilarity,
  countTokens,
  generateText,
  languageModelFacts,
  countChatTokens,
  featureNetwork,
  embedPictures,
  embedTexts,
  measureSets,
  measureCaptions,
  featureMoments,
  frechet,
  unload,
});
