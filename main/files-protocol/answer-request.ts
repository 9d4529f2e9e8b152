import { readFile } from 'node:fs/promises';
import { extname, resolve, sep } from 'node:path';
import { contentSecurityPolicy } from './content-security-policy.js';
import { appOrigin, scheme } from './scheme.js';

/** Where answers come from. An id leads to a file through the studio; a path never comes from an address. */
export interface FileSources {
  /** Folder of the built window. */
  readonly rendererFolder: string;
  pictureFile(id: string): Promise<string | null>;
  thumbnailFile(id: string): Promise<string | null>;
  adapterPreviewFile(id: string): Promise<string | null>;
  effectFile(id: string, which: string): Promise<string | null>;
  evaluatedPictureFile(run: string, set: string, index: string): Promise<string | null>;
  sourcePictureFile(token: string, index: string): Promise<string | null>;
}

/** Answers one request of the window; whatever is not there, or not ours to give, is 404. */
export async function answerRequest(request: { url: string; method: string }, sources: FileSources): Promise<Response> {
  if (request.method !== 'GET') return nothing(405);
  const address = parseAddress(request.url);
  if (address === null) return nothing(404);
  switch (address.host) {
    case 'app': {
      const file = fileInside(sources.rendererFolder, address.path);
      return file === null ? nothing(404) : serve(file, appHeaders(file));
    }
    case 'picture':
      return servePicture(sources.pictureFile(address.path), 'no-cache');
    case 'thumbnail':
      // A picture never changes under its id, so neither does its thumbnail.
      return servePicture(sources.thumbnailFile(address.path), keptForLong);
    case 'adapter':
      // Another picture of an adapter comes with another version in its address; one that is not there may still come.
      return servePicture(sources.adapterPreviewFile(address.path), keptForLong);
    case 'effect': {
      const [id = '', which = '', ...rest] = address.path.split('/');
      return rest.length > 0 ? nothing(404) : servePicture(sources.effectFile(id, which), keptForLong);
    }
    case 'evaluated': {
      const [run = '', set = '', index = '', ...rest] = address.path.split('/');
      return rest.length > 0 ? nothing(404) : servePicture(sources.evaluatedPictureFile(run, set, index), keptForLong);
    }
    case 'source': {
      const [token = '', index = '', ...rest] = address.path.split('/');
      return rest.length > 0 ? nothing(404) : servePicture(sources.sourcePictureFile(token, index), keptForLong);
    }
    default:
      return nothing(404);
  }
}

function parseAddress(address: string): { host: string; path: string } | null {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url?.protocol !== `${scheme}:`) return null;
  try {
    return { host: url.hostname, path: decodeURIComponent(url.pathname.slice(1)) };
  } catch {
    return null; // a broken percent sign
  }
}

/** The file that a decoded path names below the folder; null for whatever leads out of it. */
export function fileInside(folder: string, path: string): string | null {
  if (path.includes('\0') || path.includes('\\')) return null;
  const root = resolve(folder) + sep;
  const file = resolve(root, path);
  return file.startsWith(root) && file !== root ? file : null;
}

async function servePicture(looked: Promise<string | null>, cacheControl: string): Promise<Response> {
  const file = await looked.catch(() => null); // an unknown id is an error to the studio, and a 404 here
  const type = file === null ? undefined : pictureTypes[extname(file).toLowerCase()];
  if (file === null || type === undefined) return nothing(404);
  return serve(file, { 'content-type': type, 'cache-control': cacheControl });
}

const keptForLong = 'private, max-age=31536000, immutable';

const pictureTypes: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
};

const appTypes: Readonly<Record<string, string>> = {
  ...pictureTypes,
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

function appHeaders(file: string): Record<string, string> {
  return {
    'content-type': appTypes[extname(file).toLowerCase()] ?? 'application/octet-stream',
    'content-security-policy': contentSecurityPolicy,
    'cache-control': 'no-cache',
  };
}

async function serve(file: string, headers: Record<string, string>): Promise<Response> {
  const content = await readFile(file).catch(() => null);
  if (content === null) return nothing(404);
  return new Response(content, { headers: { ...headers, ...alwaysHeaders } });
}

/** A file is what its type says; pictures have other hosts than the window, which may read their pixels. */
const alwaysHeaders = { 'x-content-type-options': 'nosniff', 'access-control-allow-origin': appOrigin };

const nothing = (status: number): Response => new Response(null, { status, headers: alwaysHeaders });
