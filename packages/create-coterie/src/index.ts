export { askFor, type Asker } from './ask.js';
export { generate, type Choices, type Generated } from './generate.js';
export { KINDS, type Kind } from './project.js';
