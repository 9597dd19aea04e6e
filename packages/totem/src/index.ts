export * from './evs.js';
export * from './settings.js';
export * from './totem.js';
