import type { GeneratedPicture, GenerateProgress, GenerateRequest } from '../../app/contracts/engine.js';
import { applyPreview } from '../../native-models/pipelines/latent-preview.js';
import { pictureSize } from '../../native-models/pipelines/picture-size.js';
import type { GivenNoise } from '../../native-models/pipelines/text-to-image.js';
import { CheckpointKeeper } from './checkpoint-keeper.js';
import { readGivenNoise } from './given-noise.js';
import { loadedModel } from './loaded-model.js';
import { oneAtATime } from './one-at-a-time.js';
import { resolvedDevice } from './resolved-device.js';

interface GenerateContext {
  readonly signal: AbortSignal;
  progress(progress: GenerateProgress): void;
}

/** One picture: the model is opened or still open, the steps are told and kept, the pixels come back. */
export function generate(request: GenerateRequest, { signal, progress }: GenerateContext): Promise<GeneratedPicture> {
  return oneAtATime(signal, async () => {
    const began = performance.now();
    const device = resolvedDevice(request.device);
    const model = await loadedModel(request.modelPath, device);
    const noise = request.latents === null ? null : await readGivenNoise(request.latents);
    const size = sizeOf(request, noise, model.pixelsPerLatent);
    const told = { steps: request.steps, ...size, preview: null };
    progress({ ...told, phase: 'loading', step: 0 });

    const keeper = request.checkpointFile === null ? null : new CheckpointKeeper(request.checkpointFile);
    const resume = await keeper?.read();
    const preview = request.previewCache === null ? null : await model.latentPreview(request.previewCache);
    const loaded = performance.now();
    try {
      const picture = await model.generate(request, {
        signal,
        adapters: request.adapters,
        apply: request.apply,
        ...(noise === null ? {} : { noise }),
        ...(resume === undefined ? {} : { resume }),
        onStep: async ({ step, steps, width, height, predictedOriginal, checkpoint }) => {
          await keeper?.step(checkpoint);
          const shown = preview === null ? null : inOwnMemory(applyPreview(preview, predictedOriginal));
          progress({ phase: 'denoising', step, steps, width, height, preview: shown });
          if (step === steps) progress({ phase: 'decoding', step, steps, width, height, preview: null });
        },
      });
      const { rgb, width, height, notices, seconds, adapters } = picture;
      const load = (loaded - began) / 1000 + seconds.encode;
      return {
        ...inOwnMemory({ rgb }),
        width,
        height,
        device,
        noise: noise === null ? 'cpu' : 'given',
        adapters: [...adapters],
        notices: [...notices],
        seconds: {
          load,
          denoise: seconds.denoise,
          decode: seconds.decode,
          total: load + seconds.denoise + seconds.decode,
        },
      };
    } finally {
      // Stopped or failed: the last whole step is kept.
      await keeper?.flush();
    }
  });
}

/** Messages carry arrays that own their memory: for these few bytes a copy is the simplest proof. */
function inOwnMemory<T extends { readonly rgb: Uint8Array }>(picture: T) {
  return { ...picture, rgb: new Uint8Array(picture.rgb) };
}

function sizeOf(request: GenerateRequest, noise: GivenNoise | null, pixelsPerLatent: number) {
  if (noise === null) {
    const { width, height } = pictureSize(request.width, request.height, pixelsPerLatent);
    return { width, height };
  }
  const [, height = 0, width = 0] = noise.latents.shape;
  return { width: width * pixelsPerLatent, height: height * pixelsPerLatent };
}
