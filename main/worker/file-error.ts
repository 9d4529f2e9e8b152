import { StudioError } from '../../app/contracts/studio-error.js';

/** A refusal of the file system as one sentence that names the file; errors that have a kind pass through. */
export function fileError(error: unknown, path: string, doing: 'read' | 'written'): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  const options = { file: path, cause: error };
  switch (error.code) {
    case 'ENOENT':
      return doing === 'read'
        ? new StudioError('missing-file', `${path} is not there.`, options)
        : new StudioError('missing-file', `${path} cannot be written: its folder is not there.`, options);
    case 'EEXIST':
      return new StudioError(
        'bad-input',
        `${path} already exists; choose another name or allow it to be replaced.`,
        options,
      );
    case 'EISDIR':
      return new StudioError('bad-input', `${path} is a folder, not a file.`, options);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new StudioError('storage', `${path} may not be ${doing}: its permissions forbid it.`, options);
    case 'ENOSPC':
    case 'EDQUOT':
      return new StudioError('storage', `${path} cannot be written: the disk is full.`, options);
    default:
      return new StudioError('storage', `${path} could not be ${doing}: ${error.message}.`, options);
  }
}
