import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseRingLine } from '@coterie/core';
import { TraceFile } from '../../dist/adapters/trace-file.js';
import { RecordedLog } from '../recorded-logs.js';

const ring = { representative: 1, sequence: 4 };
const packet = new DataView(new ArrayBuffer(100));

describe('the file of a trace', () => {
  let folder: string;
  let path: string;
  let now = 1000;
  const clock = { now: () => now++, wall: () => 1_700_000_000_000 };
  const open = () => new TraceFile(path, 3, clock, new RecordedLog());
  const lines = () => readFileSync(path, 'utf8').split('\n').slice(0, -1);
  const kinds = () =>
    lines().map((line) => {
      const event = parseRingLine(line);
      return typeof event === 'object' ? event.kind : event;
    });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'coterie-trace-'));
    path = join(folder, 'trace');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('holds a line an event, written at each regular configuration and at the end', () => {
    const trace = open();
    assert.deepEqual(kinds(), ['start']);
    trace.state('gather', 'merge');
    trace.configuration({ kind: 'regular', ring, members: [3], left: [], joined: [3] });
    assert.deepEqual(kinds(), ['start', 'state', 'regular']);
    trace.synchronised();
    trace.originated(ring, 1, packet, 0, 100);
    trace.delivered(ring, 1, 3, packet, 0, 100);
    assert.equal(kinds().length, 3);
    trace.flush();
    assert.deepEqual(kinds().slice(3), ['synchronised', 'originate', 'deliver']);
    trace.close('asked: test');
    trace.synchronised();
    assert.equal(kinds().at(-1), 'fail');
  });

  it('keeps no more than it is allowed to', () => {
    const trace = open();
    for (let seq = 0; seq < 5000; seq++) trace.delivered(ring, seq, 3, packet, 0, 100);
    const kept = 5001 - lines().length;
    assert.ok(kept < 1500, `${kept} lines`);
    trace.close('asked: test');
    assert.equal(lines().length, 5002);
  });

  it('goes on behind a line over which a former life died', () => {
    open().close('asked: test');
    appendFileSync(path, '  1009.000 3.17       deliver       1.4      #1 0000');
    open().flush();
    assert.deepEqual(kinds(), ['start', 'fail', 'other', 'start']);
  });

  it('has to be one that can be written', () => {
    path = join(folder, 'no', 'trace');
    assert.throws(open, { code: 'COTERIE_E_TRACE_FILE' });
  });
});
