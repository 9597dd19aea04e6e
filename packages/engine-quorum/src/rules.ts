import type { ErrorCode, NodeId } from '@coterie/sdk';

/** Who decides when the votes split evenly: a node, or the first of a list that is here. */
export type TieBreaker = 'none' | 'lowest' | 'highest' | readonly NodeId[];

/** A quorum device as configured. */
export interface DeviceRules {
  readonly votes: number;
  /** Milliseconds between two polls before the device counts as lost. */
  readonly timeout: number;
  /** Milliseconds that synchronisation waits for a poll. */
  readonly syncTimeout: number;
}

/** Options that hold until the daemon restarts. */
export interface FixedRules {
  /** Undefined: as two_node says. */
  readonly waitForAll: boolean | undefined;
  readonly lastManStanding: boolean;
  /** Milliseconds between the loss of a node and the lowering of expected votes. */
  readonly lastManStandingWindow: number;
  readonly tieBreaker: TieBreaker;
  readonly allowDownscale: boolean;
  readonly trackExpectedVotes: boolean;
}

/** What counts now; read again when the configuration changes. */
export interface Rules {
  readonly votes: number;
  readonly expectedVotes: number;
  readonly twoNode: boolean;
  readonly waitForAll: boolean;
  readonly tieBreaker: TieBreaker;
  readonly device: DeviceRules | undefined;
  /** May a device register? Not while the configuration contradicts it. */
  readonly deviceAllowed: boolean;
  /** Options that were turned off because they do not work here. */
  readonly warnings: readonly string[];
}

/** Two settings that cannot both hold. */
export interface Conflict {
  readonly code: ErrorCode;
  readonly message: string;
}

/** What the rules are made from. */
export interface Settings {
  /** A number below `quorum.`, given as a number or in decimal; undefined if absent or neither. */
  number(name: string): number | undefined;
  /** A string below `quorum.`. */
  text(name: string): string | undefined;
  /** The configured votes of all nodes; empty without a nodelist. */
  readonly nodeVotes: readonly number[];
  /** Of them, this node's. */
  readonly localVotes: number;
}

const DEVICE_TIMEOUT = 10_000;
const DEVICE_SYNC_TIMEOUT = 30_000;
const LAST_MAN_STANDING_WINDOW = 10_000;

export function readFixedRules(settings: Settings): FixedRules {
  const waitForAll = settings.number('wait_for_all');
  const allowDownscale = settings.number('allow_downscale') === 1;
  return {
    waitForAll: waitForAll === undefined ? undefined : waitForAll === 1,
    lastManStanding: settings.number('last_man_standing') === 1,
    lastManStandingWindow: settings.number('last_man_standing_window') ?? LAST_MAN_STANDING_WINDOW,
    tieBreaker: readTieBreaker(settings),
    allowDownscale,
    // Without the barrier on disk a downscaled node that restarts would not know what to expect.
    trackExpectedVotes: allowDownscale || settings.number('expected_votes_tracking') === 1,
  };
}

/** `lowest`, `highest` or node ids with blanks between; a text that is none of them turns the option off, as in corosync. */
export function parseTieBreaker(text: string): TieBreaker {
  const name = text.trim();
  if (name === 'lowest' || name === 'highest') return name;
  if (!/^\d+(\s+\d+)*$/.test(name)) return 'none';
  const ids = name.split(/\s+/).map(Number);
  return ids.every((id) => id > 0 && id <= 0xffff_ffff) ? ids : 'none';
}

function readTieBreaker(settings: Settings): TieBreaker {
  if (settings.number('auto_tie_breaker') !== 1) return 'none';
  const node = settings.text('auto_tie_breaker_node');
  return node === undefined ? 'lowest' : parseTieBreaker(node);
}

/**
 * The rules, and what contradicts what (votequorum_readconfig). At start a conflict is refused; later the rules
 * returned are the safe ones, with the device not allowed. No votes to expect at all: they expect 0.
 */
export function readRules(
  settings: Settings,
  fixed: FixedRules,
  deviceRegistered: boolean,
): { rules: Rules; conflicts: Conflict[] } {
  const conflicts: Conflict[] = [];
  const warnings: string[] = [];
  const sum = settings.nodeVotes.reduce((total, votes) => total + votes, 0);
  const configured = settings.number('expected_votes') ?? 0;
  if (settings.nodeVotes.length === 0 && configured === 0) {
    conflicts.push({
      code: 'COTERIE_E_QUORUM_EXPECTED_VOTES',
      message: 'quorum: neither a nodelist nor quorum.expected_votes says how many votes to expect',
    });
  }

  const device = readDevice(settings, configured, sum, conflicts);
  let twoNode = settings.number('two_node') === 1;
  if (twoNode && device && deviceRegistered) {
    warnings.push(
      'quorum: two_node does not work with the quorum device that is registered; two_node is off',
    );
    twoNode = false;
  }
  if (twoNode && device) conflicts.push(excludes('quorum.device', 'quorum.two_node'));
  if (twoNode && fixed.tieBreaker !== 'none') {
    warnings.push('quorum: two_node does not work with auto_tie_breaker; two_node is off');
    twoNode = false;
  }
  const waitForAll = fixed.waitForAll ?? twoNode;
  const tieBreaker = usableTieBreaker(fixed, sum, waitForAll, conflicts, warnings);
  if (device && fixed.lastManStanding) conflicts.push(excludes('quorum.device', 'quorum.last_man_standing'));
  if (device && tieBreaker !== 'none') conflicts.push(excludes('quorum.device', 'quorum.auto_tie_breaker'));
  if (device && fixed.allowDownscale) conflicts.push(excludes('quorum.device', 'quorum.allow_downscale'));

  const nodelist = settings.nodeVotes.length > 0;
  const rules: Rules = {
    votes: nodelist ? settings.localVotes : (settings.number('votes') ?? 1),
    expectedVotes: configured || sum + (device?.votes ?? 0),
    twoNode,
    waitForAll,
    tieBreaker,
    device,
    deviceAllowed: conflicts.length === 0,
    warnings,
  };
  return { rules, conflicts };
}

function readDevice(
  settings: Settings,
  expectedVotes: number,
  nodeVotes: number,
  conflicts: Conflict[],
): DeviceRules | undefined {
  if (!settings.text('device.model')) return undefined;
  const code = 'COTERIE_E_QUORUM_DEVICE_VOTES';
  const configured = settings.number('device.votes');
  if (configured === undefined && expectedVotes > 0) {
    conflicts.push({ code, message: 'quorum.device.votes must be given where quorum.expected_votes is' });
  }
  if (configured === undefined && nodeVotes !== settings.nodeVotes.length) {
    conflicts.push({
      code,
      message: 'quorum.device.votes must be given where a node has not exactly one vote',
    });
  }
  if (configured && expectedVotes > 0 && expectedVotes - configured < 2) {
    conflicts.push({
      code,
      message: `quorum.device.votes ${configured} leaves fewer than 2 of quorum.expected_votes ${expectedVotes} to the nodes`,
    });
  }
  return {
    // All nodes but one may fail as long as the device is there.
    votes: configured ?? Math.max(0, nodeVotes - 1),
    timeout: settings.number('device.timeout') ?? DEVICE_TIMEOUT,
    syncTimeout: settings.number('device.sync_timeout') ?? DEVICE_SYNC_TIMEOUT,
  };
}

/** In a cluster with an odd number of votes the bigger part of a split is quorate without the tie-breaker. */
function usableTieBreaker(
  fixed: FixedRules,
  nodeVotes: number,
  waitForAll: boolean,
  conflicts: Conflict[],
  warnings: string[],
): TieBreaker {
  if (fixed.tieBreaker === 'none' || nodeVotes % 2 === 0 || waitForAll) return fixed.tieBreaker;
  if (fixed.lastManStanding) {
    conflicts.push(
      excludes('quorum.auto_tie_breaker in a cluster with odd votes', 'quorum.last_man_standing'),
    );
  }
  warnings.push('quorum: auto_tie_breaker with an odd number of votes needs wait_for_all; it is off');
  return 'none';
}

function excludes(one: string, other: string): Conflict {
  return { code: 'COTERIE_E_QUORUM_CONFLICT', message: `${one} and ${other} exclude each other` };
}
