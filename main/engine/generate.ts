export async function generate(): Promise<never> {
  throw new Error('not there yet');
}
