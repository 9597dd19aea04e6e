import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoterieError } from '@coterie/sdk';
import { Logging } from '../../dist/adapters/logging.js';
import type { LoggingSettings } from '../../dist/config/configuration.js';

describe('log lines', () => {
  let folder: string;
  let logfile: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'coterie-log-'));
    logfile = join(folder, 'log');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  function settings(more: Partial<LoggingSettings> = {}): LoggingSettings {
    return {
      ...{ level: 'info', logfileLevel: 'info', syslogLevel: 'info' },
      ...{ toStderr: false, toLogfile: true, logfile, toSyslog: false, syslogFacility: 'daemon' },
      ...{ timestamp: 'off', subsystems: new Map() },
      ...more,
    };
  }

  const lines = () => readFileSync(logfile, 'utf8').split('\n').slice(0, -1);

  it('look like corosync’s', () => {
    const logging = new Logging(settings(), false);
    const log = logging.logs('totem');
    log.info('a ring');
    log.warn('a warning', { node: 3, text: 'words', list: [1, 2] });
    log.error('an error');
    log.debug('too much');
    assert.equal(log.enabled('debug'), false);
    logging.close();
    assert.deepEqual(lines(), [
      'info    [TOTEM ] a ring',
      'warning [TOTEM ] a warning node=3 text=words list=[ 1, 2 ]',
      'error   [TOTEM ] an error',
    ]);
  });

  it('carry the time, to the millisecond if wanted', () => {
    for (const [timestamp, pattern] of [
      ['on', /^[A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d info {4}\[MAIN {2}\] x$/],
      ['hires', /^[A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d\.\d{3} info {4}\[MAIN {2}\] x$/],
    ] as const) {
      const logging = new Logging(settings({ timestamp }), false);
      logging.logs('main').info('x');
      logging.close();
      assert.match(lines().at(-1) ?? '', pattern);
    }
  });

  it('are there or not by the level of their subsystem', () => {
    const level = (logfileLevel: LoggingSettings['level']) => ({ ...settings(), logfileLevel });
    const subsystems = new Map([
      ['SYNC', level('trace')],
      ['QUORUM', level('notice')],
      ['CPG', level('crit')],
    ]);
    const logging = new Logging(settings({ subsystems }), false);
    for (const subsystem of ['sync', 'quorum', 'cpg', 'main']) {
      const log = logging.logs(subsystem);
      for (const method of ['trace', 'debug', 'info', 'warn', 'error'] as const) log[method]('x');
    }
    logging.close();
    const seen = (tag: string) => lines().filter((line) => line.includes(`[${tag}`)).length;
    assert.deepEqual(['SYNC', 'QUORUM', 'CPG', 'MAIN'].map(seen), [5, 2, 0, 3]);
  });

  it('stay one line and printable, whatever is in them', () => {
    const logging = new Logging(settings(), false);
    logging.logs('cpg').info('group a\nerror   [MAIN  ] forged\r\u001b[2J', { name: 'x\ny' });
    logging.close();
    assert.deepEqual(lines(), ['info    [CPG   ] group a\\nerror   [MAIN  ] forged\\x0d\\x1b[2J name=x\\ny']);
  });

  it('go to a new file after a rotation', () => {
    const logging = new Logging(settings(), false);
    const log = logging.logs('main');
    log.info('before');
    renameSync(logfile, `${logfile}.1`);
    logging.open();
    log.info('after');
    logging.close();
    assert.deepEqual(lines(), ['info    [MAIN  ] after']);
  });

  it('follow new settings, also those of loggers that were there before', () => {
    const logging = new Logging(settings(), false);
    const log = logging.logs('totem');
    log.debug('not wanted');
    const other = join(folder, 'other');
    logging.open(settings({ logfile: other, logfileLevel: 'debug' }));
    assert.equal(log.enabled('debug'), true);
    log.debug('wanted');
    assert.throws(() => logging.open(settings({ logfile: join(folder, '\0') })), CoterieError);
    log.info('still there');
    logging.close();
    assert.deepEqual(lines(), []);
    assert.deepEqual(readFileSync(other, 'utf8').split('\n'), [
      'debug   [TOTEM ] wanted',
      'info    [TOTEM ] still there',
      '',
    ]);
  });

  it('need a file that can be opened', () => {
    const bad = settings({ logfile: join(folder, '.', '\0', 'log') });
    const code = (error: unknown) => error instanceof CoterieError && error.code === 'COTERIE_E_LOG_FILE';
    assert.throws(() => new Logging(bad, false), code);
  });
});
