import type { Algorithm } from '../adapter.js';
import { lora } from './lora.js';

export const algorithms: readonly Algorithm[] = [lora];
