export { campaign, type Leadership } from './campaign.js';
