import type { Capabilities } from '../../app/contracts/capabilities.js';
import { metricFacts } from '../../native-models/metrics/index.js';
import { schedules } from '../../native-models/schedulers/find-scheduler.js';
import { schedulers } from '../../native-models/schedulers/index.js';
import { versions } from './versions.js';

export async function capabilities(): Promise<Capabilities> {
  return {
    samplers: schedulers.map(({ id, label }) => ({ id, label })),
    schedules: schedules.map(({ id, label }) => ({ id, label })),
    metrics: metricFacts.map((facts) => ({ ...facts })),
    versions,
  };
}
