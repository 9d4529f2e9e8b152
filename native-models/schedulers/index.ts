/** All samplers, in the order in which people see them. A new one is a file of its own and a line here. */
import { ddim } from './ddim.js';
import { dpmSolverMultistep } from './dpm-solver-multistep.js';
import { eulerAncestral } from './euler-ancestral.js';
import { euler } from './euler.js';
import { lcm } from './lcm.js';
import type { Scheduler } from './scheduler.js';

export const schedulers: readonly Scheduler[] = [ddim, euler, eulerAncestral, dpmSolverMultistep, lcm];
