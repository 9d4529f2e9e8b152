/**
 * transformers.js as a peer of chat: the same lines as `node-llama-cpp.mjs`, without logits. `model` is a folder that
 * make_transformers_folder.py has made.
 *
 * Runs in the folder that its packages are installed in.
 */
import { basename, dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { AutoModelForCausalLM, env, Tensor } from '@huggingface/transformers';

env.allowRemoteModels = false;
let model;

const answers = {
  async model({ model: folder, threads }) {
    const began = performance.now();
    env.localModelPath = dirname(folder);
    model = await AutoModelForCausalLM.from_pretrained(basename(folder), {
      dtype: 'fp32', // says which file: onnx/model.onnx, whatever is in it
      device: 'cpu',
      local_files_only: true,
      use_external_data_format: true,
      session_options: { intraOpNumThreads: threads },
    });
    return { load: seconds(began) };
  },

  async tokens({ ids, tokens }) {
    const dims = [1, ids.length];
    const times = [];
    const began = performance.now();
    const output = await model.generate({
      input_ids: new Tensor('int64', BigInt64Array.from(ids, BigInt), dims),
      attention_mask: new Tensor('int64', new BigInt64Array(ids.length).fill(1n), dims),
      max_new_tokens: tokens,
      eos_token_id: -1, // no token: ends of text are not heeded
      do_sample: false,
      streamer: { put: () => times.push(performance.now()), end: () => {} }, // the prompt comes first
    });
    const chosen = Array.from(output.data, Number).slice(ids.length);
    return { prefill: (times[1] - began) / 1000, decode: (times.at(-1) - times[1]) / 1000, ids: chosen };
  },
};

const seconds = (since) => (performance.now() - since) / 1000;

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  const kind = Object.keys(answers).find((key) => key in request);
  process.stdout.write(`${JSON.stringify(await answers[kind](request))}\n`);
}
process.exit(0);
