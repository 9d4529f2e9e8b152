/** What a model offers to adapters, from its configs alone. */
import { adaptableLayers } from '../architectures/author-network.js';
import type { AdaptableLayer } from '../onnx/graph.js';
import type { TextEncoderFiles, UNetFiles } from '../weight-formats/component-folder.js';
import type { PictureModel } from '../weight-formats/picture-model.js';
import { ldmUNetNames } from '../weight-formats/single-file/ldm-unet-names.js';
import type { AdaptableComponentName, AdaptableModel } from './adapter.js';
import { isTextKey } from './infer-base.js';

/** Of a whole model: the text encoders before the UNet. */
export function adaptableModel({ name, unet, textEncoder, textEncoder2 }: PictureModel): AdaptableModel {
  const parts: { name: AdaptableComponentName; files: TextEncoderFiles | UNetFiles | null }[] = [
    { name: 'text_encoder', files: textEncoder },
    { name: 'text_encoder_2', files: textEncoder2 },
    { name: 'unet', files: unet },
  ];
  return fromParts(
    name,
    parts.flatMap((part) => (part.files ? [componentOf(part.name, part.files)] : [])),
  );
}

/** One component alone; `second` when a text encoder is a model's second one. */
export function adaptableComponent(files: TextEncoderFiles | UNetFiles, { second = false } = {}): AdaptableModel {
  const name = files.kind === 'unet' ? 'unet' : second ? 'text_encoder_2' : 'text_encoder';
  return fromParts(files.label, [componentOf(name, files)]);
}

function componentOf(name: AdaptableComponentName, files: TextEncoderFiles | UNetFiles): AdaptableComponent {
  const ldmPath = files.kind === 'unet' ? ldmUNetNames(files.config) : () => null;
  return { name, layers: layersOf(files), ldmPath };
}

function fromParts(label: string, components: readonly AdaptableComponent[]): AdaptableModel {
  const unet = components.find(({ name }) => name === 'unet');
  const readsText = unet?.layers.find(({ path }) => isTextKey(path));
  return { label, crossAttentionWidth: readsText?.inFeatures ?? null, components };
}

type AdaptableComponent = AdaptableModel['components'][number];

/** By config: authoring the network to list its layers takes milliseconds, and a shelf asks for every file on it. */
const known = new Map<string, readonly AdaptableLayer[]>();

function layersOf(files: TextEncoderFiles | UNetFiles): readonly AdaptableLayer[] {
  const key = `${files.kind} ${JSON.stringify(files.config)}`;
  const layers =
    known.get(key) ??
    (files.kind === 'unet'
      ? adaptableLayers({ component: 'unet', config: files.config })
      : adaptableLayers({ component: 'text_encoder', config: files.config }));
  known.set(key, layers);
  return layers;
}
