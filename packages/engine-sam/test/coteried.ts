import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../../..');
const PROGRAM = join(ROOT, 'packages/core/bin/coteried.js');
const PATIENCE = 20_000;

/** A cluster of one node of this machine, with the plugins of this repository. */
export class Coteried implements AsyncDisposable {
  readonly runDir: string;
  output = '';
  private child: ChildProcess | undefined;
  private gone: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly folder: string,
    private readonly port: number,
  ) {
    this.runDir = join(folder, 'run');
    mkdirSync(this.runDir);
  }

  /** @param sections more of corosync.conf */
  static async start(sections = ''): Promise<Coteried> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    const { port } = socket.address();
    await new Promise<void>((resolve) => void socket.close(resolve));
    const daemon = new Coteried(mkdtempSync(join(tmpdir(), 'coterie-sam-')), port);
    daemon.configure(sections);
    await daemon.start();
    return daemon;
  }

  configure(sections: string): void {
    const totem = 'version: 2\ntransport: udpu\ncluster_name: sam\ncrypto_cipher: none\ntoken: 500\n';
    const node = `node {\nring0_addr: 127.0.0.1\nring0_port: ${this.port}\nnodeid: 1\n}\n`;
    const text = `totem {\n${totem}}\nnodelist {\n${node}}\nlogging {\nto_syslog: no\n}\n${sections}`;
    writeFileSync(join(this.folder, 'corosync.conf'), text);
  }

  get pid(): number {
    return this.child!.pid!;
  }

  /** Resolves when clients are let in. */
  async start(): Promise<void> {
    const places = ['--run-dir', this.runDir, '--state-dir', join(this.folder, 'state'), '--project', ROOT];
    const args = [PROGRAM, '-f', '-c', join(this.folder, 'corosync.conf'), ...places];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    this.gone = once(child, 'exit');
    this.output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    await until(
      'the daemon',
      () => this.output.includes('ready for clients'),
      () => this.output,
    );
  }

  reload(): void {
    this.child?.kill('SIGHUP');
  }

  /** Lets it leave, or ends it as a power failure would. */
  async end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    this.child?.kill(signal);
    await this.gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    rmSync(this.folder, { recursive: true });
  }
}

/** Resolves once the condition holds. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  details: () => string = () => '',
): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${PATIENCE} ms: ${what}\n${details()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
