import { TestNode } from './node.js';

/** Describes a suite that runs over both kinds of sockets. What `track` was given is closed after each test. */
export function overBothSockets(
  transport: string,
  suite: (path: 'native' | 'dgram', track: (...nodes: TestNode[]) => void) => void,
): void {
  for (const path of ['native', 'dgram'] as const) {
    describe(`${transport} over ${path} sockets`, () => {
      let open: TestNode[] = [];
      let before: string | undefined;

      beforeEach(() => {
        before = process.env['COTERIE_UDP_SOCKETS'];
        process.env['COTERIE_UDP_SOCKETS'] = path;
      });

      afterEach(async () => {
        if (before === undefined) delete process.env['COTERIE_UDP_SOCKETS'];
        else process.env['COTERIE_UDP_SOCKETS'] = before;
        await Promise.all(open.map((node) => node.transport.close()));
        open = [];
      });

      suite(path, (...nodes) => void open.push(...nodes));
    });
  }
}
