/**
 * llama.cpp as a peer of chat: one JSON request a line on standard input, one JSON reply a line on standard output.
 *
 * {"model", "threads"}     opens the file; replies {"load": seconds}
 * {"ids", "tokens"}        reads `ids` anew and chooses `tokens` greedily, ends of text not heeded; replies {"prefill",
 *                          "decode": seconds until the first token and from it to the last, "ids"}
 * {"ids", "logits": true}  reads `ids` anew; replies {"logits": [V]} of what comes after the last one
 *
 * Runs in the folder that its packages are installed in.
 */
import { createInterface } from 'node:readline';
import { getLlama } from 'node-llama-cpp';

const batchSize = 512;
let sequence;

const answers = {
  async model({ model: modelPath, threads }) {
    const began = performance.now();
    // Only what is in the package: nothing is built, nothing is downloaded.
    const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, maxThreads: threads });
    const model = await llama.loadModel({ modelPath, gpuLayers: 0 });
    const context = await model.createContext({ contextSize: 2048, sequences: 1, threads, batchSize });
    sequence = context.getSequence();
    return { load: seconds(began) };
  },

  async tokens({ ids, tokens }) {
    await sequence.clearHistory();
    const began = performance.now();
    let first = began;
    const chosen = [];
    for await (const id of sequence.evaluate(ids, { temperature: 0, yieldEogToken: true })) {
      if (chosen.push(id) === 1) first = performance.now();
      if (chosen.length === tokens) break;
    }
    return { prefill: (first - began) / 1000, decode: seconds(first), ids: chosen };
  },

  async logits({ ids }) {
    await sequence.clearHistory();
    const wish = { generateNext: { token: true, logits: true, options: { temperature: 0 } } };
    const results = await sequence.controlledEvaluate([...ids.slice(0, -1), [ids.at(-1), wish]]);
    const logits = [];
    for (const [id, logit] of results.at(-1).next.logits) logits[id] = logit;
    return { logits };
  },
};

const seconds = (since) => (performance.now() - since) / 1000;

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  const kind = Object.keys(answers).find((key) => key in request);
  process.stdout.write(`${JSON.stringify(await answers[kind](request))}\n`);
}
process.exit(0);
