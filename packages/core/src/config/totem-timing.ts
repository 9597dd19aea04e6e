/** Effective values of the settings that may change while the daemon runs, by corosync's names. */
export interface TotemTiming {
  readonly token: number;
  readonly token_warning: number;
  readonly token_retransmit: number;
  readonly token_retransmits_before_loss_const: number;
  readonly hold: number;
  readonly join: number;
  readonly send_join: number;
  readonly consensus: number;
  readonly merge: number;
  readonly downcheck: number;
  readonly fail_recv_const: number;
  readonly seqno_unchanged_const: number;
  readonly heartbeat_failures_allowed: number;
  readonly max_network_delay: number;
  readonly window_size: number;
  readonly max_messages: number;
  readonly miss_count_const: number;
}

/** MINIMUM_TIMEOUT and MINIMUM_TIMEOUT_HOLD of totemconfig.c, in milliseconds. */
const SHORTEST = 30;
const SHORTEST_HOLD = 14;
/** The longest timer there is, in milliseconds. */
const LONGEST = 2 ** 31 - 1;

/**
 * As totem_volatile_config_read does it: 0 and absence mean the default for most settings.
 * @param read the configured number of `totem.<name>`
 * @param nodes how many nodes the nodelist has
 */
export function deriveTiming(read: (name: string) => number | undefined, nodes: number): TotemTiming {
  const nonZero = (name: string, fallback: number): number => read(name) || fallback;
  const retransmits = nonZero('token_retransmits_before_loss_const', 4);
  const token = nonZero('token', 3000) + Math.max(0, nodes - 2) * (read('token_coefficient') ?? 650);
  const retransmit = nonZero('token_retransmit', Math.trunc(token / (retransmits + 0.2)));
  return {
    token,
    token_warning: read('token_warning') ?? 75,
    token_retransmit: retransmit,
    token_retransmits_before_loss_const: retransmits,
    hold: nonZero('hold', Math.trunc(retransmit * 0.8 - 10)),
    join: nonZero('join', 50),
    send_join: read('send_join') ?? 0,
    // corosync narrows to float before it cuts.
    consensus: nonZero('consensus', Math.trunc(Math.fround(1.2 * token))),
    merge: nonZero('merge', 200),
    downcheck: nonZero('downcheck', 1000),
    fail_recv_const: nonZero('fail_recv_const', 2500),
    seqno_unchanged_const: nonZero('seqno_unchanged_const', 30),
    heartbeat_failures_allowed: read('heartbeat_failures_allowed') ?? 0,
    max_network_delay: nonZero('max_network_delay', 50),
    window_size: nonZero('window_size', 50),
    max_messages: nonZero('max_messages', 17),
    miss_count_const: nonZero('miss_count_const', 5),
  };
}

/**
 * Largest window_size and max_messages. A ring that runs 16,384 messages ahead of its slowest member ends real
 * nodes (totemsrp.c, QUEUE_RTR_ITEMS_SIZE_MAX).
 */
const MOST_MESSAGES = 16_000;

export interface TimingFault {
  /** The setting at fault; the configured one where a derived one is out of range. */
  readonly name: keyof TotemTiming;
  readonly message: string;
}

const timers = [
  'token',
  'token_retransmit',
  'hold',
  'join',
  'consensus',
  'merge',
  'downcheck',
  'max_network_delay',
] as const;

/**
 * What totem_volatile_config_validate refuses, and what no timer can wait for.
 * @param configured does the file set `totem.<name>`?
 */
export function checkTiming(timing: TotemTiming, configured: (name: string) => boolean): TimingFault[] {
  const faults: TimingFault[] = [];
  for (const name of timers) {
    const least = name === 'hold' ? SHORTEST_HOLD : SHORTEST;
    const value = timing[name];
    if (value >= least && value <= LONGEST) continue;
    const range = `it must be in the range ${least}..${LONGEST} ms.`;
    if (configured(name) || name === 'token') {
      faults.push({ name, message: `totem.${name} is ${value} ms; ${range}` });
    } else {
      const source = derivedFrom(name, configured);
      faults.push({
        name: source,
        message: `totem.${name}, which follows from totem.${source}, is ${value} ms; ${range}`,
      });
    }
  }
  if (timing.window_size > MOST_MESSAGES || timing.max_messages > MOST_MESSAGES) {
    const name = timing.window_size > MOST_MESSAGES ? 'window_size' : 'max_messages';
    faults.push({ name, message: `totem.${name} is ${timing[name]}; at most ${MOST_MESSAGES}.` });
  }
  if (timing.token_warning > 100) {
    faults.push({
      name: 'token_warning',
      message: `totem.token_warning is ${timing.token_warning} %; at most 100.`,
    });
  }
  if (timing.send_join > LONGEST) {
    faults.push({
      name: 'send_join',
      message: `totem.send_join is ${timing.send_join} ms; at most ${LONGEST} ms.`,
    });
  }
  if (timing.consensus < timing.join) {
    const name = (['consensus', 'join'] as const).find(configured) ?? 'token';
    faults.push({
      name,
      message: `totem.consensus (${timing.consensus} ms) must not be less than totem.join (${timing.join} ms).`,
    });
  }
  return faults;
}

function derivedFrom(name: string, configured: (name: string) => boolean): keyof TotemTiming {
  if (name === 'hold' && configured('token_retransmit')) return 'token_retransmit';
  return name !== 'consensus' && configured('token_retransmits_before_loss_const')
    ? 'token_retransmits_before_loss_const'
    : 'token';
}
