import { describe, expect, test } from 'vitest';
import { captionsOfFile } from '../../../../app/evaluation/captions.js';
import { textFile } from './evaluation-parts.js';

const pictures = ['1.png', '2.png', 'below/10.png'].map((name) => ({ name, path: `/set/${name}` }));
const of = async (text: string, name?: string) => captionsOfFile(await textFile(text, name), pictures, 'set');
const refused = async (text: string, name?: string): Promise<string> =>
  of(text, name).then(
    () => 'taken',
    (error: Error) => error.message.replace(/^\S*\/|\/\S*\/(?=\S)/g, ''),
  );

describe('prompts', () => {
  test('of plain text belong to the pictures line by line', async () => {
    const { captions } = await of('a boat\r\na <lora:ink:1> sky\n\n');
    expect(captions).toEqual(['a boat', 'a  sky', null]);
  });

  test('of JSON lines belong to the pictures by name, however it is spelled', async () => {
    const { captions, notices } = await of(
      '{"file":"./2.png","prompt":"two"}\n\n{"file":"below\\\\10.png","prompt":"ten","seed":3}\n{"file":"3.png","prompt":"x"}',
    );
    expect(captions).toEqual([null, 'two', 'ten']);
    expect(notices).toEqual([
      'The prompts have 1 line for files that are not among the pictures (3.png); they are left out.',
    ]);
  });

  test.each<[string, string, RegExp]>([
    [
      'fewer lines than pictures',
      'one\ntwo',
      /prompts\.txt has 2 lines for 3 pictures in “set”: line i is the caption/,
    ],
    ['more lines than pictures', '1\n2\n3\n4', /has 4 lines for 3 pictures in “set”/],
    [
      'names of other files',
      '{"file":"a.png","prompt":"a"}\n{"file":"b.png","prompt":"b"}',
      /names none of the 3 pictures: it has a\.png, b\.png, the folder has 1\.png, 2\.png, below\/10\.png/,
    ],
    [
      'a broken line',
      '{"file":"1.png","prompt":"a"}\n{"file":"2.png"}',
      /^Line 2 of .*prompts\.txt is no JSON object with "file" and "prompt"/,
    ],
    [
      'two captions of one picture',
      '{"file":"1.png","prompt":"a"}\n{"file":"1.png","prompt":"b"}',
      /gives a picture more than one caption \(1\.png\)/,
    ],
    ['bytes that are no text', '\u0000', /has 1 line for 3 pictures/],
  ])('with %s are refused in one sentence', async (_, text, sentence) => {
    const message = await refused(text);
    expect(message).toMatch(sentence);
  });

  test('that are not there are refused', async () => {
    await expect(captionsOfFile('/nowhere/prompts.txt', pictures, 'set')).rejects.toMatchObject({
      kind: 'missing-file',
      file: '/nowhere/prompts.txt',
    });
  });
});
