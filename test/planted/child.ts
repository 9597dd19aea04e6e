/** The process of {@link withPlanted}: runs the program it is given and sends back what it returns. */
// Who asked is gone: nobody needs the answer.
process.once('disconnect', () => process.exit());
const [program, argument] = process.argv.slice(2) as [string, string];
const { default: run } = (await import(program)) as { default: (argument: unknown) => unknown };
const result = await run(JSON.parse(argument));
// With a bug planted the program may have left sockets and timers behind.
process.send!({ result }, () => process.exit());
