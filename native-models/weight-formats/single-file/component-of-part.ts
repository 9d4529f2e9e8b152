/** What a component that is a part of a file has in common with one in its own folder. */
import path from 'node:path';

import type { Component } from '../component-folder.js';
import { mainDtype } from '../component-folder.js';
import type { SafetensorsFile } from '../safetensors.js';
import { SafetensorsWeights } from '../safetensors-weights.js';

export function componentOfPart(part: SafetensorsFile): Omit<Component, 'kind' | 'config'> {
  const tensors = [...part.tensors.values()];
  return {
    folder: path.dirname(part.file),
    label: part.label,
    rawConfig: {},
    weights: new SafetensorsWeights([part], part.label),
    dtype: mainDtype([part]),
    bytes: tensors.reduce((sum, { byteLength }) => sum + byteLength, 0),
    identities: [part.identity],
  };
}
