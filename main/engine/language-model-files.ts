import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ChatTemplate } from '../../native-models/chat-templates/chat-template.js';
import { CHATML } from '../../native-models/chat-templates/chatml.js';
import {
  readChatTemplates,
  templatesOf,
  type TemplateSource,
} from '../../native-models/chat-templates/read-chat-template.js';
import { fileIdentity, verifyFiles, type FileIdentity } from '../../native-models/runtime/file-identity.js';
import { languageWeightsMode } from '../../native-models/runtime/session-options.js';
import { LanguageTokenizer } from '../../native-models/tokenizers/language-tokenizer.js';
import { readLanguageTokenizer } from '../../native-models/tokenizers/language-tokenizer-folder.js';
import { prepareGguf, readLanguageGguf } from '../../native-models/weight-formats/gguf/language-gguf.js';
import type { RepackOptions } from '../../native-models/weight-formats/gguf/repacked-file.js';
import { readLanguageFolder, type LanguageFiles } from '../../native-models/weight-formats/language-folder.js';

/** What can be said of a language model without opening it, whatever its format. */
export class LanguageModelFiles {
  #tokenizer: Promise<LanguageTokenizer> | null = null;
  readonly #templates = new Map<'own' | 'chatml', ChatTemplate>();

  constructor(
    /** Absolute path of the folder or file. */
    readonly path: string,
    readonly files: LanguageFiles,
    /** Of all that is read of it: weights, configs, tokenizer, template. */
    readonly identities: readonly FileIdentity[],
    private readonly source: {
      readonly template: TemplateSource | null;
      readonly readTokenizer: () => Promise<LanguageTokenizer>;
      /** Bytes on disk that `runnable` writes the first time. */
      readonly preparedBytes: number;
      readonly notices: readonly string[];
      readonly runnable: (options: RepackOptions) => Promise<LanguageFiles>;
    },
  ) {}

  get chats(): boolean {
    return this.source.template !== null;
  }

  get preparedBytes(): number {
    return this.source.preparedBytes;
  }

  /** In memory: quantised weights stay as they are prepared, halves become floats wherever there is room for them. */
  get weightBytes(): number {
    const { parameters, bytes } = this.files;
    if (this.preparedBytes > 0) return this.preparedBytes;
    return languageWeightsMode(4 * parameters, 'cpu') === 'fold' ? 4 * parameters : bytes;
  }

  /** What a person should know of it, one sentence each. */
  get notices(): readonly string[] {
    return this.source.notices;
  }

  /** Read when it is first asked for: a large vocabulary takes a second. */
  tokenizer(): Promise<LanguageTokenizer> {
    this.#tokenizer ??= this.source.readTokenizer().catch((error: unknown) => {
      this.#tokenizer = null;
      throw error;
    });
    return this.#tokenizer;
  }

  /** null: the model has none of its own. Throws for one that cannot be read; ChatML can still be chosen. */
  template(which: 'own' | 'chatml'): ChatTemplate | null {
    const { template } = this.source;
    if (which === 'own' && template === null) return null;
    let parsed = this.#templates.get(which);
    if (parsed === undefined) {
      parsed =
        which === 'chatml' || template === null
          ? new ChatTemplate(CHATML, 'the built-in ChatML')
          : new ChatTemplate(template.source, template.label);
      this.#templates.set(which, parsed);
    }
    return parsed;
  }

  /** With weights that a graph can map. */
  runnable(options: RepackOptions): Promise<LanguageFiles> {
    return this.source.runnable(options);
  }

  isUnchanged(): Promise<boolean> {
    return verifyFiles(this.identities).then(
      () => true,
      () => false,
    );
  }
}

/** The last one that was asked for: headers and vocabulary are read once, for the window asks at every pause of typing. */
let last: LanguageModelFiles | null = null;

/** A large vocabulary is read anew when it is next asked for. */
export function forgetLanguageModelFiles(): void {
  last = null;
}

/** Read anew when a file of it changed. Throws a `ModelError` for what is no language model. */
export async function languageModelFiles(modelPath: string): Promise<LanguageModelFiles> {
  const path = resolve(modelPath);
  if (last?.path === path && (await last.isUnchanged())) return last;
  last = null;
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  const read = isFile ? await readGgufModel(path) : await readFolderModel(path);
  last = read;
  return read;
}

async function readFolderModel(path: string): Promise<LanguageModelFiles> {
  const files = await readLanguageFolder(path);
  const others = ['generation_config.json', 'tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja'];
  const found = await Promise.all(others.map((name) => fileIdentity(join(path, name)).catch(() => null)));
  const [template = null] = await readChatTemplates(path);
  return new LanguageModelFiles(path, files, [...files.identities, ...found.filter((identity) => identity !== null)], {
    template,
    readTokenizer: () => readLanguageTokenizer(path),
    preparedBytes: 0,
    notices: [],
    runnable: () => Promise.resolve(files),
  });
}

async function readGgufModel(path: string): Promise<LanguageModelFiles> {
  const files = await readLanguageGguf(path);
  const { tokenizer, settings, notices } = files.tokenizer;
  const [template = null] = templatesOf(settings, files.label);
  return new LanguageModelFiles(path, files, files.identities, {
    template,
    readTokenizer: () => Promise.resolve().then(() => new LanguageTokenizer(tokenizer, settings, files.label)),
    preparedBytes: files.repackedBytes,
    notices,
    runnable: (options) => prepareGguf(files, options),
  });
}
