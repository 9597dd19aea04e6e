import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Endpoint, Network } from '../interop/network.js';

const script = fileURLToPath(new URL('../../infiniband/fabric', import.meta.url));
const run = promisify(execFile);

/** What a device has counted itself. */
export interface Traffic {
  readonly sent: number;
  readonly received: number;
}

/** The network of the guest: node n is at device rxe`n` of interface ib`n`, which is plugged into port p`n` of a bridge. */
export class Fabric implements Network {
  /** @param prefix what stands in front of the command of a daemon */
  constructor(private readonly prefix: readonly string[] = []) {}

  seenBy(): readonly Endpoint[] {
    return [1, 2, 3].map((node) => ({ address: `10.9.0.${node}` }));
  }

  on(_node: number, ...command: string[]): [string, ...string[]] {
    return ['setpriv', '--pdeathsig', 'KILL', ...this.prefix, ...command];
  }

  beside(_pid: number, ...command: string[]): [string, ...string[]] {
    return ['setpriv', '--pdeathsig', 'KILL', ...command];
  }

  arrived(): boolean {
    return true;
  }

  async partition(...sides: (readonly number[])[]): Promise<void> {
    const alone = sides.filter((side) => side.length === 1).flat();
    if (alone.length < sides.length - 1) throw new Error('a port of the bridge parts one node from the rest');
    for (const node of alone) await this.unplug(node);
  }

  /** Takes the port of a node out of the bridge: its own end stays up. */
  async unplug(node: number): Promise<void> {
    await run('ip', ['link', 'set', `p${node}`, 'nomaster']);
  }

  async plug(node: number): Promise<void> {
    await run('ip', ['link', 'set', `p${node}`, 'master', 'br0']);
  }

  async lose(node: number, share: number): Promise<void> {
    const netem = ['netem', 'loss', `${100 * share}%`];
    await run('tc', ['qdisc', 'replace', 'dev', `p${node}`, 'root', ...netem]);
  }

  async heal(): Promise<void> {
    for (const node of [1, 2, 3]) {
      await this.plug(node);
      // There is nothing to delete where nothing was lost.
      await run('tc', ['qdisc', 'del', 'dev', `p${node}`, 'root']).catch(() => undefined);
    }
  }

  /** The interface of a node goes down, and the port of its device with it. */
  async portDown(node: number): Promise<void> {
    await run('ip', ['link', 'set', `ib${node}`, 'down']);
  }

  async portUp(node: number): Promise<void> {
    await this.call('fabric_interface', node);
  }

  async deleteDevice(node: number): Promise<void> {
    await run('rdma', ['link', 'delete', `rxe${node}`]);
  }

  async createDevice(node: number): Promise<void> {
    await this.call('fabric_device', node);
  }

  /** Packets since the device was made. */
  traffic(node: number): Traffic {
    const read = (name: string) =>
      Number(readFileSync(`/sys/class/infiniband/rxe${node}/ports/1/hw_counters/${name}`, 'utf8'));
    return { sent: read('sent_pkts'), received: read('rcvd_pkts') };
  }

  async dispose(): Promise<void> {
    await this.heal();
  }

  private async call(name: string, node: number): Promise<void> {
    await run('bash', ['-c', `. '${script}' && set -e && ${name} ${node}`]);
  }
}
