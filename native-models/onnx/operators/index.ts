export * from './elementwise.js';
export * from './grouped-query-attention.js';
export * from './movement.js';
export * from './normalization.js';
export * from './pooling.js';
export * from './products.js';
export * from './quantized.js';
export * from './rotary-embedding.js';
