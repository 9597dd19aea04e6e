import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { until } from '../until.js';

const PROGRAM = resolve(import.meta.dirname, '../../bin/coteried.js');
const ROOT = resolve(import.meta.dirname, '../../../..');

/** A project that depends on the repository's own plugins, and a node of a cluster in it. */
export class Installation {
  readonly config: string;
  readonly runDir: string;
  readonly stateDir: string;

  constructor(readonly folder: string) {
    this.config = join(folder, 'corosync.conf');
    this.runDir = join(folder, 'run');
    this.stateDir = join(folder, 'state');
    mkdirSync(this.runDir);
  }

  configure(text: string): void {
    writeFileSync(this.config, text);
  }

  /** One node on a loopback address, whose port nobody else uses. */
  configureAlone(port: number, logging = ''): void {
    this.configure(
      'totem {\nversion: 2\ntransport: udpu\ncluster_name: test\ncrypto_cipher: none\ncrypto_hash: none\n}\n' +
        `nodelist {\nnode {\nring0_addr: 127.0.0.1\nring0_port: ${port}\nnodeid: 1\n}\n}\n` +
        `logging {\nto_syslog: no\n${logging}}\n`,
    );
  }

  start(...args: string[]): DaemonProcess {
    return this.startWith({}, ...args);
  }

  /** @param environment beyond that of this process */
  startWith(environment: Readonly<Record<string, string>>, ...args: string[]): DaemonProcess {
    const places = ['-c', this.config, '--run-dir', this.runDir, '--state-dir', this.stateDir];
    const env = { ...process.env, ...environment };
    return new DaemonProcess(
      spawn(process.execPath, [PROGRAM, ...places, '--project', ROOT, ...args], { env }),
    );
  }
}

export class DaemonProcess {
  output = '';
  code: number | null | undefined;

  constructor(readonly child: ChildProcess) {
    child.stdout?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    child.on('close', (code) => (this.code = code));
  }

  async says(text: string): Promise<void> {
    await until(`"${text}" in: ${this.output}`, () => this.output.includes(text), 20_000).catch(
      (error: unknown) => {
        throw new Error(`${String(error)}\n${this.output}`);
      },
    );
  }

  async ended(): Promise<number | null | undefined> {
    await until('the end of the daemon', () => this.code !== undefined, 20_000);
    return this.code;
  }
}
