import { fileURLToPath } from 'node:url';

/**
 * OpenAI's file of CLIP's merges, for models that bring no tokenizer. Given from dist/main/, where the bundled engine lies;
 * packed, the embedded files lie beside the archive.
 */
export const openAIMerges = fileURLToPath(
  new URL('../../native-models/embedded/clip-vocabulary/bpe_simple_vocab_16e6.txt.gz', import.meta.url),
).replace(/app\.asar(?=[/\\])/, 'app.asar.unpacked');
