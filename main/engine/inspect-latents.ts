export async function inspectLatents(): Promise<never> {
  throw new Error('not there yet');
}
