export async function unload(): Promise<never> {
  throw new Error('not there yet');
}
