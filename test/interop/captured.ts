import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { CaptureReport } from '../../packages/totem/test/decode-capture.js';
import type { Hosts } from './hosts.js';

type Decoder = typeof import('../../packages/totem/test/decode-capture.js');

/** Records everything that a host sends and receives over UDP, whatever the faults of its network: they act behind it. */
export class Capture {
  private constructor(
    private readonly file: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(hosts: Hosts, node: number, file: string): Promise<Capture> {
    const tcpdump = ['tcpdump', '-i', 'eth0', '-B', '16384', '-U', '-Z', 'root', '-w', file, 'ip proto 17'];
    const [program, ...args] = hosts.on(node, ...tcpdump);
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    // It says so when it listens.
    await once(child.stderr!, 'data');
    child.stderr!.resume();
    return new Capture(file, child);
  }

  /** Ends the recording and reads it with the decoder that is tested against recordings of corosync alone. */
  async decode(): Promise<CaptureReport> {
    this.child.kill('SIGTERM');
    await once(this.child, 'close');
    // The decoder belongs to the tests of the protocol's package, which is built beside this one and exports none.
    const decoder = new URL('../../../packages/totem/dist-test/decode-capture.js', import.meta.url).href;
    const { decodeCapture } = (await import(decoder)) as Decoder;
    return decodeCapture(this.file);
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}
