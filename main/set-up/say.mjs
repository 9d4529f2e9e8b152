/** The words of the set-up, on stderr: stdout belongs to whatever the person asked for (`npx inkstone ... --json`). */

/**
 * One plain line.
 * @param {string} sentence
 */
export function say(sentence) {
  process.stderr.write(`${sentence}\n`);
}

/** A step that failed in a way that one sentence explains; shown without a stack trace. */
export class SetUpError extends Error {
  /** @override */
  name = 'SetUpError';
}

/**
 * Run a script's main function, and end the process with the exit code it gives.
 * @param {() => Promise<number>} main
 */
export async function runScript(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    say(error instanceof SetUpError ? error.message : String(error instanceof Error ? error.stack : error));
    process.exitCode = 1;
  }
}
