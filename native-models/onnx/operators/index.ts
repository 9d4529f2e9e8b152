export * from './elementwise.js';
export * from './movement.js';
export * from './normalization.js';
export * from './products.js';
