export * from './create-totem.js';
export * from './evs.js';
export * from './settings.js';
export * from './totem.js';
