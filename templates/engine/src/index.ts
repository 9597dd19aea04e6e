export { __Name__Engine } from './engine.js';
export { Kept, Line, SERVICE, Said, Text } from './messages.js';
export { plugin } from './plugin.js';
