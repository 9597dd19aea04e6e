import assert from 'node:assert/strict';
import { Pool, type Answer } from '@coterie/testkit';

interface Job {
  readonly does: 'answer' | 'crash' | 'abort' | 'hang' | 'slow';
  readonly number: number;
}

interface Report {
  readonly number: number;
  readonly pid: number;
}

/** Milliseconds: a crash on a busy machine takes less. */
const PATIENCE = 4000;

describe('a pool of processes', function () {
  this.timeout(60_000);

  const program = new URL('pool-worker.js', import.meta.url);
  const never = new AbortController().signal;

  /** The answers, by number of their job. */
  async function run(
    jobs: readonly Job['does'][],
    follow: (job: Job) => Job | undefined = () => undefined,
  ): Promise<Map<number, Answer<Report>>> {
    const answers = new Map<number, Answer<Report>>();
    const pool = new Pool<Job, Report>({
      ...{ program, size: 2, patience: PATIENCE },
      onAnswer(job, answer) {
        assert.ok(!answers.has(job.number), `job ${job.number} has two answers`);
        answers.set(job.number, answer);
        return follow(job);
      },
    });
    const all = jobs.map((does, number) => ({ does, number }));
    await pool.run(all.values(), never);
    return answers;
  }

  it('does every job once, two at a time', async () => {
    const answers = await run(Array.from({ length: 50 }, () => 'answer'));
    assert.equal(answers.size, 50);
    const pids = new Set<number>();
    for (const [number, answer] of answers) {
      assert.ok(answer.kind === 'report');
      assert.equal(answer.report.number, number);
      pids.add(answer.report.pid);
    }
    assert.ok(pids.size <= 2, `${pids.size} processes`);
  });

  it('tells which job its process was lost with, and how, and does the others', async () => {
    const answers = await run(['answer', 'crash', 'abort', 'hang', 'answer', 'answer']);
    const kinds = [0, 1, 2, 3, 4, 5].map((number) => answers.get(number)?.kind);
    assert.deepEqual(kinds, ['report', 'crash', 'crash', 'hang', 'report', 'report']);
    const how = (number: number) => {
      const answer = answers.get(number);
      return answer === undefined || answer.kind === 'report' ? '' : answer.how;
    };
    assert.match(how(1), /code 1[^]*job 1 is bad/);
    assert.match(how(2), /SIGABRT/);
    assert.match(how(3), /no sign of life for 4000 ms/);
  });

  it('does not take a long job for a hang as long as it shows signs of life', async () => {
    const answers = await run(['slow']);
    assert.equal(answers.get(0)?.kind, 'report');
  });

  it('does what follows from an answer in the same process', async () => {
    const answers = await run(['answer'], ({ number }) =>
      number === 0 ? { does: 'answer', number: 1 } : undefined,
    );
    const [first, second] = [answers.get(0), answers.get(1)];
    assert.ok(first?.kind === 'report' && second?.kind === 'report');
    assert.equal(second.report.pid, first.report.pid);
  });

  it('drops the jobs in hand when it is told to stop, hanging ones too', async () => {
    const stop = new AbortController();
    const pool = new Pool<Job, Report>({
      ...{ program, size: 2, patience: 600_000 },
      onAnswer({ number }) {
        if (number === 1) stop.abort();
        return undefined;
      },
    });
    const jobs: Job[] = [
      { does: 'hang', number: 0 },
      { does: 'answer', number: 1 },
      { does: 'answer', number: 2 },
    ];
    const left = jobs.values();
    await pool.run(left, stop.signal);
    assert.equal(left.next().value?.number, 2);
  });

  it('fails if its program cannot be run', async () => {
    const missing = new URL('no-such-worker.js', import.meta.url);
    const pool = new Pool<Job, Report>({
      ...{ program: missing, size: 1, patience: 2000 },
      onAnswer: () => undefined,
    });
    await assert.rejects(
      pool.run([{ does: 'answer', number: 0 } as const].values(), never),
      /no-such-worker/,
    );
  });
});
