import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { featureRows } from '../../app/benchmark/feature-rows.js';
import { frechetRows } from '../../app/benchmark/frechet-rows.js';
import { PythonPeer } from '../../app/benchmark/python-peer.js';
import type { BenchRow } from '../../app/benchmark/row.js';
import type { DeviceWish } from '../../app/contracts/capabilities.js';
import type { Session } from './session.js';

/** Part of a checkout, not of the packed app. */
const peerScript = (path: string): string => fileURLToPath(new URL(`../../tests/peers/${path}`, import.meta.url));

/** What an evaluation spends its time on: features, and the distance of two sets of them. */
export async function evaluationBench(
  session: Session,
  { device, peers }: { device: DeviceWish; peers: boolean },
): Promise<BenchRow[]> {
  const say = (sentence: string): void => session.progress.say(sentence);
  const python = peers ? process.env['INKSTONE_PEER_PYTHON'] : undefined;
  if (peers && python === undefined) {
    say('No Python peer is measured: name a Python that has pytorch-fid and scipy in INKSTONE_PEER_PYTHON.');
  }
  const folder = await mkdtemp(join(tmpdir(), 'inkstone-bench-'));
  const opened: PythonPeer[] = [];
  const open = (name: string, script: string): PythonPeer | null => {
    if (python === undefined) return null;
    const peer = new PythonPeer(name, peerScript(script), python);
    opened.push(peer);
    return peer;
  };
  try {
    const { engine, worker, signal } = session;
    const features = open('pytorch-fid', 'features/pytorch_fid_features.py');
    const rows = await featureRows({ engine, worker, device, folder, peer: features, say, signal });
    features?.close();
    const distances = open('Python', 'frechet/frechet_distances.py');
    return [...rows, ...(await frechetRows({ folder, peer: distances, say, signal }))];
  } finally {
    for (const peer of opened) peer.close();
    await rm(folder, { recursive: true, force: true });
  }
}
