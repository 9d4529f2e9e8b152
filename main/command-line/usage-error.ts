/** The command line cannot be understood: exit code 2. The message is one plain sentence that says what there is. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
