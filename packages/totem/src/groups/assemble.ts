import type { NodeId } from '@coterie/sdk';
import type { Deliver } from '../evs.js';
import type { DropReason } from '../wire/drop-reason.js';
import { MAX_ASSEMBLY_SIZE, PG_HEADER_SIZE } from './layout.js';

/** The unfinished message of one sender. */
class Assembly {
  /** Id under which the message goes on in the sender's next packet; 0 = there is no unfinished message. */
  fragment = 0;
  /** The beginning of the unfinished message is missing: so will be the message. */
  broken = false;
  /** Bytes of the message so far. */
  length = 0;
  private bytes = new Uint8Array(0);
  view = new DataView(this.bytes.buffer);

  /** The caller sees to it that MAX_ASSEMBLY_SIZE is kept. */
  append(view: DataView, offset: number, length: number): void {
    const end = this.length + length;
    if (end > this.bytes.length) this.grow(end);
    this.bytes.set(new Uint8Array(view.buffer, view.byteOffset + offset, length), this.length);
    this.length = end;
  }

  /** Forgets what there is of the message; `more` of it is to come and to be forgotten, too. */
  abandon(more: boolean): void {
    this.length = 0;
    this.broken = more;
  }

  private grow(needed: number): void {
    const bytes = new Uint8Array(Math.min(Math.max(needed, 2 * this.bytes.length), MAX_ASSEMBLY_SIZE));
    bytes.set(this.bytes.subarray(0, this.length));
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }
}

/**
 * Takes the packets of the process-group layer, in the order of the ring, and delivers the messages in them.
 *
 * Whoever comes into a ring while a member sends a message of several packets misses its beginning, and cannot
 * deliver it. The messages packed behind its end are delivered all the same, for the older members deliver them too,
 * and what follows may count on it. corosync (totempg.c, totempg_deliver_fn) ignores everything from that sender up
 * to and including the next packet that ends with a whole message.
 */
export class Assembler {
  private readonly normal = new Map<NodeId, Assembly>();
  private readonly trans = new Map<NodeId, Assembly>();
  private active = this.normal;

  /** @param deliver gets whole messages, group prefix included. */
  constructor(private readonly deliver: Deliver) {}

  /**
   * A packet that `from` has sent: `length` bytes at `offset`. Why all of it was ignored, or why only the message
   * was that it goes on with or should have gone on with; or undefined.
   */
  receive(from: NodeId, view: DataView, offset: number, length: number): DropReason | undefined {
    if (length < PG_HEADER_SIZE) return 'pg_short';
    const fragmented = view.getUint8(offset + 4);
    const continuation = view.getUint8(offset + 5);
    const count = view.getUint16(offset + 6, true);
    const head = PG_HEADER_SIZE + 2 * count;
    // corosync ignores packets with wrong lengths and leaves the sender's unfinished message as it was.
    if (length < head || length !== head + sumOfLengths(view, offset, count)) return 'pg_lengths';

    const assembly = this.assemblyOf(from);
    const first = count > 0 ? view.getUint16(offset + PG_HEADER_SIZE, true) : 0;
    const reason = faultOf(assembly, continuation, count, first);
    if (reason !== undefined) assembly.abandon(count > 0 ? continuation !== 0 : fragmented !== 0);
    assembly.fragment = fragmented;
    this.takeParts(from, assembly, view, offset, fragmented === 0 ? count : count - 1, count);
    return reason;
  }

  /** From the transitional configuration until synchronised: assemble apart from what is unfinished. */
  useTransSet(trans: boolean): void {
    this.active = trans ? this.trans : this.normal;
  }

  /** These nodes have left: what they have not finished never will be. */
  forget(left: readonly NodeId[]): void {
    for (const id of left) {
      this.normal.delete(id);
      this.trans.delete(id);
    }
  }

  private assemblyOf(from: NodeId): Assembly {
    let assembly = this.active.get(from);
    if (assembly === undefined) {
      assembly = new Assembly();
      this.active.set(from, assembly);
    }
    return assembly;
  }

  /** The first `whole` of `count` parts complete a message each; one behind them is kept. */
  private takeParts(
    from: NodeId,
    assembly: Assembly,
    view: DataView,
    offset: number,
    whole: number,
    count: number,
  ): void {
    let at = offset + PG_HEADER_SIZE + 2 * count;
    for (let i = 0; i < count; i++) {
      const size = view.getUint16(offset + PG_HEADER_SIZE + 2 * i, true);
      if (i === 0 && assembly.broken) {
        assembly.broken = whole === 0;
      } else if (i >= whole) {
        assembly.append(view, at, size);
      } else if (assembly.length === 0) {
        this.deliver(from, view, at, size);
      } else {
        assembly.append(view, at, size);
        this.deliver(from, assembly.view, 0, assembly.length);
        assembly.length = 0;
      }
      at += size;
    }
  }
}

function sumOfLengths(view: DataView, offset: number, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += view.getUint16(offset + PG_HEADER_SIZE + 2 * i, true);
  return sum;
}

/** @param first bytes of the first part */
function faultOf(
  assembly: Assembly,
  continuation: number,
  count: number,
  first: number,
): DropReason | undefined {
  if (count === 0) return 'pg_count';
  if (continuation !== assembly.fragment) return 'pg_continuation';
  if (assembly.broken) return 'pg_throwing_away';
  if (assembly.length + first > MAX_ASSEMBLY_SIZE) return 'pg_too_long';
  return undefined;
}
