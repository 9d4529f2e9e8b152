import type { Migration } from './migration.js';
import { libraryQueueGallery } from './0001-library-queue-gallery.js';
import { adapters } from './0002-adapters.js';
import { conversations } from './0003-conversations.js';
import { evaluations } from './0004-evaluations.js';
import { draftsAndPresets } from './0005-drafts-and-presets.js';

/** In order, without gaps. */
export const migrations: readonly Migration[] = [
  libraryQueueGallery,
  adapters,
  conversations,
  evaluations,
  draftsAndPresets,
];
