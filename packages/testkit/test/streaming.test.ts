import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DeliveryChecker, MembershipChecker, QuorumChecker, type Happening } from '@coterie/testkit';
import { ring } from './traces.js';

const members = [1, 2, 3];
const PACKETS = 300;

/** Hands checkers a run without end: one ring after the other, on each of them packets of every node. */
class LongRun {
  readonly membership = new MembershipChecker();
  readonly delivery = new DeliveryChecker();
  readonly found: string[] = [];
  private readonly quorum = new QuorumChecker();
  private at = 0;
  private sequence = 0;

  /** @param lose a packet that node 3 does not deliver on the last of these rings */
  rings(count: number, lose = -1): void {
    for (let left = count; left > 0; left--) {
      this.sequence += 4;
      this.change();
      for (let seq = 1; seq <= PACKETS; seq++) this.packet(seq, left === 1 ? lose : -1);
    }
  }

  private change(): void {
    const id = ring(this.sequence, members);
    for (const node of members) {
      if (this.sequence > 4) this.tell(node, { kind: 'transitional', ring: id, members });
      this.tell(node, { kind: 'regular', ring: id, members });
    }
    for (const node of members) this.tell(node, { kind: 'quorum', quorate: true, ring: id, members });
  }

  private packet(seq: number, lost: number): void {
    const from = members[seq % 3]!;
    const id = ring(this.sequence, members);
    this.tell(from, { kind: 'originate', ring: id, seq, content: seq });
    for (const node of members) {
      if (node !== 3 || seq !== lost) this.tell(node, { kind: 'deliver', ring: id, seq, from, content: seq });
    }
  }

  private tell(node: number, happening: Happening): void {
    const event = { at: this.at++, node, life: 1, ...happening };
    for (const checker of [this.membership, this.delivery, this.quorum])
      checker.observe(event, (property) => this.found.push(property));
  }
}

/** Bytes of the heap that are in use, garbage left out. */
function heap(): number {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  gc();
  return process.memoryUsage().heapUsed;
}

describe('the checkers, on a long run', function () {
  this.timeout(60_000);

  it('forget rings that all members have left', () => {
    const run = new LongRun();
    run.rings(50);
    const before = heap();
    // 400 rings, half a million events.
    run.rings(400);
    assert.deepEqual(run.found, []);
    assert.equal(run.membership.kept, 1);
    assert.equal(run.delivery.kept, 1);
    const growth = heap() - before;
    assert.ok(growth < 1_000_000, `${growth} bytes more`);
  });

  it('still find what is wrong on the last of them', () => {
    const run = new LongRun();
    run.rings(20, 100);
    assert.deepEqual(run.found, ['6.3']);
    run.rings(1);
    assert.deepEqual(run.found, ['6.3', '4', '6.3']);
  });
});
