import { constants } from 'node:os';
import { ClientRouter, Database, inject, Logger, type FrontEnd } from '@coterie/sdk';
import { loadAddon } from './addon.js';
import { QbServer } from './server.js';

/** The names that corosync's client libraries and libconfdb connect to, by service number. */
const names: ReadonlyMap<number, string> = new Map([
  [0, 'cmap'],
  [1, 'cfg'],
  [2, 'cpg'],
  [3, 'quorum'],
  [5, 'votequorum'],
  [70, 'confdb'],
]);

/** Lets programs that are linked with corosync's client libraries (libcpg, libcmap, ...) talk to this daemon. */
export class QbFrontEnd implements FrontEnd {
  private server: QbServer | undefined;

  constructor(
    @inject(ClientRouter) private readonly router: ClientRouter,
    @inject(Database) private readonly database: Database,
    @inject(Logger) private readonly log: Logger,
  ) {}

  async start(): Promise<void> {
    let server: QbServer;
    try {
      server = new QbServer(loadAddon(), this.router, this.log);
    } catch (error) {
      this.log.info(
        "COTERIE_W_QB_UNAVAILABLE: programs linked with corosync's libraries cannot connect: install libqb (libqb100)",
        { reason: error instanceof Error ? error.message : String(error) },
      );
      return;
    }
    const sockets = this.database.get('system.qb_ipc_type')?.value === 'socket';
    for (const [service, name] of names) {
      if (!this.router.serves(service)) continue;
      const error = server.serve(name, service, sockets);
      if (error === 0) continue;
      server.stop();
      return this.refused(name, error);
    }
    this.server = server;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      // Not in the middle of a connection being accepted.
      setImmediate(() => {
        this.server?.stop();
        this.server = undefined;
        resolve();
      });
    });
  }

  private refused(name: string, error: number): void {
    const without = "programs linked with corosync's libraries cannot connect to this daemon";
    if (error === constants.errno.EADDRINUSE) {
      this.log.warn(
        `COTERIE_W_QB_NAME_TAKEN: another daemon on this host serves libqb's "${name}": ${without}`,
      );
    } else {
      this.log.warn(`COTERIE_W_QB_UNAVAILABLE: libqb cannot serve "${name}": ${without}`, { errno: error });
    }
  }
}
