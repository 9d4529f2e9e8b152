import type { Dialect } from '../adapter.js';
import { diffusers } from './diffusers.js';
import { kohya } from './kohya.js';
import { peft } from './peft.js';

/** In this order they are asked what a key means, and the first that reads it has it; a file may mix them. */
export const dialects: readonly Dialect[] = [kohya, diffusers, peft];
