import type { Clock, Logger } from '@coterie/sdk';

/** Milliseconds between two lines about the same user. */
const INTERVAL = 60_000;
const MAX_USERS = 256;

/** Says which users are kept out: of each, however often it knocks, once a minute. */
export class Refusals {
  /** By user: when it was named last, and how often it was refused since. */
  private readonly users = new Map<number, { named: number; since: number }>();

  constructor(
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {}

  add(uid: number, reason: string): void {
    const now = this.clock.now();
    const user = this.users.get(uid);
    if (user === undefined) {
      if (!this.hasRoom(now)) return;
      this.users.set(uid, { named: now, since: 0 });
      this.log.warn(`a program of user ${uid} was refused: ${reason}`);
    } else if (now - user.named < INTERVAL) {
      user.since++;
    } else {
      this.log.warn(`a program of user ${uid} was refused: ${reason}`, { before: user.since });
      user.named = now;
      user.since = 0;
    }
  }

  /** With so many users at once nobody reads on: the others are only counted. */
  private hasRoom(now: number): boolean {
    if (this.users.size < MAX_USERS) return true;
    for (const [uid, { named }] of this.users) if (now - named >= INTERVAL) this.users.delete(uid);
    return this.users.size < MAX_USERS;
  }
}
