/**
 * The names of a layer in the dialects that keep its dotted path: with the component before it or, in files of one
 * component (and of diffusers before 0.17), without; with PEFT's wrapper where it leaked in (diffusers #11790).
 */
import type { AdaptableComponentName } from '../adapter.js';

const wrapper = 'base_model.model.';

export function dottedNames(component: AdaptableComponentName, path: string): readonly string[] {
  const paths = component === 'unet' ? [path] : [path, path.replace(/^text_model\./, '')];
  const places = [`${component}.`, `${component}.${wrapper}`, `${wrapper}${component}.`];
  // Without its component a name means the first text encoder.
  if (component !== 'text_encoder_2') places.push('', wrapper);
  return places.flatMap((place) => paths.map((name) => place + name));
}

/** A module's component and path, whichever of those names it has; the component is null where neither tells it. */
export function splitDottedName(module: string): { component: AdaptableComponentName | null; path: string } {
  const bare = module.replace(wrapper, '');
  const [, named, path] = /^(unet|text_encoder_2|text_encoder)\.(.+)$/.exec(bare) ?? [];
  if (named !== undefined && path !== undefined) return { component: named as AdaptableComponentName, path };
  return { component: componentOfPath(bare), path: bare };
}

/** The component that has a layer of this path, with dots or underscores; null where it is none of ours. */
export function componentOfPath(path: string): AdaptableComponentName | null {
  if (/^(text_model|encoder[._]layers)[._]/.test(path)) return 'text_encoder';
  const ofUNet = /^(conv_in|time_embedding|add_embedding|down_blocks|mid_block|up_blocks|conv_out)([._]|$)/;
  return ofUNet.test(path) ? 'unet' : null;
}
