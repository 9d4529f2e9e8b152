import { resolve } from 'node:path';
import { bakeRequest } from '../../../app/contracts/worker.js';
import { givenAdapters, adapterFlags } from '../lora-flag.js';
import { UsageError } from '../usage-error.js';
import type { Verb } from '../verb.js';
import { bytesInWords } from '../words.js';

const components = ['unet', 'text_encoder', 'text_encoder_2'] as const;

export const adaptersBake: Verb = {
  name: 'adapters bake',
  usage: '--model M --lora L --component unet --out FILE',
  summary: 'merged weights under the base model’s own tensor names',
  flags: {
    model: { value: 'M', help: 'a model folder, a library id or name' },
    lora: adapterFlags.lora,
    component: { value: 'NAME', help: components.join(', ') },
    out: { value: 'FILE', help: 'where the .safetensors goes' },
    dtype: { value: 'TYPE', help: 'f32 (the default), f16, bf16, or base: as the model has them' },
    full: { help: 'all tensors of the component instead of the touched ones' },
    force: { help: 'replace a file that is there' },
  },
  positionals: [],
  async run(given, session) {
    const form =
      'inkstone adapters bake --model DIR --lora ink.safetensors:0.8 --component unet --out ink-unet.safetensors';
    const wish = given.required('model', form);
    given.required('component', form);
    const component = given.choice('component', components)!;
    const out = resolve(given.required('out', form));
    const dtype = given.choice('dtype', bakeRequest.shape.dtype.options) ?? 'f32';
    const { adapters } = givenAdapters(given);
    if (adapters.length === 0) throw new UsageError(`--lora is missing; for example: ${form}`);

    const modelPath = await session.modelPath(wish);
    const receipts = await session.adapterReceipts(adapters, modelPath);
    const baked = await session.worker.bakeAdapters(
      { modelPath, component, adapters, out, overwrite: given.has('force'), dtype, full: given.has('full') },
      (part) => session.progress.show(`Merging · ${Math.round(100 * part)} %`),
      session.signal,
    );
    return {
      json: { out, tensors: baked.tensors, dtype: baked.dtype, adapters: receipts },
      text: `${out}  ${baked.tensors} tensors, ${baked.dtype}, ${bytesInWords(baked.bytes)}`,
    };
  },
};
