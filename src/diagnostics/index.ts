export * from './codes.js';
export * from './diagnostic.js';
export * from './nearest.js';
export * from './result.js';
export * from './source-file.js';
export * from './unreachable.js';
