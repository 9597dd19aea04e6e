import {
  CsError,
  Delivery,
  Request,
  ServiceEngine,
  rest,
  struct,
  u32,
  type Client,
  type Engine,
  type Infer,
  type NodeId,
} from '@coterie/sdk';

export const Number32 = struct({ value: u32 });
export const Text = struct({ bytes: rest });

/** An engine that writes down what reaches it. */
@ServiceEngine({ name: 'counter', service: 1027 })
export class CounterEngine implements Engine {
  readonly delivered: { value: number; from: NodeId }[] = [];
  readonly connected: Client[] = [];
  readonly gone: Client[] = [];
  readonly asked: number[] = [];

  onConnect(client: Client): void {
    this.connected.push(client);
  }

  onDisconnect(client: Client): void {
    this.gone.push(client);
  }

  @Request(0, Number32)
  ask({ value }: Infer<typeof Number32>, client: Client): void {
    this.asked.push(value);
    client.respond(0, CsError.OK, Number32, { value: value + 1 });
  }

  @Request(1, Number32, { flowControl: true })
  add({ value }: Infer<typeof Number32>, client: Client): void {
    this.asked.push(value);
    client.respond(1, CsError.OK);
  }

  @Request(2, Number32, { flowControl: true, oneWay: true })
  post({ value }: Infer<typeof Number32>): void {
    this.asked.push(value);
    if (value === 13) throw new Error('thirteen');
  }

  @Request(3, Number32)
  fail(_: Infer<typeof Number32>, client: Client): void {
    if (_.value === 1) client.respond(3, CsError.OK);
    throw new Error('broken');
  }

  @Delivery(0, Number32)
  onAdd({ value }: Infer<typeof Number32>, from: NodeId): void {
    if (value === 13) throw new Error('thirteen');
    this.delivered.push({ value, from });
  }
}

/** One of corosync's services, by its number. */
@ServiceEngine({ name: 'classic', service: 2 })
export class ClassicEngine {
  readonly delivered: number[] = [];

  @Delivery(3, Number32)
  onMessage({ value }: Infer<typeof Number32>): void {
    this.delivered.push(value);
  }
}
