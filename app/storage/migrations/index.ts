import type { Migration } from './migration.js';
import { libraryQueueGallery } from './0001-library-queue-gallery.js';

/** In order, without gaps. */
export const migrations: readonly Migration[] = [libraryQueueGallery];
