import type { Target } from '../target.js';
import { codecs } from './codecs.js';
import { conf } from './conf.js';
import { database } from './database.js';
import { frames } from './frames.js';
import { jsonPayloads } from './json.js';
import { manifest } from './manifest.js';
import { groups, packets } from './packets.js';
import { requests } from './requests.js';
import { ring } from './ring.js';
import { ringId } from './ring-id.js';
import { states } from './states.js';
import { stream } from './stream.js';
import { sync } from './sync.js';

/** Everything that takes input from outside. */
export const targets: readonly Target[] = [
  ...[packets, groups, states, codecs, sync],
  ...[frames, jsonPayloads, database],
  ...[conf, manifest, ringId],
  ...[ring, requests, stream],
];
