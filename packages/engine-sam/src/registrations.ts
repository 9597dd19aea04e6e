import { CsError, empty, type Client, type Clients, type Infer } from '@coterie/sdk';
import {
  Quorum,
  SamEvent,
  SamRequest,
  recoveries,
  states,
  type Register,
  type Report,
} from './client-wire.js';
import type { Ledger } from './ledger.js';

/** What a connection has said about the program that it supervises. */
interface Registration {
  readonly id: string;
  readonly name: string;
  readonly recovery: string;
  readonly pollPeriod: bigint;
  /** Wait for the end of the program. */
  readonly stoppers: Set<Client>;
}

/** Programs of this node that other programs supervise, and say so over their connection. */
export class Registrations {
  constructor(
    private readonly clients: Clients,
    private readonly ledger: Ledger,
  ) {}

  /** EXIST: the connection, or another one for the same process, has registered already. */
  register(client: Client, { pid, recovery, interval, name }: Infer<typeof Register>): CsError {
    const policy = recoveries[recovery];
    if (policy === undefined || pid === 0 || !fitsDatabase(name)) return CsError.INVALID_PARAM;
    const id = `${pid}`;
    if (client.state !== undefined || this.find(id) !== undefined) return CsError.EXIST;
    client.state = {
      ...{ id, name, recovery: policy, pollPeriod: BigInt(interval) },
      stoppers: new Set(),
    } satisfies Registration;
    return CsError.OK;
  }

  report(client: Client, { state, over, heard, ...rest }: Infer<typeof Report>): CsError {
    const registration = registrationOf(client);
    const recorded = states[state];
    if (registration === undefined) return CsError.BAD_HANDLE;
    if (recorded === undefined || !fitsDatabase(rest.reason)) return CsError.INVALID_PARAM;
    const { id, name, recovery, pollPeriod, stoppers } = registration;
    if (over !== 0) {
      client.state = undefined;
      answer(stoppers, CsError.OK);
    }
    // As with libsam, what is left of a program that ended in good order is nothing.
    if (over !== 0 && recorded !== 'failed') this.ledger.forget(id);
    else {
      this.ledger.write({ id, name, recovery, pollPeriod, state: recorded, supervisor: 'client', ...rest });
      if (heard !== 0) this.ledger.alive(id);
    }
    return CsError.OK;
  }

  /** Its supervisor is gone: nobody knows about the program any more. */
  disconnected(client: Client): void {
    for (const other of this.clients) registrationOf(other)?.stoppers.delete(client);
    const registration = registrationOf(client);
    if (registration === undefined) return;
    if (this.ledger.has(registration.id)) {
      this.ledger.state(registration.id, 'failed', 'its supervisor has gone without a word');
    }
    answer(registration.stoppers, CsError.FAILED_OPERATION);
  }

  /** Tells the supervisor to end its program; `asker` is answered when that is done. False: no such supervisor. */
  stop(id: string, asker: Client): boolean {
    const supervisor = this.find(id);
    if (supervisor === undefined) return false;
    registrationOf(supervisor)?.stoppers.add(asker);
    supervisor.dispatch(SamEvent.stop, empty, undefined);
    return true;
  }

  quorum(quorate: boolean): void {
    for (const client of this.clients) {
      if (registrationOf(client) !== undefined) {
        client.dispatch(SamEvent.quorum, Quorum, { quorate: quorate ? 1 : 0 });
      }
    }
  }

  private find(id: string): Client | undefined {
    for (const client of this.clients) if (registrationOf(client)?.id === id) return client;
    return undefined;
  }
}

/** The database holds no text with a NUL in it. */
function fitsDatabase(text: string): boolean {
  return !text.includes('\0');
}

function registrationOf(client: Client): Registration | undefined {
  return client.state as Registration | undefined;
}

function answer(stoppers: Set<Client>, error: CsError): void {
  for (const client of stoppers) client.respond(SamRequest.stop, error);
  stoppers.clear();
}
