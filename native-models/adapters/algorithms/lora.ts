/**
 * LoRA (Hu and others 2021, arXiv 2106.09685) and its wider convolutions, LoCon (LyCORIS f49d30d, modules/locon.py).
 *
 *   delta = alpha / r · up · down
 *   linear        down [r, in]           up [out, r]
 *   convolution   down [r, in, kh, kw]   up [out, r, 1, 1]
 */
import type { Algorithm } from '../adapter.js';

/** Of the number formats of a file, those that the matrices may have. */
const floats = ['F32', 'F16', 'BF16', 'F64'];

export const lora: Algorithm = {
  id: 'lora',

  read(slots) {
    const down = slots.get('down');
    const up = slots.get('up');
    if (!down && !up) return null;
    if (!down || !up) return { problem: `only half of its pair is there, ${down ? 'down' : 'up'} without the other` };
    const strange = [down, up].find(({ dtype }) => !floats.includes(dtype));
    if (strange) return { problem: `its numbers are ${strange.dtype}, which is not supported yet` };

    const [rank = 0, inFeatures = 0, ...kernel] = down.shape;
    const [outFeatures = 0, rankOfUp = 0, ...point] = up.shape;
    const shapes = `down is [${down.shape.join(', ')}] and up [${up.shape.join(', ')}]`;
    const isMatrix = kernel.length === 0 || kernel.length === 2;
    const isPoint = (point.length === 0 || point.length === 2) && point.every((size) => size === 1);
    if (down.shape.length < 2 || up.shape.length < 2 || !isMatrix || !isPoint) {
      return { problem: `${shapes}, which is no low-rank pair` };
    }
    if (rank === 0 && rankOfUp === 0) return { problem: 'its rank is 0' };
    if (rank !== rankOfUp) return { problem: `its ranks differ: ${shapes}` };
    if ([...down.shape, ...up.shape].includes(0)) return { problem: `it is empty: ${shapes}` };
    const [height, width] = kernel;
    return {
      rank,
      inFeatures,
      outFeatures,
      kernel: height === undefined || width === undefined ? null : [height, width],
    };
  },
};
