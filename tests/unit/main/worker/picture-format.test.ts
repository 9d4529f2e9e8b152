import { describe, expect, test } from 'vitest';
import { contentOf } from '../../../../main/worker/picture-format.js';

const bytes = (text: string) => Buffer.from(text, 'latin1');

test.each([
  ['\x89PNG\r\n\x1a\n\0\0', 'png'],
  ['\xff\xd8\xff\xe1\0', 'jpeg'],
  ['RIFF\x10\0\0\0WEBPVP8 ', 'webp'],
  ['MM\0*\0\0\0\x08', 'tiff'],
  ['GIF89a\x01\0', 'gif'],
  ['BM\x46\0\0\0', 'bmp'],
  ['P6\n3 2 255\n', 'netpbm'],
])('%j is known as %s, whatever its name', (text, format) => {
  expect(contentOf(bytes(text))).toMatchObject({ format });
});

describe('what is none is called by its name', () => {
  test.each([
    ['', 'is empty'],
    ['hello', 'is a text file, not a picture'],
    ['{"prompt": "a heart ♥"}', 'is a text file, not a picture'],
    ['  <!DOCTYPE html>\n<title>404</title>', 'is a web page, not a picture'],
    [
      '<?xml version="1.0"?>\n<!-- made -->\n<svg width="1"/>',
      'is an SVG drawing, which has no pixels: save it as PNG',
    ],
    ['\0\0\0\x1cftypavif', 'is an AVIF picture: save it as PNG'],
    ['\0\0\0\x18ftypheic', 'is a HEIF picture: save it as PNG'],
    ['\0\0\0\x18ftypmp42', 'is a film, not a picture'],
    ['PK\x03\x04\x14\0', 'is a ZIP archive, not a picture'],
    ['%PDF-1.7\n', 'is a PDF document, not a picture'],
    ['RIFF\x10\0\0\0WAVEfmt ', 'is no picture that is known here'],
    ['\0\x01\x02\x03', 'is no picture that is known here'],
  ])('%j', (text, problem) => {
    const file = text.includes('♥') ? Buffer.from(text) : bytes(text);
    expect(contentOf(file)).toEqual({ problem });
  });
});
