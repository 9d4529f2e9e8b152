/** Which layers of one model an adapter changes, by name and by shape, and why the others are not there. */
import { ModelError } from '../errors.js';
import type { AdaptableLayer } from '../onnx/graph.js';
import type {
  AdaptableComponentName,
  AdaptableModel,
  AdapterFile,
  AdapterMatch,
  AdapterModule,
  MatchedModule,
} from './adapter.js';
import { dialects } from './dialects/index.js';
import { crossAttentionWidth, isTextKey } from './infer-base.js';
import { misfitSentence } from './refusals.js';

export function matchAdapter(adapter: AdapterFile, model: AdaptableModel): AdapterMatch {
  const index = indexLayers(model);
  const matched: MatchedModule[] = [];
  const unmatched = [...adapter.leftOver];
  const taken = new Set<AdaptableLayer>();
  for (const module of adapter.modules) {
    const found = index.get(module.key);
    const reason = found ? misfit(module, found.layer) : 'this model has no such layer';
    if (found && reason === null && !taken.has(found.layer)) {
      taken.add(found.layer);
      matched.push({ module, ...found });
    } else unmatched.push({ key: module.key, reason: textMisfit(module, model) ?? reason ?? 'the same layer twice' });
  }
  const width = crossAttentionWidth(adapter.modules);
  const otherText = width !== null && model.crossAttentionWidth !== null && width !== model.crossAttentionWidth;
  return { matched, unmatched, total: adapter.layers, fits: matched.length > 0 && !otherText };
}

/** Throws `unfit-model` for an adapter that is not applied to this model. */
export function requireFit(adapter: AdapterFile, match: AdapterMatch, model: AdaptableModel): void {
  if (match.fits) return;
  const { file, label } = adapter.file;
  const name = label.replace(/\.safetensors$/i, '');
  const { base } = adapter;
  const counts = { matched: match.matched.length, total: match.total };
  throw new ModelError('unfit-model', misfitSentence({ name, base, ...counts }, model.label), { file });
}

interface Place {
  readonly component: AdaptableComponentName;
  readonly layer: AdaptableLayer;
}

const indexes = new WeakMap<AdaptableModel, ReadonlyMap<string, Place>>();

/** Every name that any dialect has for a layer: some thousands, made once a model. */
export function indexLayers(model: AdaptableModel): ReadonlyMap<string, Place> {
  const known = indexes.get(model);
  if (known) return known;
  const index = new Map<string, Place>();
  for (const { name: component, layers, ldmPath } of model.components) {
    for (const layer of layers) {
      for (const dialect of dialects) {
        for (const name of dialect.names(component, layer.path, ldmPath(layer.path)))
          index.set(name, { component, layer });
      }
    }
  }
  indexes.set(model, index);
  return index;
}

/** Null when it fits. A 1 x 1 convolution and a matrix are the same thing. */
function misfit(module: AdapterModule, layer: AdaptableLayer): string | null {
  const size = ([height, width]: readonly [number, number] = [1, 1]): string => `${height} x ${width}`;
  if (module.inFeatures !== layer.inFeatures) return `${shape(module, 'down')} does not fit [${layer.inFeatures}]`;
  if (module.outFeatures !== layer.outFeatures) return `${shape(module, 'up')} does not fit [${layer.outFeatures}]`;
  const [own, wanted] = [size(module.kernel ?? undefined), size(layer.kernel ?? undefined)];
  return own === wanted ? null : `its kernel is ${own}, this model’s is ${wanted}`;
}

const shape = ({ slots }: AdapterModule, slot: 'down' | 'up'): string => `[${slots.get(slot)?.shape.join(', ')}]`;

function textMisfit({ key, inFeatures }: AdapterModule, { crossAttentionWidth: width }: AdaptableModel): string | null {
  if (width === null || inFeatures === width || !isTextKey(key)) return null;
  return `made for ${inFeatures} wide text, this model’s is ${width}`;
}
