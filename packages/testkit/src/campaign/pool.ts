import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What came of a job: what its process answered, or how the process was lost. */
export type Answer<Report> =
  | { readonly kind: 'report'; readonly report: Report }
  | { readonly kind: 'crash' | 'hang'; readonly how: string };

/** What a process of a {@link Pool} sends. */
export type WorkerMessage<Report> =
  | { readonly kind: 'ready' }
  /** The job goes on: not a hang. */
  | { readonly kind: 'alive' }
  | { readonly kind: 'report'; readonly report: Report };

export interface PoolOptions<Job, Report> {
  /** The module that each process runs. It sends `ready`, then takes one job after the other. */
  readonly program: URL;
  readonly size: number;
  /** Milliseconds without a sign of life after which a job counts as hanging. */
  readonly patience: number;
  /** Hears of each answer; the same process does the job that is returned next. */
  readonly onAnswer: (job: Job, answer: Answer<Report>) => Job | undefined;
}

/** The last of what a process wrote that is kept, characters. */
const LAST_WORDS = 4000;

/**
 * Does jobs in processes of their own, one at a time in each. Processes, not threads: an engine that runs out of
 * memory, aborts or never returns takes only its own job with it, and this tells which.
 */
export class Pool<Job, Report> {
  private readonly running = new Set<Worker<Job, Report>>();

  constructor(private readonly options: PoolOptions<Job, Report>) {}

  /**
   * Until there are no more jobs, or the signal: then the jobs in hand are dropped without an answer.
   * @throws Error if a process ends before it could take a job
   */
  async run(jobs: Iterator<Job>, signal: AbortSignal): Promise<void> {
    const stop = () => this.stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      await Promise.all(Array.from({ length: this.options.size }, () => this.work(jobs, signal)));
    } finally {
      signal.removeEventListener('abort', stop);
      this.stop();
    }
  }

  private async work(jobs: Iterator<Job>, signal: AbortSignal): Promise<void> {
    let worker: Worker<Job, Report> | undefined;
    let follow: Job | undefined;
    while (!signal.aborted) {
      let job = follow;
      if (job === undefined) {
        const next = jobs.next();
        if (next.done) return;
        job = next.value;
      }
      worker ??= await this.start();
      if (signal.aborted) return;
      const answer = await worker.work(job, this.options.patience);
      if (signal.aborted) return;
      if (answer.kind !== 'report') {
        this.running.delete(worker);
        worker = undefined;
      }
      follow = this.options.onAnswer(job, answer);
    }
  }

  private async start(): Promise<Worker<Job, Report>> {
    const worker = new Worker<Job, Report>(this.options.program);
    this.running.add(worker);
    await worker.ready;
    return worker;
  }

  private stop(): void {
    for (const worker of this.running) worker.kill();
    this.running.clear();
  }
}

class Worker<Job, Report> {
  /** Rejects if the process ends before it could take a job. */
  readonly ready: Promise<void>;
  private readonly child: ChildProcess;
  private said = '';
  private onMessage: (message: WorkerMessage<Report>) => void = () => undefined;
  private onEnd: (how: string) => void = () => undefined;

  constructor(program: URL) {
    this.child = fork(fileURLToPath(program), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.child.stderr?.on('data', (bytes: Buffer) => {
      this.said = (this.said + bytes.toString()).slice(-LAST_WORDS);
    });
    this.child.on('message', (message) => this.onMessage(message as WorkerMessage<Report>));
    this.child.on('error', (error) => this.onEnd(error.message));
    this.child.on('close', (code, signal) =>
      this.onEnd(`the process ended with ${signal ?? `code ${code}`}\n${this.said}`.trim()),
    );
    this.ready = new Promise((resolve, reject) => {
      this.onMessage = () => resolve();
      // Killed by its pool, which has been told to stop: nobody waits for it.
      this.onEnd = (how) => (this.child.killed ? resolve() : reject(new Error(how)));
    });
  }

  work(job: Job, patience: number): Promise<Answer<Report>> {
    return new Promise((resolve) => {
      const hang = setTimeout(() => {
        this.kill();
        resolve({ kind: 'hang', how: `no sign of life for ${patience} ms` });
      }, patience);
      const end = (answer: Answer<Report>) => {
        clearTimeout(hang);
        resolve(answer);
      };
      this.onMessage = (message) => {
        if (message.kind === 'report') end(message);
        else hang.refresh();
      };
      this.onEnd = (how) => end({ kind: 'crash', how });
      this.child.send(job as object, (error) => {
        if (error !== null) end({ kind: 'crash', how: error.message });
      });
    });
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}
