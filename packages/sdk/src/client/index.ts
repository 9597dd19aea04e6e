export * from './frame-reader.js';
export * from './frames.js';
