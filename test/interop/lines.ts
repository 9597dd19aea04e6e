/**
 * What a traffic client writes, one line an event: the kind, the time in milliseconds of the wall clock, then
 *
 *     start   PROCESS                          it is connected
 *     sent    COUNTER SIZE                     the daemon has taken a message
 *     done    COUNTER                          it sends no more for now; the next message would carry COUNTER
 *     got     PROCESS COUNTER SIZE ok|bad      a delivery; of messages under four bytes COUNTER has the low bytes only
 *     view    MEMBERS LEFT JOINED              a configuration change of the group; those who left or joined with a reason
 *     ring    RING NODES                       the ring as the groups engine reports it
 *     quorum  0|1 RING NODES                   what the quorum engine reports
 *     groups  GROUP/PROCESS ...                every process of every group
 *     end     WHY
 *
 * with PROCESS = `node:pid`, RING = `representative.sequence` in hexadecimal, and lists with commas, `-` if empty.
 */
export type Line =
  | { readonly kind: 'start'; readonly at: number; readonly self: string }
  | { readonly kind: 'sent'; readonly at: number; readonly counter: number; readonly size: number }
  | { readonly kind: 'done'; readonly at: number; readonly counter: number }
  | Delivery
  | View
  | { readonly kind: 'ring'; readonly at: number; readonly ring: string; readonly members: readonly number[] }
  | Quorum
  | { readonly kind: 'groups'; readonly at: number; readonly processes: readonly string[] }
  | { readonly kind: 'end'; readonly at: number; readonly why: string };

export interface Delivery {
  readonly kind: 'got';
  readonly at: number;
  readonly from: string;
  readonly counter: number;
  readonly size: number;
  /** Its bytes are those that were sent. */
  readonly sound: boolean;
}

export interface View {
  readonly kind: 'view';
  readonly at: number;
  readonly members: readonly string[];
  /** `node:pid:reason`, a cpg_reason_t. */
  readonly left: readonly string[];
  readonly joined: readonly string[];
}

export interface Quorum {
  readonly kind: 'quorum';
  readonly at: number;
  readonly quorate: boolean;
  readonly ring: string;
  readonly members: readonly number[];
}

/** @throws if it is none of the lines above */
export function readLine(text: string): Line {
  const [kind, time, ...words] = text.split(' ') as [string, string, ...string[]];
  const [a = '', b = '', c = '', d = ''] = words;
  const at = Number(time);
  switch (kind) {
    case 'start':
      return { kind, at, self: a };
    case 'sent':
      return { kind, at, counter: Number(a), size: Number(b) };
    case 'done':
      return { kind, at, counter: Number(a) };
    case 'got':
      return { kind, at, from: a, counter: Number(b), size: Number(c), sound: d === 'ok' };
    case 'view':
      return { kind, at, members: list(a), left: list(b), joined: list(c) };
    case 'ring':
      return { kind, at, ring: a, members: list(b).map(Number) };
    case 'quorum':
      return { kind, at, quorate: a === '1', ring: b, members: list(c).map(Number) };
    case 'groups':
      return { kind, at, processes: words.sort() };
    case 'end':
      return { kind, at, why: words.join(' ') };
    default:
      throw new Error(`a traffic client wrote: ${text}`);
  }
}

function list(text: string): string[] {
  return text === '-' ? [] : text.split(',');
}
