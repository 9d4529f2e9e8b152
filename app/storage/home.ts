import { mkdir } from 'node:fs/promises';
import { posix, win32 } from 'node:path';
import { StudioError } from '../contracts/studio-error.js';

/** The folder where the studio keeps its things, and the places inside it. All paths are absolute. */
export interface Home {
  readonly root: string;
  readonly database: string;
  /** Finished pictures, one folder a day. */
  readonly pictures: string;
  /** WebP copies of pictures, by picture id; may be deleted at any time. */
  readonly thumbnails: string;
  /** Pictures that were thrown away, under the paths they had in `pictures`. */
  readonly bin: string;
  /** Saved steps of pictures that are being made: `<job>-<picture>.safetensors`. */
  readonly checkpoints: string;
  /** Maps from latents to colours, fitted by the engine, one a model. */
  readonly previews: string;
  /** The two pictures of each adapter's last comparison. */
  readonly effects: string;
  /** WebP pictures of adapters, by adapter id and version; may be deleted at any time. */
  readonly adapterPreviews: string;
  /** Weights of quantised language models in the order that the processor multiplies them in; may be deleted. */
  readonly preparedWeights: string;
  /** Vectors of pictures that were evaluated, by network; may be deleted while nothing is evaluated. */
  readonly features: string;
  /** Reports and small pictures of evaluations, and matrices while one runs; may be deleted when none does. */
  readonly evaluations: string;
  /** Models that were copied in (`models import --copy`). */
  readonly models: string;
  readonly logs: string;
  /** Electron's own user data: cookies it never sets, caches, its lock. */
  readonly electron: string;
}

export interface HomeWish {
  /** `--home DIR` of the command line. */
  readonly flag?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** As `process.platform`. */
  readonly platform: string;
  /** As `os.homedir()`. */
  readonly userHome: string;
}

/** `--home`, else `INKSTONE_HOME`, else the platform's place; the same for the window and the command line. */
export function resolveHome({ flag, env, platform, userHome }: HomeWish): string {
  const path = platform === 'win32' ? win32 : posix;
  const chosen = flag || env['INKSTONE_HOME'];
  if (chosen) return path.resolve(chosen);
  if (platform === 'win32') return path.join(env['APPDATA'] || path.join(userHome, 'AppData', 'Roaming'), 'Inkstone');
  if (platform === 'darwin') return path.join(userHome, 'Library', 'Application Support', 'Inkstone');
  // The XDG standard says that a relative XDG_DATA_HOME is to be ignored.
  const dataHome = env['XDG_DATA_HOME'];
  return path.join(
    dataHome && path.isAbsolute(dataHome) ? dataHome : path.join(userHome, '.local', 'share'),
    'inkstone',
  );
}

export function homeAt(root: string): Home {
  const path = process.platform === 'win32' ? win32 : posix;
  const inside = (name: string) => path.join(root, name);
  return {
    root,
    database: inside('inkstone.db'),
    pictures: inside('pictures'),
    thumbnails: inside('thumbnails'),
    bin: inside('bin'),
    checkpoints: inside('checkpoints'),
    previews: inside('previews'),
    adapterPreviews: inside('adapter-previews'),
    effects: inside('effects'),
    preparedWeights: inside('prepared-weights'),
    features: inside('features'),
    evaluations: inside('evaluations'),
    models: inside('models'),
    logs: inside('logs'),
    electron: inside('electron'),
  };
}

/** Make the folders that are not there yet. `effects`, `preparedWeights`, `features`, `models` and `electron` are made by whoever first needs them. */
export async function makeHome(home: Home): Promise<void> {
  try {
    for (const folder of [
      ...[home.pictures, home.thumbnails, home.bin, home.checkpoints],
      ...[home.previews, home.adapterPreviews, home.logs],
    ]) {
      await mkdir(folder, { recursive: true });
    }
  } catch (cause) {
    throw new StudioError(
      'storage',
      `The studio's folder ${home.root} cannot be written; make it writable or choose another with --home or INKSTONE_HOME.`,
      { file: home.root, cause },
    );
  }
}
