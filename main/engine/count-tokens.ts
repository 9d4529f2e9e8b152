export async function countTokens(): Promise<never> {
  throw new Error('not there yet');
}
