import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Network } from './network.js';
import { TrafficClient } from './traffic-client.js';
import { until } from './until.js';

/** How long a daemon's process may take to be there, in milliseconds. */
const START_PATIENCE = 20_000;
/** How long a daemon may take to end once it was told to leave, in milliseconds. */
const LEAVE_PATIENCE = 5000;
/** How long a program may run beside a daemon, in milliseconds. */
const RUN_PATIENCE = 30_000;
const GROUP = 'interop';

export const coteried = join(
  dirname(createRequire(import.meta.url).resolve('@coterie/core/package.json')),
  'bin',
  'coteried.js',
);
export const project = fileURLToPath(new URL('../../..', import.meta.url));

export interface NodePlace {
  readonly id: number;
  readonly hosts: Network;
  /** Folder for everything of this node. */
  readonly folder: string;
  /** corosync.conf, without what belongs to one node only. */
  readonly configuration: string;
  /** As {@link ClusterPlan} has it. */
  readonly slowness: number;
  /** Names in `folder` of what is to lie over these folders of the machine, for this node alone. */
  readonly own: Readonly<Record<string, string>>;
  /** The folder whose package.json says what a coteried runs. */
  readonly project: string;
  /** URL of the module whose CpgClient our own traffic client uses; that of engine-cpg without it. */
  readonly cpg: string | undefined;
}

/** How a program that runs beside a daemon has ended. */
export interface Outcome {
  readonly code: number;
  readonly output: string;
}

/**
 * A daemon on its host, with a traffic client beside it: both end and start together, but the client goes on when
 * the daemon is paused.
 */
export abstract class ClusterNode {
  abstract readonly kind: 'corosync' | 'coteried';
  /** One an incarnation, the last one being that of the daemon that runs. */
  readonly clients: TrafficClient[] = [];
  /** How the daemon ended that nobody had asked to end. */
  crash: string | undefined;
  private child: ChildProcess | undefined;
  private ended: Promise<void> = Promise.resolve();

  constructor(protected readonly place: NodePlace) {
    for (const name of ['run', 'shm', 'state', ...Object.keys(place.own)])
      mkdirSync(join(place.folder, name), { recursive: true });
    // As /dev/shm is: programs of other users make their buffers there.
    chmodSync(join(place.folder, 'shm'), 0o1777);
  }

  get id(): number {
    return this.place.id;
  }

  get running(): boolean {
    return this.child !== undefined;
  }

  get client(): TrafficClient {
    return this.clients.at(-1)!;
  }

  /** Of the running daemon. */
  get pid(): number {
    return this.child!.pid!;
  }

  /** Where a coteried has its socket. */
  get runDir(): string {
    return join(this.place.folder, 'run');
  }

  get logFile(): string {
    return join(this.place.folder, 'log');
  }

  /** Starts daemon and client; the client connects once the daemon lets it. */
  async start(): Promise<void> {
    // One that never got to its daemon would go to this one.
    this.clients.at(-1)?.kill();
    const { hosts, id } = this.place;
    const log = openSync(this.logFile, 'a');
    const [program, ...args] = hosts.on(id, ...this.daemon());
    const child = spawn(program, args, { stdio: ['ignore', log, log], cwd: this.place.folder });
    closeSync(log);
    this.child = child;
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        if (this.child === child) {
          this.crash = `node ${id} (${this.kind}) ended by itself: ${signal ?? `exit code ${code}`}`;
          this.child = undefined;
        }
        resolve();
      });
    });
    await this.settled(child.pid!);
    this.startClient();
  }

  /** Starts a client of the running daemon; {@link client} is the new one from here on. */
  startClient(): void {
    this.clients.push(new TrafficClient(this.id, this.beside(...this.traffic(GROUP))));
  }

  /** The command that runs `command` where it reaches the running daemon. */
  beside(...command: string[]): [string, ...string[]] {
    return this.place.hosts.beside(this.pid, ...command);
  }

  /** Runs a program beside the daemon to its end. */
  run(...command: string[]): Promise<Outcome> {
    const [file, ...args] = this.beside(...command);
    return new Promise((resolve) => {
      execFile(file, args, { timeout: RUN_PATIENCE }, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ code, output: stdout + stderr });
      });
    });
  }

  /** Lets it leave the ring. */
  async stop(): Promise<void> {
    const child = this.end('SIGTERM');
    const patience = LEAVE_PATIENCE * this.place.slowness;
    const timer = setTimeout(() => {
      this.crash = `node ${this.id} (${this.kind}) had not ended ${patience} ms after SIGTERM`;
      child?.kill('SIGKILL');
    }, patience);
    await this.ended;
    clearTimeout(timer);
  }

  async kill(): Promise<void> {
    this.end('SIGKILL');
    await this.ended;
  }

  pause(): void {
    this.child?.kill('SIGSTOP');
  }

  resume(): void {
    this.child?.kill('SIGCONT');
  }

  log(): string {
    return readFileSync(this.logFile, 'utf8');
  }

  /** The daemon's command line. */
  protected abstract daemon(): string[];

  /** Shell commands that lay the node's own folders over those of the machine, for it and what runs beside it. */
  protected mounts(folders: Readonly<Record<string, string>>): string {
    return Object.entries({ ...folders, ...this.place.own })
      .map(([name, path]) => `mount --bind ${this.place.folder}/${name} ${path} && `)
      .join('');
  }
  /** The command line of its traffic client. */
  protected abstract traffic(group: string): string[];

  /** From here on its end is no surprise. */
  private end(signal: NodeJS.Signals): ChildProcess | undefined {
    const { child } = this;
    this.child = undefined;
    child?.kill(signal);
    return child;
  }

  /** Waits until the process is the daemon on its host. */
  private async settled(pid: number): Promise<void> {
    await until(`start of node ${this.id}`, START_PATIENCE * this.place.slowness, () => {
      if (this.crash !== undefined)
        throw new Error(`${this.crash}\n${this.log().trimEnd().split('\n').slice(-10).join('\n')}`);
      const arrived = this.place.hosts.arrived(pid) && this.isDaemon(readCommand(pid));
      return arrived ? undefined : 'it is not there';
    });
  }

  protected abstract isDaemon(command: string[]): boolean;
}

function readCommand(pid: number): string[] {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
}

/** A real corosync: a private /run for its pid file and a private /dev/shm for its clients' buffers. */
export class RealNode extends ClusterNode {
  readonly kind = 'corosync';

  constructor(
    place: NodePlace,
    private readonly trafficProgram: string,
  ) {
    super(place);
  }

  protected daemon(): string[] {
    const mounts = this.mounts({ run: '/run', shm: '/dev/shm' });
    return ['sh', '-c', `${mounts}exec corosync -f -c ${this.place.configuration}`];
  }

  protected isDaemon(command: string[]): boolean {
    return command[0] === 'corosync';
  }

  protected traffic(group: string): string[] {
    return [this.trafficProgram, group];
  }
}

/** A coteried. Its traffic client is our own, or the C one where that is named. */
export class CoterieNode extends ClusterNode {
  readonly kind = 'coteried';

  constructor(
    place: NodePlace,
    private readonly trafficProgram?: string,
  ) {
    super(place);
  }

  /** What its ring did, in all its lives. */
  get traceFile(): string {
    return join(this.place.folder, 'trace');
  }

  protected daemon(): string[] {
    const { id, folder, configuration, project } = this.place;
    const folders = ['--run-dir', join(folder, 'run'), '--state-dir', join(folder, 'state')];
    const where = ['--project', project, '-c', configuration, ...folders, '--node', `${id}`];
    const options = ['-f', ...where, '--trace', this.traceFile];
    // Shared memory of its own for clients of libcpg; a node without them may be on no host of its own.
    const mounts = this.mounts(this.trafficProgram === undefined ? {} : { shm: '/dev/shm' });
    return ['sh', '-c', `${mounts}cd "$0" && exec "$@"`, project, process.execPath, coteried, ...options];
  }

  protected isDaemon(command: string[]): boolean {
    return command[0] === process.execPath;
  }

  protected traffic(group: string): string[] {
    if (this.trafficProgram !== undefined) return [this.trafficProgram, group];
    const program = fileURLToPath(new URL('./cpg-traffic.js', import.meta.url));
    const { folder, cpg } = this.place;
    return [process.execPath, program, group, join(folder, 'run'), ...(cpg === undefined ? [] : [cpg])];
  }
}
