import { CsError } from '@coterie/sdk';
import {
  ClientEvent,
  ClientRequest,
  ClientResponse,
  Configuration,
  DELIVER_RING,
  Deliver,
  Join,
  Leave,
  McastRequestHead,
  RingConfiguration,
  unbounded,
} from '@coterie/engine-cpg/messages';
import type { Address, Happening } from '../trace/event.js';
import type { SimulatedClient, Frame } from './client.js';
import type { SimulatedCluster } from './cluster.js';
import type { SimulatedNode } from './node.js';

const CPG = 2;
const AGAIN = 20;
/** Each message begins with its number; the rest is a pattern of it, so that damage is noticed. */
const NUMBER_SIZE = 4;
const DAMAGED = -1;

/** A program of a node in a process group: sends numbered messages and tells the trace what it sees. */
export class CpgProgram {
  /** Of the group, as of the last configuration. */
  members: readonly Address[] = [];
  state: 'joining' | 'joined' | 'leaving' | 'gone' = 'joining';
  /** Messages sent. */
  sent = 0;
  /** Number of the message heard last, by pid of its sender. */
  readonly heardLast = new Map<number, number>();
  readonly client: SimulatedClient;

  /** @param pid tells it apart from all other programs of the run */
  constructor(
    private readonly cluster: SimulatedCluster,
    readonly node: SimulatedNode,
    readonly group: string,
    readonly pid: number,
  ) {
    this.client = node.connect(CPG);
    this.client.onFrame = (frame) => this.heard(frame);
    this.client.onClosed = () => this.gone();
    if (this.client.connected) this.join();
    else this.gone();
  }

  /** Sends a message of `size` bytes, at least 4; false unless it is a member. */
  say(size: number): boolean {
    if (this.state !== 'joined') return false;
    const number = ++this.sent;
    const data = new Uint8Array(Math.max(size, NUMBER_SIZE));
    data.fill(number, NUMBER_SIZE);
    new DataView(data.buffer).setUint32(0, number, true);
    this.record({ kind: 'submit', group: this.group, pid: this.pid, number });
    this.client.request(ClientRequest.MCAST, McastRequestHead, { guarantee: 0, length: data.length }, data);
    return true;
  }

  leave(): void {
    if (this.state !== 'joined') return;
    this.state = 'leaving';
    this.askLeave();
  }

  /** The program is killed. */
  disconnect(): void {
    this.client.disconnect();
  }

  private join(): void {
    const request = { group: unbounded(this.group), pid: this.pid, flags: DELIVER_RING };
    this.client.request(ClientRequest.JOIN, Join, request);
  }

  private askLeave(): void {
    this.client.request(ClientRequest.LEAVE, Leave, { group: unbounded(this.group), pid: this.pid });
  }

  private heard(frame: Frame): void {
    if (frame.kind === 'event') this.event(frame);
    else if (frame.error !== CsError.OK) this.refused(frame);
  }

  private refused({ id, error }: Frame): void {
    const again = (ask: () => void) =>
      this.cluster.schedule.after(AGAIN, () => {
        if (this.client.connected) ask();
      });
    if (error !== CsError.TRY_AGAIN) this.disconnect();
    else if (id === ClientResponse.JOIN) again(() => this.join());
    else if (id === ClientResponse.LEAVE) again(() => this.askLeave());
  }

  private event({ id, body }: Frame): void {
    const { group, pid } = this;
    if (id === ClientEvent.DELIVER) {
      const { data, ...from } = must(Deliver.decode(body, 0, body.byteLength));
      const number = numberOf(data);
      this.heardLast.set(from.pid, number);
      const sender = { nodeId: from.nodeId, pid: from.pid };
      this.record({ kind: 'hear', group, pid, from: sender, number });
    } else if (id === ClientEvent.CONFIGURATION) {
      const { members, joined, left } = must(Configuration.decode(body, 0, body.byteLength));
      this.members = members.map(({ nodeId, pid: process }) => ({ nodeId, pid: process }));
      this.record({ kind: 'group', group, pid, members: this.members, joined, left });
      if (joined.some((process) => process.pid === pid) && this.state === 'joining') this.state = 'joined';
      if (left.some((process) => process.pid === pid)) this.client.disconnect();
    } else if (id === ClientEvent.RING) {
      const { representative, sequence, members } = must(RingConfiguration.decode(body, 0, body.byteLength));
      this.record({ kind: 'group-ring', group, pid, ring: { representative, sequence }, members });
    }
  }

  private gone(): void {
    if (this.state === 'gone') return;
    this.state = 'gone';
    this.record({ kind: 'gone', group: this.group, pid: this.pid });
  }

  private record(happening: Happening): void {
    this.cluster.trace.record(this.node.id, this.node.life, happening);
  }
}

function numberOf(data: Uint8Array): number {
  if (data.length < NUMBER_SIZE) return DAMAGED;
  const number = new DataView(data.buffer, data.byteOffset).getUint32(0, true);
  const last = data.length - 1;
  for (const at of [NUMBER_SIZE, last >> 1, last]) {
    if (at >= NUMBER_SIZE && at <= last && data[at] !== (number & 0xff)) return DAMAGED;
  }
  return number;
}

function must<T>(decoded: { ok: true; value: T } | { ok: false; reason: string }): T {
  if (!decoded.ok) throw new TypeError(`the daemon sent what cannot be read: ${decoded.reason}`);
  return decoded.value;
}
