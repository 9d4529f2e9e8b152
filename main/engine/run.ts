import { basename } from 'node:path';
import type { DeviceId } from '../../app/contracts/capabilities.js';
import type { RunRequest, RunResult } from '../../app/contracts/engine.js';
import { StudioError } from '../../app/contracts/studio-error.js';
import { clipTextOutputs } from '../../native-models/architectures/clip-text-model.js';
import type { AdaptableComponentName } from '../../native-models/adapters/adapter.js';
import { AdapterSet, type AppliedAdapter } from '../../native-models/adapters/adapter-set.js';
import { readAdaptableModel } from '../../native-models/adapters/read-adaptable-model.js';
import { AdaptedNetwork } from '../../native-models/pipelines/adapted-network.js';
import { openLanguageBatch } from '../../native-models/runtime/language-batch.js';
import type { Network, Tensors } from '../../native-models/runtime/network.js';
import { openNetwork } from '../../native-models/runtime/open-network.js';
import type { Tensor } from '../../native-models/runtime/tensor.js';
import { floats } from '../../native-models/runtime/tensor.js';
import { readClip } from '../../native-models/weight-formats/clip-folder.js';
import type { TextEncoderFiles, UNetFiles } from '../../native-models/weight-formats/component-folder.js';
import { readModelComponent } from '../../native-models/weight-formats/read-picture-model.js';
import { readInception } from '../../native-models/weight-formats/inception-file.js';
import { readTensors } from '../../native-models/weight-formats/read-tensors.js';
import { findTinyAutoencoderFile } from '../../native-models/weight-formats/tiny-autoencoder-file.js';
import { writeSafetensors } from '../../native-models/weight-formats/write-safetensors.js';
import { bakeFolder } from './bake-folder.js';
import { languageModelFiles } from './language-model-files.js';
import { oneAtATime } from './one-at-a-time.js';
import { resolvedDevice } from './resolved-device.js';

/** One network once, on given tensors, authored for their sizes. */
export function run(request: RunRequest, { signal }: { signal: AbortSignal }): Promise<RunResult> {
  return oneAtATime(signal, async () => {
    const device = resolvedDevice(request.device);
    const inputs = new Inputs(request.inputs, await readTensors(request.inputs));
    const { network, adapters } = await openFor(request, device, inputs);
    try {
      const started = performance.now();
      const outputs = await network.run(inputs.tensors);
      const seconds = (performance.now() - started) / 1000;
      await writeSafetensors(request.out, outputs);
      const described = Object.entries(outputs).map(([name, { shape, dtype }]) => [
        name,
        { shape: [...shape], dtype: storedDtypes[dtype] },
      ]);
      return { device, outputs: Object.fromEntries(described), adapters: [...adapters], seconds };
    } finally {
      await network.release();
    }
  });
}

/** As the file of outputs names them. */
const storedDtypes = { float32: 'F32', int64: 'I64' } as const;

interface Opened {
  readonly network: Network;
  readonly adapters: readonly AppliedAdapter[];
}

async function openFor(request: RunRequest, device: DeviceId, inputs: Inputs): Promise<Opened> {
  const { modelPath, component } = request;
  switch (component) {
    case 'text_encoder':
    case 'text_encoder_2': {
      const files = await readModelComponent(modelPath, component);
      if (files.kind !== 'text_encoder') throw unfit(modelPath, component);
      const [batch, tokens] = inputs.sizes('input_ids', 2);
      // The contract's names; what clip skip reads of them is no output of its own.
      const outputs = clipTextOutputs(files.config).filter((name) => !name.startsWith('normalized_'));
      return openAdapted(request, component, files, (opening) =>
        openNetwork({ component, device, outputs, sizes: { batch, tokens }, ...opening }),
      );
    }
    case 'unet': {
      const files = await readModelComponent(modelPath, 'unet');
      if (files.kind !== 'unet') throw unfit(modelPath, component);
      const [batch, , height, width] = inputs.sizes('sample', 4);
      const [, tokens] = inputs.sizes('encoder_hidden_states', 3);
      inputs.asFloats('timestep');
      const timeIds = inputs.has('time_ids') ? { timeIds: inputs.sizes('time_ids', 2)[1] } : {};
      return openAdapted(request, component, files, (opening) =>
        openNetwork({ component, device, sizes: { batch, height, width, tokens, ...timeIds }, ...opening }),
      );
    }
    case 'vae_encoder':
    case 'vae_decoder': {
      const tiny = await findTinyAutoencoderFile(modelPath);
      const files = tiny ?? (await readModelComponent(modelPath, 'vae'));
      if (files.kind !== 'vae') throw unfit(modelPath, component);
      const [batch, , height, width] = inputs.sizes(component === 'vae_encoder' ? 'sample' : 'latent_sample', 4);
      return plain(request, () => openNetwork({ component, files, device, sizes: { batch, height, width } }));
    }
    case 'clip_text': {
      const [batch, tokens] = inputs.sizes('input_ids', 2);
      const files = await readClip(modelPath);
      return plain(request, () => openNetwork({ component, files, device, sizes: { batch, tokens } }));
    }
    case 'clip_image': {
      const [batch] = inputs.sizes('pixel_values', 4);
      const files = await readClip(modelPath);
      return plain(request, () => openNetwork({ component, files, device, sizes: { batch } }));
    }
    case 'inception': {
      const [batch] = inputs.sizes('pixel_values', 4);
      const files = await readInception(modelPath);
      return plain(request, () => openNetwork({ component, files, device, sizes: { batch } }));
    }
    case 'llm': {
      const [batch, tokens] = inputs.sizes('input_ids', 2);
      const model = await languageModelFiles(modelPath);
      const files = await model.runnable({ cacheFolder: request.weightCache ?? (await bakeFolder()) });
      // One pass is for comparing: quantised weights are multiplied with activations as they are.
      const options = { device, quantizedCompute: 'float32' } as const;
      return plain(request, () => openLanguageBatch(files, { batch, tokens }, options));
    }
    default:
      throw new StudioError(
        'bad-input',
        `There is no component ${component} to run: choose text_encoder, text_encoder_2, unet, vae_encoder, vae_decoder, clip_text, clip_image, inception or llm.`,
      );
  }
}

/** Components that no adapter changes. */
async function plain({ component, adapters }: RunRequest, open: () => Promise<Network>): Promise<Opened> {
  if (adapters.length > 0) {
    throw new StudioError('bad-input', `Adapters do not change the ${component}: run it without them.`);
  }
  return { network: await open(), adapters: [] };
}

async function openAdapted<Files extends TextEncoderFiles | UNetFiles>(
  { modelPath, adapters: uses, apply }: RunRequest,
  component: AdaptableComponentName,
  files: Files,
  open: (opening: { readonly files: Files; readonly adapters: boolean }) => Promise<Network>,
): Promise<Opened> {
  if (uses.length === 0) return { network: await open({ files, adapters: false }), adapters: [] };
  const how = apply === 'baked' ? 'baked' : 'live';
  const adapted = new AdaptedNetwork(component, files, bakeFolder);
  const ready = await new AdapterSet(await readAdaptableModel(modelPath, component, files)).ready(uses);
  const began = performance.now();
  try {
    await adapted.putOn(ready, how);
    const share = (performance.now() - began) / 1000 / uses.length;
    const { run: runOnce } = await adapted.get('once', open);
    return {
      network: { run: runOnce, release: () => adapted.release() },
      adapters: ready.adapters.map((adapter) => ({ ...adapter, how, seconds: adapter.seconds + share })),
    };
  } catch (error) {
    await adapted.release();
    throw error;
  }
}

const unfit = (path: string, component: string): StudioError =>
  new StudioError('unfit-model', `${basename(path)} holds no ${component}.`, { file: path });

/** The tensors of the file with inputs. Networks take whole numbers as int64 and everything else as float32. */
class Inputs {
  readonly #file: string;
  readonly #tensors: Record<string, Tensor>;

  constructor(file: string, tensors: Record<string, Tensor>) {
    this.#file = file;
    this.#tensors = { ...tensors };
  }

  get tensors(): Tensors {
    return this.#tensors;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#tensors, name);
  }

  /** The sizes of an input that must have so many axes. */
  sizes<N extends 2 | 3 | 4>(name: string, axes: N): Sizes[N] {
    const { shape } = this.#tensor(name);
    if (isOfAxes(shape, axes)) return shape;
    throw new StudioError(
      'bad-input',
      `${basename(this.#file)}: ${name} is [${shape.join(', ')}], expected ${axes} axes, none of them empty.`,
      { file: this.#file },
    );
  }

  /** Timesteps may be given as whole numbers too. */
  asFloats(name: string): void {
    const { shape, data } = this.#tensor(name);
    this.#tensors[name] = floats(shape, Float32Array.from(data, Number));
  }

  #tensor(name: string): Tensor {
    const tensor = this.#tensors[name];
    if (tensor !== undefined) return tensor;
    throw new StudioError('bad-input', `${basename(this.#file)} has no tensor ${name}.`, { file: this.#file });
  }
}

interface Sizes {
  2: readonly [number, number];
  3: readonly [number, number, number];
  4: readonly [number, number, number, number];
}

function isOfAxes<N extends 2 | 3 | 4>(shape: readonly number[], axes: N): shape is Sizes[N] {
  return shape.length === axes && shape.every((size) => size > 0);
}
