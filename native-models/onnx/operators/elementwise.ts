/** Arithmetic, one element at a time, with numpy's broadcasting. */
import { AuthoringError, expectFloat } from '../authoring-error.js';
import type { OperatorName } from '../operator-table.js';
import { layerForms } from '../operator-table.js';
import type { DataType, Dim, Shape } from '../value.js';
import { Value, describe } from '../value.js';

export const add = (a: Value, b: Value | number): Value => binary('Add', a, b);
export const subtract = (a: Value, b: Value | number): Value => binary('Sub', a, b);
export const multiply = (a: Value, b: Value | number): Value => binary('Mul', a, b);
export const divide = (a: Value, b: Value | number): Value => binary('Div', a, b);

/** a == b, as bool. */
export const equal = (a: Value, b: Value | number): Value => binary('Equal', a, b, 'bool');

export const sin = (x: Value): Value => unary('Sin', nearZero(x));
export const cos = (x: Value): Value => unary('Cos', nearZero(x));
export const floor = (x: Value): Value => unary('Floor', x);
export const sigmoid = (x: Value): Value => unary('Sigmoid', x);
export const tanh = (x: Value): Value => unary('Tanh', x);
export const relu = (x: Value): Value => unary('Relu', x);

/** x * Phi(x) with the exact error function, PyTorch's default `gelu`. */
export const gelu = (x: Value): Value => unary('Gelu', x);

/** x * sigmoid(x), also called swish. */
export const silu = (x: Value): Value => gatedSigmoid(x, 1);

/** x * sigmoid(1.702 x), the cheap GELU that OpenAI's CLIP was trained with. */
export const quickGelu = (x: Value): Value => gatedSigmoid(x, 1.702);

/** x * tanh(log(1 + e^x)) */
export const mish = (x: Value): Value => multiply(x, tanh(unary('Softplus', x)));

const dtypeCodes: Partial<Record<DataType, number>> = { float32: 1, int32: 6, int64: 7, bool: 9 };

export function cast(x: Value, dtype: 'float32' | 'int64' | 'int32'): Value {
  if (x.dtype === dtype) return x;
  return x.graph.node('Cast', [x], { dtype, shape: x.shape }, { to: { int: dtypeCodes[dtype] ?? 0 } });
}

function gatedSigmoid(x: Value, alpha: number): Value {
  expectFloat('QuickGelu', 'input', x);
  if (layerForms[x.graph.device].gatedSigmoid === 'sigmoid-mul') {
    return multiply(x, sigmoid(alpha === 1 ? x : multiply(x, alpha)));
  }
  return x.graph.node('QuickGelu', [x], x, { alpha: { float: alpha } });
}

/** 2 pi as a number of few bits, whose products with whole numbers are exact, and the rest (Cody and Waite 1980). */
const TWO_PI_HIGH = 6.28125;
const TWO_PI_LOW = 2 * Math.PI - TWO_PI_HIGH;

/** An angle less its whole turns, where the device's own sine is good near zero only. */
function nearZero(x: Value): Value {
  if (layerForms[x.graph.device].trigonometry === 'kernel') return x;
  const turns = floor(add(multiply(x, 1 / (2 * Math.PI)), 0.5));
  return subtract(subtract(x, multiply(turns, TWO_PI_HIGH)), multiply(turns, TWO_PI_LOW));
}

function unary(operator: OperatorName, x: Value): Value {
  expectFloat(operator, 'input', x);
  return x.graph.node(operator, [x], x);
}

function binary(operator: OperatorName, a: Value, b: Value | number, dtype: DataType = a.dtype): Value {
  const right = b instanceof Value ? b : scalar(a, b);
  if (right.dtype !== a.dtype) {
    throw new AuthoringError(operator, 'second input', `${a.dtype} like ${describe(a)}`, right);
  }
  return a.graph.node(operator, [a, right], { dtype, shape: broadcast(operator, a, right) });
}

function scalar(like: Value, number: number): Value {
  return like.graph.constant(like.dtype === 'int64' ? 'int64' : 'float32', [], [number]);
}

function broadcast(operator: string, a: Value, b: Value): Shape {
  const rank = Math.max(a.rank, b.rank);
  const padded = (value: Value): Dim[] => [...new Array<Dim>(rank - value.rank).fill(1), ...value.shape];
  const right = padded(b);
  return padded(a).map((p, axis) => {
    const q = right[axis] as Dim;
    if (p !== q && p !== 1 && q !== 1) {
      throw new AuthoringError(operator, 'second input', `broadcastable to ${describe(a)}`, b);
    }
    return p === 1 ? q : p;
  });
}
