import type { Delivery, Line, View } from './lines.js';

/** What one traffic client has seen, from its start to its end. */
export interface Log {
  /** `node:pid` */
  readonly self: string;
  readonly lines: readonly Line[];
  /** It was still running at the end, and had been given the time to get everything. */
  readonly alive: boolean;
  /** The daemon that it was a client of. */
  readonly kind: 'corosync' | 'coteried';
}

/** A message's identity: its sender and the sender's counter. */
type Key = string;

/** One view of one client, with what it delivered until its next view. */
interface Era {
  /** The ring and the members; the same for all who went through it. */
  readonly name: string;
  readonly view: View;
  readonly delivered: Key[];
  /** Members of whom no message had been delivered when it began. */
  readonly newcomers: Set<string>;
}

/**
 * What extended virtual synchrony promises clients of the groups engine (Moser et al., Extended Virtual Synchrony,
 * ICDCS 1994; Totem's agreed order), checked over the logs of all clients of one run of a cluster.
 *
 * @returns what is wrong, in words; empty if all is well
 */
export function check(logs: readonly Log[]): string[] {
  const problems: string[] = [];
  const histories = new Map<Log, Era[]>();
  for (const log of logs) histories.set(log, readHistory(log, problems));
  checkOrder([...histories.values()].map(deliveries), problems);
  checkAtomicity(histories, problems);
  checkOwn(histories, problems);
  checkQuorum(logs, problems);
  return problems;
}

/** Everything that one client's log can be judged by on its own. */
function readHistory(log: Log, problems: string[]): Era[] {
  const eras: Era[] = [];
  const next = new Map<string, number>();
  const last = new Map<string, number>();
  const newcomers = new Set<string>();
  let ring = '';
  let times = new Map<string, number>();
  const wrong = (what: string) => problems.push(`${log.self}: ${what}`);
  for (const line of log.lines) {
    if (line.kind === 'ring') {
      // A client hears of the ring that it starts in behind its first view.
      if (ring === '' && eras.length === 1) eras[0] = { ...eras[0]!, name: line.ring + eras[0]!.name };
      else times = new Map();
      ring = line.ring;
    } else if (line.kind === 'view') {
      checkChange(eras.at(-1)?.view, line, log.self, wrong);
      for (const gone of line.left) next.delete(process(gone));
      for (const come of line.joined) {
        if (process(come) === log.self) for (const member of line.members) newcomers.add(member);
        else if (reason(come) !== JOIN) newcomers.add(process(come));
        if (reason(come) === JOIN) next.set(process(come), 0);
      }
      const members = [...line.members].sort().join();
      times.set(members, (times.get(members) ?? 0) + 1);
      eras.push({
        name: `${ring} ${members} #${times.get(members)}`,
        view: line,
        delivered: [],
        newcomers: new Set(newcomers),
      });
    } else if (line.kind === 'got') {
      const era = eras.at(-1);
      if (!line.sound) wrong(`damaged: ${describe(line)}`);
      if (!era?.view.members.includes(line.from)) wrong(`from a stranger: ${describe(line)}`);
      newcomers.delete(line.from);
      era?.delivered.push(`${line.from}/${inSequence(line, { next, last }, wrong)}`);
    }
  }
  return eras;
}

/** cpg_reason_t of a process that has asked to join, rather than one whose node has. */
const JOIN = 1;

function process(change: string): string {
  return change.slice(0, change.lastIndexOf(':'));
}

function reason(change: string): number {
  return Number(change.slice(change.lastIndexOf(':') + 1));
}

function describe({ from, counter, size }: Delivery): string {
  return `message ${counter} of ${from}, ${size} bytes`;
}

/** Members are those before, less the ones who left, and the ones who joined; the first change is one's own joining. */
function checkChange(before: View | undefined, now: View, self: string, wrong: (what: string) => void): void {
  const left = now.left.map(process);
  const joined = now.joined.map(process);
  const members = new Set(now.members);
  if (members.size !== now.members.length) wrong(`members twice: ${now.members.join()}`);
  if (left.some((one) => joined.includes(one))) wrong(`left and joined at once: ${now.left.join()}`);
  if (before === undefined) {
    if (!joined.includes(self))
      wrong(`the first change is not its own joining, but that of ${joined.join()}`);
    return;
  }
  const expected = new Set(before.members);
  for (const one of left) {
    if (!expected.delete(one)) wrong(`left without having been a member: ${one}`);
  }
  for (const one of joined) {
    if (expected.has(one)) wrong(`joined twice: ${one}`);
    expected.add(one);
  }
  if (expected.size !== members.size || [...expected].some((one) => !members.has(one))) {
    wrong(`members ${now.members.join()} where the changes make ${[...expected].join()}`);
  }
}

/** Of each sender: the counter that has to come, while it stays a member, and the last one that came. */
interface Counters {
  readonly next: Map<string, number>;
  readonly last: Map<string, number>;
}

/** Returns the message's whole counter. A sender's messages come one after the other while both stay members. */
function inSequence(message: Delivery, { next, last }: Counters, wrong: (what: string) => void): number {
  const expected = next.get(message.from);
  const counter = wholeCounter(message, expected, last.get(message.from) ?? -1);
  if (expected !== undefined && counter !== expected)
    wrong(`${describe(message)} where ${expected} should come`);
  next.set(message.from, counter + 1);
  last.set(message.from, counter);
  return counter;
}

/** A short message has room for the low bits only: those of what should come, or else of what comes behind the last one. */
function wholeCounter({ counter, size }: Delivery, expected: number | undefined, last: number): number {
  if (size >= 4) return counter;
  const range = 2 ** (8 * size);
  if (expected !== undefined) return expected - (expected % range) + counter;
  const ahead = (counter - last) % range;
  return last + (ahead > 0 ? ahead : ahead + range);
}

function deliveries(eras: readonly Era[]): Key[] {
  return eras.flatMap((era) => era.delivered);
}

/** There is one order of all messages that everybody's agrees with (EVS 6.1, 6.2), and nobody gets one twice (1.4). */
function checkOrder(sequences: readonly (readonly Key[])[], problems: string[]): void {
  const followers = new Map<Key, Set<Key>>();
  const waitsFor = new Map<Key, number>();
  for (const sequence of sequences) {
    if (new Set(sequence).size !== sequence.length) problems.push(`delivered twice: ${firstTwice(sequence)}`);
    sequence.forEach((message, i) => {
      if (!followers.has(message)) followers.set(message, new Set());
      if (!waitsFor.has(message)) waitsFor.set(message, 0);
      const previous = sequence[i - 1];
      if (previous === undefined || followers.get(previous)!.has(message)) return;
      followers.get(previous)!.add(message);
      waitsFor.set(message, waitsFor.get(message)! + 1);
    });
  }
  const ready = [...waitsFor].filter(([, count]) => count === 0).map(([message]) => message);
  for (let message = ready.pop(); message !== undefined; message = ready.pop()) {
    waitsFor.delete(message);
    for (const follower of followers.get(message)!) {
      const count = waitsFor.get(follower)! - 1;
      waitsFor.set(follower, count);
      if (count === 0) ready.push(follower);
    }
  }
  if (waitsFor.size > 0) {
    const some = [...waitsFor.keys()].slice(0, 5).join(', ');
    problems.push(`no common order of ${waitsFor.size} messages, among them ${some}`);
  }
}

function firstTwice(sequence: readonly Key[]): Key | undefined {
  const seen = new Set<Key>();
  return sequence.find((message) => seen.size === seen.add(message).size);
}

/**
 * Who goes from one view to the next together has delivered the same messages (EVS 4); their order is checked apart.
 * A message that is in the middle of being sent when the ring changes is lost to those that come in, and to a
 * corosync that comes in also what is packed with it: of a sender that it has not heard yet, it may miss the first.
 */
function checkAtomicity(histories: ReadonlyMap<Log, readonly Era[]>, problems: string[]): void {
  const steps = new Map<string, { log: Log; era: Era }[]>();
  for (const [log, eras] of histories) {
    for (let i = 0; i + 1 < eras.length; i++) {
      const step = `${eras[i]!.name} -> ${eras[i + 1]!.name}`;
      steps.set(step, [...(steps.get(step) ?? []), { log, era: eras[i]! }]);
    }
  }
  for (const [step, companions] of steps) {
    for (const sender of companions[0]!.era.view.members) {
      const most = companions
        .map(({ era }) => messagesOf(sender, era))
        .sort((a, b) => b.length - a.length)[0]!;
      for (const { log, era } of companions) {
        const missing = most.length - messagesOf(sender, era).length;
        if (missing === 0 && messagesOf(sender, era).join() === most.join()) continue;
        const suffix = messagesOf(sender, era).join() === most.slice(missing).join();
        if (suffix && era.newcomers.has(sender) && (missing === 1 || log.kind === 'corosync')) continue;
        problems.push(
          `${step}: of ${most.length} messages of ${sender}, ${log.self} lacks ${missing} or has others`,
        );
      }
    }
  }
}

function messagesOf(sender: string, { delivered }: Era): Key[] {
  return delivered.filter((key) => key.startsWith(`${sender}/`));
}

/** Whoever lives to the end has got all that it sent (EVS 3), and got it as often as those who were with it all along. */
function checkOwn(histories: ReadonlyMap<Log, readonly Era[]>, problems: string[]): void {
  for (const [log, eras] of histories) {
    if (!log.alive) continue;
    const got = new Set(deliveries(eras));
    const lost = log.lines.filter((line) => line.kind === 'sent' && !got.has(`${log.self}/${line.counter}`));
    if (lost.length > 0) problems.push(`${log.self}: ${lost.length} messages of its own never came back`);
  }
}

/** Members of a ring agree on who is in it and on quorum; no two rings apart from each other are quorate at a time. */
function checkQuorum(logs: readonly Log[], problems: string[]): void {
  const rings = new Map<string, { members: string; quorate: boolean; from: number; to: number }>();
  for (const { self, lines, alive } of logs) {
    const said = lines.filter((line) => line.kind === 'quorum');
    said.forEach(({ ring, members, quorate, at }, i) => {
      // What a change of the ring makes of quorum comes in steps: the last word in a ring counts.
      const next = said[i + 1];
      if (next?.ring === ring || (next === undefined && !alive)) return;
      const known = rings.get(ring);
      const until = next?.at ?? Infinity;
      if (known === undefined) rings.set(ring, { members: members.join(), quorate, from: at, to: until });
      else {
        if (known.members !== members.join()) {
          problems.push(`${self}: ring ${ring} has members ${members.join()}, elsewhere ${known.members}`);
        }
        if (known.quorate !== quorate)
          problems.push(`${self}: ring ${ring} is quorate here only or not here`);
        known.from = Math.max(known.from, at);
        known.to = Math.min(known.to, until);
      }
    });
  }
  const quorate = [...rings].filter(([, ring]) => ring.quorate);
  for (const [name, a] of quorate) {
    for (const [other, b] of quorate) {
      if (name >= other || a.members.split(',').some((member) => b.members.split(',').includes(member)))
        continue;
      if (Math.max(a.from, b.from) < Math.min(a.to, b.to))
        problems.push(`both quorate: ${name} and ${other}`);
    }
  }
}
