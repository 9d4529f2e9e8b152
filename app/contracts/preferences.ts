import { z } from 'zod';
import { adapterUse } from './adapters.js';
import { deviceWish } from './capabilities.js';
import { generationSettings } from './generation.js';

/** What the studio remembers about how a person likes it. Unknown fields of a newer version are kept. */
export const preferences = z.object({
  theme: z.enum(['system', 'dark', 'light']),
  /** What lies behind a picture on the stage; key B. */
  surround: z.enum(['theme', 'black', 'grey', 'white']),
  device: deviceWish,
  /** Panel that is open, and widths of columns in pixels by name. */
  panel: z.string(),
  columns: z.record(z.string(), z.number()),
  inspector: z.boolean(),
  /** Height of a row in the gallery, in pixels. */
  thumbnailSize: z.number(),
  /** The Generate panel as it was left. */
  draft: generationSettings
    .omit({ adapters: true })
    .partial()
    .extend({
      count: z.number().int().optional(),
      seedLocked: z.boolean().optional(),
      /** Rows of the mixer; one that is off stays with its strengths. */
      mixer: z.array(adapterUse.extend({ on: z.boolean() })).optional(),
    }),
  /** How the shelf of adapters is sorted. */
  adapterSort: z.enum(['used', 'name', 'added', 'rating', 'size']),
  /** The last prompts, newest first. */
  promptHistory: z.array(z.string()),
});
export type Preferences = z.infer<typeof preferences>;

export const defaultPreferences: Preferences = {
  theme: 'dark',
  surround: 'theme',
  device: 'auto',
  panel: 'generate',
  columns: {},
  inspector: true,
  thumbnailSize: 176,
  adapterSort: 'used',
  draft: {},
  promptHistory: [],
};
