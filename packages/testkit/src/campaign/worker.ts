/** A process of a campaign's pool: does one job after the other. */
import { doJob, type Job, type JobReport } from './job.js';
import type { WorkerMessage } from './pool.js';

// Ctrl-C goes to the whole group of processes; when to end is for the parent to say.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
process.on('disconnect', () => process.exit());
process.on('message', (job) => void work(job as Job));
send({ kind: 'ready' });

async function work(job: Job): Promise<void> {
  const report = await doJob(job, () => send({ kind: 'alive' }));
  send({ kind: 'report', report });
}

function send(message: WorkerMessage<JobReport | undefined>): void {
  process.send?.(message);
}
