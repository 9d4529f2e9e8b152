import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** KaTeX's style sheet names every font three times; Chromium takes the first form, and the others need not be packed. */
const newestFontsAlone: Plugin = {
  name: 'newest-fonts-alone',
  enforce: 'pre',
  transform: (code, id) =>
    id.includes('katex') && id.endsWith('.css')
      ? code.replace(/,\s*url\([^)]*\.(?:woff|ttf)\)\s*format\(["'](?:woff|truetype)["']\)/g, '')
      : null,
};

/** The window's pages. The main side is bundled by main/set-up/build.mjs. */
export default defineConfig({
  root: 'renderer',
  base: './', // the pages are served by the studio's own protocol, from whatever folder they lie in
  plugins: [react(), newestFontsAlone],
  worker: { format: 'es' }, // its grammars are chunks of their own
  build: {
    outDir: '../dist/renderer',
    emptyOutDir: true,
    target: 'chrome130', // the Chromium of the oldest Electron that the studio runs on
    sourcemap: true,
    chunkSizeWarningLimit: 2000, // kB; the pages come from this disk, where one large file is no slower than several
    modulePreload: { polyfill: false }, // an inline script, which the content security policy forbids
    assetsInlineLimit: 0, // fonts and pictures stay files: no data: addresses to allow
  },
});
