/** The process of {@link withPlanted}: runs the program it is given and sends back what it returns. */
const [program, argument] = process.argv.slice(2) as [string, string];
const { default: run } = (await import(program)) as { default: (argument: unknown) => unknown };
const result = await run(JSON.parse(argument));
process.send!({ result });
process.disconnect();
