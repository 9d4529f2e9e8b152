import { expect, test } from 'vitest';
import { checkNode } from '../../../../main/set-up/check-node.mjs';

test.each(['20.15.0', '20.20.2', '22.1.0', '26.0.0'])('Node %s is new enough', (version) => {
  expect(() => checkNode(version)).not.toThrow();
});

test.each(['18.20.8', '20.14.0'])('Node %s is refused, with what to do', (version) => {
  expect(() => checkNode(version)).toThrow(
    `Inkstone Studio needs Node 20.15 or newer, and this is Node ${version}: install a current one`,
  );
});
