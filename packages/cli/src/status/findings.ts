import type { NodeStatus, Snapshot } from './snapshot.js';

/** Something that an operator should know, and what to do about it. */
export interface Finding {
  readonly severity: 'error' | 'warning';
  readonly what: string;
  readonly hint: string;
}

/** What is wrong, the worst first; empty if all is well. */
export function findings(now: Snapshot): Finding[] {
  const absent = now.nodes.filter(({ member }) => !member);
  const found: Finding[] = [];
  if (!now.quorate) found.push(inquorate(now, absent));
  found.push(...linkFindings(now));
  if (
    (now.counters['firewall_enabled_or_nic_failure'] ?? 0) > 0 ||
    (now.counters['continuous_gather'] ?? 0) > 0
  ) {
    found.push({
      severity: 'error',
      what: 'This node cannot form a ring: membership rounds follow each other without an end.',
      hint: 'Look at the network interface and the firewall: the ring needs its UDP port in both directions.',
    });
  }
  if (absent.length > 0 && now.quorate) {
    found.push({
      severity: 'warning',
      what: `${absent.length === 1 ? 'A node is' : `${absent.length} nodes are`} not in the ring: ${names(absent)}.`,
      hint: 'Is the daemon running there? If it is, its log says whom it hears.',
    });
  }
  for (const { nodeId, address } of now.nodes.filter(({ votes }) => votes === undefined)) {
    found.push({
      severity: 'warning',
      what: `Node ${nodeId} (${address}) is in the ring but not in this node's nodelist.`,
      hint: 'Add it to corosync.conf on every node, or stop it.',
    });
  }
  return found;
}

/** Links that are down; of the ways to members only those to members of the ring, as the others are not there anyway. */
function linkFindings({ links, nodes }: Snapshot): Finding[] {
  return links
    .filter(
      ({ up, peer }) =>
        !up && (peer === undefined || nodes.some((node) => node.nodeId === peer && node.member)),
    )
    .map(({ address, reason = 'no reason given', peer }) =>
      peer === undefined
        ? {
            severity: 'error',
            what: `The link at ${address} is down: ${reason}.`,
            hint: 'This node is alone until it is back, which it tries by itself. Look at its interface, cable and switch.',
          }
        : {
            severity: 'warning',
            what: `There is no path to node ${peer} (${address}): ${reason}.`,
            hint: 'It is tried on and on. Look whether a firewall or a switch is in the way, and at the log of that node.',
          },
    );
}

function inquorate({ votes, nodes }: Snapshot, absent: readonly NodeStatus[]): Finding {
  const count = votes
    ? `${votes.total} of ${votes.expected} votes, ${votes.needed} needed`
    : `${nodes.length - absent.length} of ${nodes.length} nodes`;
  const waiting = votes?.flags.includes('waitForAll') && absent.length > 0 && votes.total >= votes.needed;
  return {
    severity: 'error',
    what: `Not quorate: ${count}. Nothing that needs quorum may run here.`,
    hint:
      absent.length === 0
        ? 'All nodes are here: look at expected_votes and quorum_votes in corosync.conf.'
        : waiting
          ? `It waits for all nodes once: start ${names(absent)}.`
          : `Start ${names(absent)}, or see what keeps them apart.`,
  };
}

function names(nodes: readonly NodeStatus[]): string {
  return nodes.map(({ nodeId, name, address }) => `${name ?? `node ${nodeId}`} (${address})`).join(', ');
}
