import type { ModelDefaults, ModelDescription } from '../contracts/models.js';

/** The settings a model starts with: what its card says, else its own size and what suits most models. */
export function modelDefaults(description: ModelDescription): ModelDefaults {
  return {
    steps: 20,
    cfg: 7,
    sampler: 'euler',
    schedule: 'normal',
    width: description.nativeSize,
    height: description.nativeSize,
    ...withoutUndefined(description.card?.defaults ?? {}),
  };
}

/** A spread would let `{steps: undefined}` hide a default. */
function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
