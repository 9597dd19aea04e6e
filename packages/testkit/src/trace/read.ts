import { closeSync, openSync, readSync } from 'node:fs';
import { parseRingLine, type RingEvent } from '@coterie/core';
import { CoterieError } from '@coterie/sdk';
import type { TraceEvent } from './event.js';

const CHUNK = 64 * 1024;

/** The lines of a file; not the last one if it was cut off. */
function* linesOf(path: string): Generator<string> {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (cause) {
    throw new CoterieError('COTERIE_E_TRACE_FILE', `cannot read ${path}: ${(cause as Error).message}`, {
      cause,
    });
  }
  try {
    const chunk = Buffer.alloc(CHUNK);
    const decoder = new TextDecoder();
    let rest = '';
    for (let length = readSync(file, chunk); length > 0; length = readSync(file, chunk)) {
      const lines = (rest + decoder.decode(chunk.subarray(0, length), { stream: true })).split('\n');
      rest = lines.pop()!;
      yield* lines;
    }
  } finally {
    closeSync(file);
  }
}

/**
 * The ring events of a file that a `coteried --trace` has written, one life of a node after the other. Times are
 * those of the wall clock when the life began and the monotonic one since. A life without an end was killed, or
 * goes on: unless `open`, `cut` ends it.
 *
 * @throws CoterieError COTERIE_E_TRACE_FILE, COTERIE_E_TRACE_FORMAT
 */
export function* readTrace(path: string, open = false): Generator<TraceEvent> {
  let offset: number | undefined;
  let last: RingEvent | undefined;
  let number = 0;
  for (const line of linesOf(path)) {
    number++;
    const event = parseRingLine(line);
    if (event === 'other') continue;
    if (event === undefined) throw wrong(path, number, 'is no line of a trace');
    if (event.kind === 'start') {
      if (last !== undefined && last.kind !== 'fail') yield cut(last, offset!);
      offset = event.wall === undefined ? 0 : event.wall - event.at;
    }
    if (offset === undefined) throw wrong(path, number, 'comes before any start of a node');
    yield { ...event, at: event.at + offset };
    last = event;
  }
  if (last !== undefined && last.kind !== 'fail' && !open) yield cut(last, offset!);
}

function cut({ at, node, life }: RingEvent, offset: number): TraceEvent {
  return { at: at + offset, node, life, kind: 'cut' };
}

function wrong(path: string, line: number, what: string): CoterieError {
  return new CoterieError('COTERIE_E_TRACE_FORMAT', `${path}:${line} ${what}`);
}

/** One trace of several, in the order of their times; lives are numbered from 1, node by node. */
export function* mergeTraces(traces: readonly Iterable<TraceEvent>[]): Generator<TraceEvent> {
  const heads = traces.map((trace) => {
    const events = trace[Symbol.iterator]();
    return { events, next: events.next() };
  });
  const lives = new Map<number, number>();
  for (;;) {
    let first: (typeof heads)[number] | undefined;
    for (const head of heads) {
      if (head.next.done) continue;
      if (first === undefined || head.next.value.at < (first.next.value as TraceEvent).at) first = head;
    }
    if (first === undefined) return;
    const event = first.next.value as TraceEvent;
    if (event.kind === 'start') lives.set(event.node, (lives.get(event.node) ?? 0) + 1);
    yield { ...event, life: lives.get(event.node) ?? 1 };
    first.next = first.events.next();
  }
}
