export { plugin } from './plugin.js';
export { QbFrontEnd } from './front-end.js';
