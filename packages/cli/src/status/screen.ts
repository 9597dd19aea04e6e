import { columns, paint } from '../paint.js';
import { findings } from './findings.js';
import type { Snapshot } from './snapshot.js';

/** `coterie status` as a person reads it: what is wrong first, then the ring, the votes, the plugins. */
export function screen(now: Snapshot): string[] {
  const found = findings(now);
  const lines: string[] = [];
  if (found.length === 0) lines.push(paint.good('All is well.'));
  for (const { severity, what, hint } of found) {
    lines.push((severity === 'error' ? paint.bad : paint.warn)(what), `  ${hint}`);
  }
  const members = now.nodes.filter(({ member }) => member).length;
  lines.push(
    '',
    `${paint.title('Ring')} ${now.ring} of cluster ${now.cluster || '(no name)'}: ${members} of ${now.nodes.length} nodes, seen from ${now.node === undefined ? 'this node' : `node ${now.node}`} over ${now.transport}`,
    ...columns(
      now.nodes.map(({ nodeId, name, address, member, votes }) => [
        `${nodeId}`,
        name ?? '',
        address,
        member ? 'member' : 'absent',
        votes === undefined ? 'not in the nodelist' : votes === 1 ? '1 vote' : `${votes} votes`,
      ]),
    ),
  );
  if (now.votes) {
    const { quorate, total, expected, needed, flags } = now.votes;
    lines.push(
      '',
      `${paint.title('Quorum')} ${quorate ? 'yes' : 'no'}: ${total} of ${expected} votes, ${needed} needed${flags.length > 0 ? ` (${flags.join(', ')})` : ''}`,
    );
  }
  const names = now.plugins.map(({ name, version }) => `${name} ${version}`.trim());
  lines.push('', `${paint.title('Plugins')} ${names.length > 0 ? names.join(', ') : 'not reported'}`);
  return lines;
}
