import type { Network } from '../runtime/network.js';

/** At most one network of a kind, for the wishes asked for last: two would take twice the memory. */
export class OpenOne {
  #open: { readonly key: string; readonly network: Network } | null = null;

  /** The open one if it was opened under this key, else a new one in its place. */
  async get(key: string, open: () => Promise<Network>): Promise<Network> {
    if (this.#open?.key === key) return this.#open.network;
    await this.release();
    const network = await open();
    this.#open = { key, network };
    return network;
  }

  async release(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    await open?.network.release();
  }
}
