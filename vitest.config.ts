import { defineConfig } from 'vitest/config';

/** One project a stage of `npm test` (main/set-up/test.mjs), which also says how each is run. */
export default defineConfig({
  test: {
    pool: 'forks', // native modules do not live well in threads
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['tests/unit/**/*.test.{ts,tsx}', 'tests/fuzz/**/*.test.ts'],
          testTimeout: 30_000, // machines are shared; no test asserts a time
        },
      },
      {
        extends: true,
        test: { name: 'parity', include: ['tests/parity/**/*.test.ts'], testTimeout: 120_000 },
      },
      {
        extends: true,
        test: {
          name: 'end-to-end',
          include: ['tests/end-to-end/**/*.test.ts'],
          exclude: ['tests/end-to-end/packed.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'packed',
          include: ['tests/end-to-end/packed.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
