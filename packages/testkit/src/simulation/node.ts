import {
  Executive,
  StoredRingId,
  planReload,
  type Configuration,
  type Ending,
  hashPacket,
} from '@coterie/core';
import type { Injectable, Logger, NodeId, View } from '@coterie/sdk';
import type { RingState, RingTimer } from '@coterie/totem';
import type { Coverage } from '../trace/coverage.js';
import type { Happening } from '../trace/event.js';
import type { SimulatedDisk } from './disk.js';
import { loaded, type SimulatedPlugin } from './plugins.js';
import type { Prng } from './prng.js';
import type { SimulatedProcess } from './process.js';
import type { SimulatedPrograms } from './programs.js';
import { SimulatedClient } from './client.js';
import { simulatedPlugin, type Socket } from './transport.js';

/** What a node is made of. */
export interface NodeParts {
  readonly id: NodeId;
  /** Number of this life of the node, from 1. */
  readonly life: number;
  readonly configuration: Configuration;
  readonly plugins: readonly SimulatedPlugin[];
  readonly process: SimulatedProcess;
  readonly disk: SimulatedDisk;
  readonly programs: SimulatedPrograms;
  readonly socket: Socket;
  readonly random: Prng;
  readonly startSeq: number;
  readonly coverage: Coverage;
  record(happening: Happening): void;
}

/** Lines of the log that are kept. */
const LOGGED = 200;

/** One life of a node, from its start to its end: an unmodified executive with its engines. */
export class SimulatedNode {
  readonly id: NodeId;
  readonly life: number;
  readonly executive: Executive;
  readonly clients = new Set<SimulatedClient>();
  /** The regular configuration installed last. */
  view: View | undefined;
  synchronised = false;
  /** Empty before the start. */
  state: RingState | '' = '';
  /** Why it ended by itself, or as it was asked. */
  ending: Ending | undefined;
  /** The last lines at levels error to info. */
  readonly log: string[] = [];
  private configuration: Configuration;

  constructor(private readonly parts: NodeParts) {
    const { id, life, process, disk, programs, socket, random, startSeq, plugins, configuration } = parts;
    this.id = id;
    this.life = life;
    this.configuration = configuration;
    const log = this.logger();
    const own = loaded({ name: 'simulation', plugin: simulatedPlugin(socket) });
    this.executive = new Executive(configuration, [own, ...plugins.map(loaded)], {
      ...{ clock: process, timers: process, random, storage: disk, uid: 0, listener: undefined },
      processes: programs.of(process),
      ringIds: new StoredRingId(disk, id, log),
      logs: () => log,
      startSeq,
      observer: this.observer(),
    });
    void this.executive.ended.then((ending) => this.ended(ending));
  }

  get alive(): boolean {
    return this.parts.process.alive;
  }

  get process(): SimulatedProcess {
    return this.parts.process;
  }

  start(): void {
    this.parts.record({ kind: 'start' });
    this.executive.start().catch((error: unknown) => this.over(`did not start: ${String(error)}`));
  }

  /** Says goodbye to the others and ends. */
  leave(): void {
    void this.executive.leave('asked');
  }

  crash(): void {
    this.over('crash');
  }

  /** A program of this node connects to `service`; look at `refused` of what it gets. */
  connect(service: number): SimulatedClient {
    const client = new SimulatedClient(this.process, this.parts.socket.router, service, () =>
      this.clients.delete(client),
    );
    if (client.refused === undefined) this.clients.add(client);
    return client;
  }

  /** The engine of this class. @throws RangeError if the node runs none */
  engine<T extends object>(type: Injectable<T>): T {
    const engine = this.executive.engine(type);
    if (engine === undefined) throw new RangeError(`node ${this.id} runs no ${type.name}`);
    return engine;
  }

  /** corosync.conf has been read again. @throws TypeError for what a running daemon would refuse */
  reload(next: Configuration): void {
    const plan = planReload(this.configuration, next, this.executive.database);
    const errors = plan.problems.filter(({ severity }) => severity === 'error');
    if (errors.length > 0) throw new TypeError(errors.map(({ message }) => message).join('\n'));
    this.process.input(() => {
      this.configuration = plan.configuration;
      this.executive.reload(plan);
    });
  }

  /** Its own interface was gone and is back. */
  interfaceChanged(): void {
    const { process, socket } = this.parts;
    process.input(() => socket.events?.linkChanged(true));
  }

  private observer() {
    const { record, coverage, startSeq } = this.parts;
    const count = (seq: number) => (seq - startSeq) >>> 0;
    return {
      received: (state: RingState, type: number) => coverage.packet(state, type),
      expired: (state: RingState, timer: RingTimer) => coverage.timer(state, timer),
      state: (state: RingState, cause: string) => {
        coverage.change(this.state || 'operational', cause);
        this.state = state;
        record({ kind: 'state', state, cause });
      },
      configuration: ({ kind, ring, members }: View & { kind: 'regular' | 'transitional' }) => {
        this.synchronised = false;
        if (kind === 'regular') this.view = { ring, members };
        record({ kind, ring, members });
      },
      synchronised: () => {
        this.synchronised = true;
        record({ kind: 'synchronised' });
      },
      originated: (ring: View['ring'], seq: number, view: DataView, offset: number, length: number) => {
        record({ kind: 'originate', ring, seq: count(seq), content: hashPacket(view, offset, length) });
      },
      delivered: (
        ring: View['ring'],
        seq: number,
        from: NodeId,
        view: DataView,
        offset: number,
        length: number,
      ) => {
        record({ kind: 'deliver', ring, seq: count(seq), from, content: hashPacket(view, offset, length) });
      },
    };
  }

  private logger(): Logger {
    const line = (level: string) => (message: string) => {
      this.log.push(`${this.process.schedule.now.toFixed(3)} ${level} ${message}`);
      if (this.log.length > LOGGED) this.log.shift();
    };
    const nothing = () => undefined;
    return {
      ...{ error: line('error'), warn: line('warn'), info: line('info') },
      ...{ debug: nothing, trace: nothing, enabled: () => false },
    };
  }

  private ended(ending: Ending): void {
    this.ending = ending;
    this.over(`${ending.kind}: ${ending.reason}`);
  }

  private over(how: string): void {
    if (!this.alive) return;
    this.process.kill();
    this.parts.record({ kind: 'fail', how });
    for (const client of [...this.clients]) client.lost();
  }
}
