import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { CoterieError, type Clock, type Logger, type NodeId, type View } from '@coterie/sdk';
import type { Configuration as RingConfiguration } from '@coterie/totem';
import type { RingObserver } from '../executive-ports.js';
import { hashPacket } from '../trace/packet-hash.js';
import type { RingHappening } from '../trace/ring-event.js';
import { TORN, ringDetails, traceLine } from '../trace/ring-line.js';

/** Characters that are kept at most before they are written. */
const BUFFER = 64 * 1024;

/**
 * Writes down what happens to the ring, a line an event, for `coterie check`. Lines are appended, so that the file
 * can hold several lives of a node. They are written when many have come, after each regular configuration and on
 * {@link flush}: a process that is killed loses the last ones.
 */
export class TraceFile implements RingObserver {
  private file: number | undefined;
  private lines = '';

  /** @throws CoterieError COTERIE_E_TRACE_FILE: the file cannot be opened */
  constructor(
    private readonly path: string,
    private readonly node: NodeId,
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {
    try {
      this.file = openSync(path, 'a+', 0o600);
      if (endsTorn(this.file)) this.lines = `${TORN}\n`;
    } catch (cause) {
      const why = (cause as Error).message;
      throw new CoterieError('COTERIE_E_TRACE_FILE', `cannot write the trace ${path}: ${why}`, { cause });
    }
    this.record({ kind: 'start', wall: clock.wall() });
    this.flush();
  }

  state(state: string, cause: string): void {
    this.record({ kind: 'state', state, cause });
  }

  configuration({ kind, ring, members }: RingConfiguration): void {
    this.record({ kind, ring, members });
    if (kind === 'regular') this.flush();
  }

  synchronised(): void {
    this.record({ kind: 'synchronised' });
  }

  originated(ring: View['ring'], seq: number, view: DataView, offset: number, length: number): void {
    this.record({ kind: 'originate', ring, seq, content: hashPacket(view, offset, length) });
  }

  delivered(
    ring: View['ring'],
    seq: number,
    from: NodeId,
    view: DataView,
    offset: number,
    length: number,
  ): void {
    this.record({ kind: 'deliver', ring, seq, from, content: hashPacket(view, offset, length) });
  }

  /** Writes what is kept. A trace that cannot be written ends there; the daemon goes on. */
  flush(): void {
    if (this.file === undefined || this.lines === '') return;
    try {
      const bytes = Buffer.from(this.lines);
      for (let written = 0; written < bytes.length;)
        written += writeSync(this.file, bytes, written, bytes.length - written);
    } catch (error) {
      this.log.error(`the trace ${this.path} ends here: ${(error as Error).message}`);
      this.end();
    }
    this.lines = '';
  }

  /** The node ends. */
  close(how: string): void {
    this.record({ kind: 'fail', how });
    this.flush();
    this.end();
  }

  private record(happening: RingHappening): void {
    if (this.file === undefined) return;
    const origin = { at: this.clock.now(), node: this.node, life: process.pid };
    this.lines += `${traceLine(origin, happening.kind, ringDetails(happening))}\n`;
    if (this.lines.length > BUFFER) this.flush();
  }

  private end(): void {
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }
}

/** Did a former life die while it wrote its last line? */
function endsTorn(file: number): boolean {
  const { size } = fstatSync(file);
  const last = Buffer.alloc(1);
  return size > 0 && readSync(file, last, 0, 1, size - 1) === 1 && last.toString() !== '\n';
}
