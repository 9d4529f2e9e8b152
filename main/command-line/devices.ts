import { deviceId } from '../../app/contracts/capabilities.js';

export const deviceChoices = ['auto', ...deviceId.options] as const;
