import {
  Clients,
  Clock,
  Cluster,
  Config,
  CoterieError,
  CsError,
  Database,
  Logger,
  Processes,
  Request,
  ServiceEngine,
  Storage,
  Timers,
  empty,
  inject,
  type Client,
  type Engine,
  type Infer,
} from '@coterie/sdk';
import * as lib from './client-wire.js';
import { NAME_ROOM, REASON_ROOM, SERVICE, SamRequest, clip } from './client-wire.js';
import type { SamSection } from './configured.js';
import { DaemonPrograms } from './daemon-programs.js';
import { Ledger } from './ledger.js';
import { Registrations } from './registrations.js';
import { Survivors } from './survivors.js';

/**
 * The simple availability manager: supervises the programs of its section of the configuration, and keeps the record
 * of those that others supervise. Local to its node: members tell each other nothing.
 */
@ServiceEngine({ name: 'sam', service: SERVICE })
export class SamEngine implements Engine {
  private readonly ledger: Ledger;
  private readonly programs: DaemonPrograms;
  private readonly registrations: Registrations;

  constructor(
    @inject(Cluster) private readonly cluster: Cluster,
    @inject(Clients) clients: Clients,
    @inject(Config) private readonly config: Config<SamSection>,
    @inject(Database) database: Database,
    @inject(Processes) processes: Processes,
    @inject(Timers) timers: Timers,
    @inject(Clock) clock: Clock,
    @inject(Storage) storage: Storage,
    @inject(Logger) private readonly log: Logger,
  ) {
    this.ledger = new Ledger(database, clock);
    const ports = { processes, timers, clock, log, quorate: () => cluster.quorate };
    this.programs = new DaemonPrograms(ports, this.ledger, new Survivors(storage, log), log);
    this.registrations = new Registrations(clients, this.ledger);
  }

  start(): void {
    this.cluster.onQuorum((quorate) => {
      this.programs.quorumChanged();
      this.registrations.quorum(quorate);
    });
    this.config.onReload((section) => this.reload(section));
    this.programs.begin(this.config.section);
  }

  quiesce(): Promise<void> {
    return this.programs.quiesce();
  }

  stop(): void {
    this.programs.end();
  }

  dump(): unknown {
    return this.programs.dump();
  }

  onDisconnect(client: Client): void {
    this.registrations.disconnected(client);
  }

  @Request(SamRequest.register, lib.Register)
  register(registration: Infer<typeof lib.Register>, client: Client): void {
    const error = this.registrations.register(client, registration);
    if (error !== CsError.OK) return client.respond(SamRequest.register, error);
    const quorate = this.cluster.quorate ? 1 : 0;
    client.respond(SamRequest.register, CsError.OK, lib.Quorum, { quorate });
  }

  @Request(SamRequest.report, lib.Report)
  report(report: Infer<typeof lib.Report>, client: Client): void {
    client.respond(SamRequest.report, this.registrations.report(client, report));
  }

  @Request(SamRequest.list, empty)
  list(_: undefined, client: Client): void {
    const programs = this.ledger.list().map((entry) => ({
      ...entry,
      state: clip(entry.state, NAME_ROOM),
      recovery: clip(entry.recovery, NAME_ROOM),
      supervisor: clip(entry.supervisor, NAME_ROOM),
      name: clip(entry.name, NAME_ROOM),
      reason: clip(entry.reason, REASON_ROOM),
    }));
    client.respond(SamRequest.list, CsError.OK, lib.Programs, { programs });
  }

  /**
   * Answered when the program is gone. NOT_EXIST: none with this id. Of a program that has failed the record is
   * dropped. NOT_SUPPORTED: it is libsam's, whose supervisor takes no orders.
   */
  @Request(SamRequest.stop, lib.Program)
  stopProgram({ id }: Infer<typeof lib.Program>, client: Client): void {
    const own = this.programs.find(id);
    if (own !== undefined) {
      void own.stop().then(() => client.respond(SamRequest.stop, CsError.OK));
    } else if (!this.registrations.stop(id, client)) {
      client.respond(SamRequest.stop, this.drop(id));
    }
  }

  /** NOT_EXIST: the configuration names no such program. */
  @Request(SamRequest.start, lib.Program)
  startProgram({ id }: Infer<typeof lib.Program>, client: Client): void {
    const own = this.programs.find(id);
    own?.start();
    client.respond(SamRequest.start, own === undefined ? CsError.NOT_EXIST : CsError.OK);
  }

  private reload(section: SamSection): void {
    try {
      this.programs.reload(section);
    } catch (error) {
      if (!(error instanceof CoterieError)) throw error;
      this.log.error(`supervised processes stay as they are: ${error.message} [${error.code}]`);
    }
  }

  private drop(id: string): CsError {
    if (!this.ledger.has(id)) return CsError.NOT_EXIST;
    if (this.ledger.read(id).state !== 'failed') return CsError.NOT_SUPPORTED;
    this.ledger.forget(id);
    return CsError.OK;
  }
}
