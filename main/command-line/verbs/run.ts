import { resolve } from 'node:path';
import { deviceWish } from '../../../app/contracts/capabilities.js';
import { adapterFlags, givenAdapters } from '../lora-flag.js';
import { UsageError } from '../usage-error.js';
import type { Verb } from '../verb.js';
import { secondsInWords } from '../words.js';

/** Components by the names of the contract; the refusal of another lists them. */
const components = [
  'text_encoder',
  'text_encoder_2',
  'unet',
  'vae_encoder',
  'vae_decoder',
  'clip_text',
  'clip_image',
  'inception',
  'llm',
];

export const run: Verb = {
  name: 'run',
  usage: 'COMPONENT --model M --inputs IN.safetensors --out OUT.safetensors',
  summary: 'run one network once, on given tensors',
  flags: {
    model: {
      value: 'M',
      help: 'a pipeline folder, a checkpoint, one component, a language model or Inception file, a library id or name',
    },
    inputs: { value: 'FILE', help: 'the input tensors, a .safetensors file' },
    out: { value: 'FILE', help: 'where the output tensors go' },
    ...adapterFlags,
  },
  positionals: ['COMPONENT'],
  async run(given, session) {
    const component = given.positionals[0]!;
    const form = 'inkstone run unet --model DIR --inputs in.safetensors --out out.safetensors';
    if (!components.includes(component)) {
      throw new UsageError(`“run” has no component “${component}”; there is ${components.join(', ')}.`);
    }
    const wish = given.required('model', form);
    const inputs = resolve(given.required('inputs', form));
    const out = resolve(given.required('out', form));
    const device = given.choice('device', deviceWish.options) ?? 'auto';
    const { adapters, apply } = givenAdapters(given);
    const modelPath = await session.modelPath(wish);
    const receipts = await session.adapterReceipts(adapters, modelPath);
    const result = await session.engine.run(
      { modelPath, component, device, inputs, out, adapters, apply, weightCache: session.home.preparedWeights },
      session.signal,
    );
    const lines = Object.entries(result.outputs).map(([name, { shape, dtype }]) => `${name}  [${shape}]  ${dtype}`);
    return {
      json: { component, device: result.device, outputs: result.outputs, adapters: receipts, seconds: result.seconds },
      text: [...lines, `${secondsInWords(result.seconds)} on ${result.device}, written to ${out}`].join('\n'),
    };
  },
};
