/**
 * A node in a process of its own, in the network namespace that the process was started in. It is told what to
 * do by messages of its parent, each of which it answers with its state.
 */
import { packet, TestNode } from './node.js';

export interface Order {
  readonly open?: ConstructorParameters<typeof TestNode>;
  /** Broadcast packets with these numbers, then unicast one more to `token`, if that is not 0. */
  readonly send?: { readonly numbers: readonly number[]; readonly size: number; readonly token: number };
  readonly close?: true;
}

export interface State {
  readonly error: string | undefined;
  readonly numbers: readonly number[];
  readonly up: boolean;
  readonly linkChanges: readonly boolean[];
  readonly counters: Readonly<Record<string, number>>;
  readonly logged: readonly string[];
}

let node: TestNode | undefined;
let error: string | undefined;

async function obey({ open, send, close }: Order): Promise<void> {
  if (open) node = await new TestNode(...open).open();
  if (send) {
    node!.broadcast(...send.numbers.map((number) => packet(number, send.size)));
    if (send.token !== 0) node!.unicast(send.token, packet(1_000_000, 57));
    node!.transport.flush();
  }
  if (close) {
    await node!.transport.close();
    process.disconnect();
  }
}

process.on('message', (order: Order) => {
  void obey(order)
    .catch((reason: unknown) => (error = String(reason)))
    .then(() => {
      if (!process.connected) return;
      process.send!({
        error,
        numbers: node?.numbers ?? [],
        up: node?.link.up ?? false,
        linkChanges: node?.linkChanges ?? [],
        counters: Object.fromEntries(node?.transport.counters() ?? []),
        logged: node?.logged ?? [],
      } satisfies State);
    });
});
