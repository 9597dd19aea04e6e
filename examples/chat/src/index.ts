export { Line, decode, encode } from './line.js';
