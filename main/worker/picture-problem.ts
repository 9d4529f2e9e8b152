import { StudioError } from '../../app/contracts/studio-error.js';

/**
 * What is wrong with one picture of many. The message goes on after the file's name, which lists show beside it:
 * `is empty`, `is a web page, not a picture`.
 */
export const pictureProblem = (path: string, problem: string, cause?: unknown): StudioError =>
  new StudioError('bad-file', problem, { file: path, cause });

/** The same for a refusal of the file system. */
export function readingProblem(error: unknown): string {
  switch (error instanceof Error && 'code' in error ? error.code : undefined) {
    case 'ENOENT':
      return 'is not there any more';
    case 'EACCES':
    case 'EPERM':
      return 'may not be read: its permissions forbid it';
    case 'EISDIR':
      return 'is a folder, not a picture';
    case 'ELOOP':
      return 'is a link that leads to itself';
    default:
      return `could not be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}
