import { Fragment } from '../client-messages.js';
import type { Process } from './events.js';

interface Piece extends Process {
  readonly total: number;
  readonly type: number;
  readonly data: Uint8Array;
}

interface Unfinished {
  readonly total: number;
  readonly pieces: Uint8Array[];
  bytes: number;
}

/** Puts together the messages that were too long to be sent in one, by sender. */
export class Assembly {
  private readonly unfinished = new Map<string, Unfinished>();

  /**
   * The whole message if `piece` was its last. A first piece starts anew: its sender was interrupted. Pieces
   * without a first one are of a message that began before this process joined.
   */
  add(piece: Piece): Uint8Array | undefined {
    const { total, type, data } = piece;
    const sender = key(piece);
    if (type === Fragment.FIRST) this.unfinished.set(sender, { total, pieces: [], bytes: 0 });
    const message = this.unfinished.get(sender);
    if (message === undefined) return undefined;
    message.pieces.push(data);
    message.bytes += data.length;
    if (type !== Fragment.LAST && message.bytes <= message.total) return undefined;
    this.unfinished.delete(sender);
    return message.bytes === message.total ? Buffer.concat(message.pieces, message.total) : undefined;
  }

  /** The process will not go on. */
  drop(sender: Process): void {
    this.unfinished.delete(key(sender));
  }
}

function key({ nodeId, pid }: Process): string {
  return `${nodeId} ${pid}`;
}
