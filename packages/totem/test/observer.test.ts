import assert from 'node:assert/strict';
import { formatRing } from '@coterie/sdk';
import { World } from './simulation.js';

describe('the observer of packets', () => {
  it('hears of each packet where it is ordered, and once at each member that delivers it', () => {
    const world = new World(1, [1, 2]);
    world.packets = true;
    const originated: string[] = [];
    const delivered: string[] = [];
    world.observe = (me) => ({
      originated: (ring, seq) => void originated.push(`${formatRing(ring)}/${seq}/${me}`),
      delivered: (ring, seq, from) => void delivered.push(`${formatRing(ring)}/${seq}/${from}`),
    });
    world.startAll();
    assert.ok(world.schedule.runUntil(() => world.stable(), 20_000));
    for (const node of world.nodes.values()) assert.ok(node.send(100));
    world.schedule.runFor(2000);
    const last = formatRing(world.nodes.get(1)!.ring!);
    const ofRing = (list: string[]) => list.filter((text) => text.startsWith(`${last}/`)).sort();
    // A barrier and a message of each node, at least.
    assert.ok(ofRing(originated).length >= 4);
    assert.deepEqual(
      ofRing(delivered),
      ofRing(originated).flatMap((text) => [text, text]),
    );
  });
});
