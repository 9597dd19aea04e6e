import { bytes } from './bytes.js';
import type { Cluster, Synchroniser } from './cluster.js';
import type { Codec, Infer } from './codec.js';
import { list } from './list.js';
import { replicate } from './replicate.js';
import { sameRing, type RingId } from './ring.js';
import { safeU64, u32 } from './scalars.js';
import { Ring } from './sides.js';
import { struct } from './struct.js';

/** `number`: of the write among those on its ring; `held` 0: deleted. */
const Entry = struct({
  ring: Ring,
  number: safeU64,
  held: u32,
  keySize: u32,
  valueSize: u32,
  key: bytes('keySize'),
  value: bytes('valueSize'),
});
type Entry = Infer<typeof Entry>;
const Entries = struct({ entries: list(Entry) });

const NOTHING = new Uint8Array(0);
const utf8 = new TextDecoder();

/**
 * A map that all members have, for engines that change it in their delivery handlers alone. Members that were apart keep, key by key,
 * what was written last: on the later ring, of two rings at a time on that with the higher sequence, then the higher representative;
 * on one ring by the order of delivery. A write that has seen another one is always later than that. Deleted keys are
 * remembered for ever, so that no other side brings them back: keys should be few, or used again.
 *
 * @example
 * readonly owners = new LastWriter(struct({ node: u32 }));
 * readonly sync = this.owners.sync;
 */
export class LastWriter<V> {
  /** For the engine's own `sync`. */
  readonly sync: Synchroniser;
  private readonly entries = new Map<string, Entry>();
  private cluster: Cluster | undefined;
  private ring: RingId = { representative: 0, sequence: 0 };
  private written = 0;

  constructor(private readonly codec: Codec<V>) {
    const sync = replicate(Entries, {
      snapshot: () => ({ entries: [...this.entries.values()] }),
      restore: ({ entries }) => this.restore(entries),
      merge: (one, other) => ({ entries: [...latest([...one.entries, ...other.entries]).values()] }),
    });
    const connect = sync.connect?.bind(sync);
    sync.connect = (cluster) => {
      this.cluster = cluster;
      connect?.(cluster);
    };
    this.sync = sync;
  }

  /** How many keys have a value. */
  get size(): number {
    return this.keys().length;
  }

  get(key: string): V | undefined {
    const entry = this.entries.get(key);
    return entry?.held ? this.valueOf(entry) : undefined;
  }

  /** In ascending order of their UTF-16 units: the same on every member. */
  keys(): readonly string[] {
    const held = [...this.entries].filter(([, { held }]) => held);
    return held.map(([key]) => key).sort();
  }

  /** In a delivery handler only: there it happens on every member, at the same place in the order. Keys are well-formed text. */
  set(key: string, value: V): void {
    const bytes = new Uint8Array(this.codec.size(value));
    this.codec.encode(value, new DataView(bytes.buffer), 0);
    this.write(key, 1, bytes);
  }

  /** As {@link set}; a write also where the key has no value, as another side may have given it one before. */
  delete(key: string): void {
    this.write(key, 0, NOTHING);
  }

  private write(key: string, held: number, value: Uint8Array): void {
    const ring = this.cluster?.view.ring ?? this.ring;
    if (!sameRing(ring, this.ring)) {
      this.ring = ring;
      this.written = 0;
    }
    const name = Buffer.from(key);
    this.entries.set(name.toString(), { ring, number: this.written++, held, key: name, value });
  }

  private valueOf({ value }: Entry): V {
    const decoded = this.codec.decode(new DataView(value.buffer, value.byteOffset), 0, value.length);
    if (!decoded.ok) throw new TypeError(`a value cannot be read: ${decoded.reason}`);
    return decoded.value;
  }

  private restore(entries: readonly Entry[]): void {
    this.entries.clear();
    for (const [key, entry] of latest(entries)) this.entries.set(key, entry);
  }
}

/** The last write of each key. */
function latest(entries: readonly Entry[]): Map<string, Entry> {
  const found = new Map<string, Entry>();
  for (const entry of entries) {
    const key = utf8.decode(entry.key);
    const other = found.get(key);
    if (other === undefined || later(entry, other)) found.set(key, entry);
  }
  return found;
}

function later(a: Entry, b: Entry): boolean {
  if (a.ring.sequence !== b.ring.sequence) return a.ring.sequence > b.ring.sequence;
  if (a.ring.representative !== b.ring.representative) return a.ring.representative > b.ring.representative;
  return a.number > b.number;
}
