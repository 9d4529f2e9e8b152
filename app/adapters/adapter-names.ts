import { parse } from 'node:path';

/** The file's name without its ending: what `<lora:NAME:1>` calls it. */
export const adapterName = (path: string): string => parse(path).name;

/** Names that a person would not tell apart become the same text. */
export const foldName = (name: string): string => name.normalize('NFC').toLowerCase();
