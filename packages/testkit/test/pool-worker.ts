/** A process for the tests of the pool: does what each job says. */
process.on('disconnect', () => process.exit());
process.on('message', ({ does, number }: { does: string; number: number }) => {
  if (does === 'crash') throw new Error(`job ${number} is bad`);
  if (does === 'abort') process.abort();
  if (does === 'hang') for (;;);
  if (does === 'slow') {
    // Longer than the pool's patience in all, but with signs of life.
    let left = 10;
    const timer = setInterval(() => {
      process.send!({ kind: 'alive' });
      if (--left > 0) return;
      clearInterval(timer);
      process.send!({ kind: 'report', report: { number, pid: process.pid } });
    }, 500);
  } else process.send!({ kind: 'report', report: { number, pid: process.pid } });
});
process.send!({ kind: 'ready' });
