import {
  Cluster,
  QuorumControl,
  ServiceEngine,
  definePlugin,
  inject,
  type Engine,
  type Synchroniser,
} from '@coterie/sdk';

/** A quorum provider such as anybody can write: quorate is who is in a ring with node 1. */
@ServiceEngine({ name: 'beacon', service: 1500 })
class Beacon implements Engine {
  readonly active: boolean;
  readonly sync: Synchroniser = {
    init: () => undefined,
    process: () => 'done',
    activate: () => this.control.set(this.cluster.view.members.includes(1), 'node 1 decides'),
    abort: () => undefined,
  };

  constructor(
    @inject(Cluster) private readonly cluster: Cluster,
    @inject(QuorumControl) private readonly control: QuorumControl,
  ) {
    this.active = control.provide('beacon');
  }
}

export const plugin = definePlugin({ engines: [Beacon] });
