import assert from 'node:assert/strict';
import fc from 'fast-check';
import { value } from '@coterie/sdk';
import { hostNames } from '../../dist/config/load.js';
import { load, loaded, messagesOf, nodelist, problemsOf, threeNodes, totem, totemWith } from './files.js';

describe('loadConfiguration', () => {
  it('derives the timers of three nodes as corosync does', () => {
    const { totem: settings, transport, local, nodes } = loaded(totem + threeNodes);
    assert.equal(transport, 'udpu');
    assert.equal(local.nodeId, 2);
    assert.deepEqual(
      nodes.map(({ nodeId, address, votes, port }) => [nodeId, address, votes, port]),
      [
        [1, '10.0.0.1', 1, 0],
        [2, '10.0.0.2', 1, 0],
        [3, '10.0.0.3', 1, 0],
      ],
    );
    const { token, tokenRetransmit, hold, consensus, join, netmtu } = settings;
    assert.deepEqual(
      { token, tokenRetransmit, hold, consensus, join, netmtu },
      { token: 3650, tokenRetransmit: 869, hold: 685, consensus: 4380, join: 50, netmtu: 1500 },
    );
  });

  it('says which logging settings have no effect', () => {
    const logging = (...lines: string[]) => `${totem}${threeNodes}logging {\n${lines.join('\n')}\n}\n`;
    const message = messagesOf(logging('to_logfile: yes', 'fileline: on'));
    assert.match(message, /"logging.to_logfile" has no effect without a "logfile"/);
    assert.match(message, /"logging.fileline" has no effect/);
    assert.deepEqual(problemsOf(logging('to_logfile: yes', 'logfile: /var/log/x')), []);
    assert.deepEqual(problemsOf(logging('to_logfile: no')), []);
  });

  it('takes configured timers, and zero as the default', () => {
    const settings = loaded(
      totemWith('token: 1000', 'token_coefficient: 0', 'join: 60', 'merge: 0', 'consensus: 1500') +
        threeNodes,
    ).totem;
    const { token, tokenRetransmit, consensus, join, merge } = settings;
    assert.deepEqual([token, tokenRetransmit, consensus, join, merge], [1000, 238, 1500, 60, 200]);
  });

  it('gives the database the keys and types of corosync', () => {
    const { keys, configVersion } = loaded(
      totemWith('config_version: 18446744073709551615', 'interface {\nmcastport: 5410\n}', 'token: 2000') +
        nodelist(
          ['ring0_addr: 10.0.0.1'],
          ['ring0_addr: 10.0.0.2', 'name: two', 'nodeid: 2', 'quorum_votes: 3'],
        ) +
        'logging {\ndebug: off\nlogger_subsys {\nsubsys: CPG\ndebug: on\n}\n' +
        'logging_daemon {\nname: corosync\nto_syslog: no\n}\nlogging_daemon {\nname: qdevice\nsubsys: X\ndebug: on\n}\n}\n' +
        'uidgid {\nuid: 7\ngid: 8\n}\nresources {\nwatchdog_timeout: 6\nsystem {\nload_15min {\npoll_period: 5\nmax: 8\n}\n}\n}\n',
    );
    const wanted = {
      'totem.version': value.u32(2),
      'totem.transport': value.string('udpu'),
      'totem.config_version': value.u64(18446744073709551615n),
      'totem.token': value.u32(2000),
      'totem.interface.0.mcastport': value.u16(5410),
      'totem.interface.0.bindnetaddr': value.string('10.0.0.2'),
      'nodelist.node.0.ring0_addr': value.string('10.0.0.1'),
      'nodelist.node.0.nodeid': value.u32(0x0a000001),
      'nodelist.node.1.quorum_votes': value.u32(3),
      'nodelist.local_node_pos': value.u32(1),
      'logging.to_syslog': value.string('no'),
      'logging.logger_subsys.CPG.subsys': value.string('CPG'),
      'logging.logger_subsys.CPG.debug': value.string('on'),
      'logging.logging_daemon.qdevice.X.name': value.string('qdevice'),
      'logging.logging_daemon.qdevice.X.debug': value.string('on'),
      'uidgid.config.uid.7': value.u8(1),
      'uidgid.config.gid.8': value.u8(1),
      'resources.watchdog_timeout': value.u32(6),
      'resources.system.load_15min.poll_period': value.u64(5n),
      'resources.system.load_15min.max': value.string('8'),
      'runtime.config.totem.token': value.u32(2000),
      'runtime.config.totem.block_unlisted_ips': value.u32(1),
      'runtime.config.totem.knet_compression_model': value.string('none'),
    };
    for (const [key, typed] of Object.entries(wanted)) assert.deepEqual(keys.get(key), typed, key);
    for (const key of ['totem.interface.0.linknumber', 'logging.name', 'totem.crypto_hash']) {
      assert.equal(keys.has(key), false, key);
    }
    assert.equal(configVersion, 18446744073709551615n);
  });

  it('reads logging as logconfig.c does', () => {
    const { logging } = loaded(
      totem +
        threeNodes +
        'logging {\nto_stderr: off\nto_logfile: yes\nlogfile: /x\nsyslog_priority: err\ntimestamp: on\ndebug: on\n' +
        'logger_subsys {\nsubsys: TOTEM\ndebug: trace\n}\nlogger_subsys {\nsubsys: CPG\nlogfile_priority: warning\n}\n}\n',
    );
    assert.equal(logging.toStderr, false);
    assert.equal(logging.logfile, '/x');
    assert.equal(logging.level, 'debug');
    assert.equal(logging.timestamp, 'on');
    assert.equal(logging.subsystems.get('TOTEM')?.level, 'trace');
    assert.deepEqual(logging.subsystems.get('CPG'), {
      level: 'info',
      logfileLevel: 'warning',
      syslogLevel: 'debug',
    });
  });

  it('derives the multicast group of udp from the cluster name', () => {
    const { transportSettings, keys } = loaded(totem.replace('udpu', 'udp') + threeNodes);
    assert.equal(transportSettings.interface.mcastaddr, '239.192.6.171');
    assert.equal(transportSettings.ipVersion, 'ipv4');
    assert.deepEqual(keys.get('totem.interface.0.mcastport'), value.u16(5405));
  });

  it('refuses a totem section with every defect at once, each in its line', () => {
    const text = totemWith(
      'tokn: 5',
      'token: abc',
      'join: -1',
      'window_size: 70000',
      'ip_version: ipv5',
      'interface {',
      'mcastport: 70000',
      'ttll: 1',
      '}',
    );
    assert.deepEqual(problemsOf(text + threeNodes), [
      '6 E UNKNOWN_KEY',
      '7 E VALUE',
      '8 E VALUE',
      '9 E TIMER',
      '10 E VALUE',
      '12 E VALUE',
      '13 E UNKNOWN_KEY',
    ]);
    const words = messagesOf(text + threeNodes);
    for (const part of [
      'test.conf:6: error: totem has no setting "tokn". Did you mean "token"?',
      'totem.token is "abc"; it must be an integer in the range 0..4294967295.',
      'totem.ip_version is "ipv5"; it must be one of ipv4, ipv6, ipv4-6, ipv6-4. Did you mean "ipv4"?',
      'totem.interface.mcastport is 70000; it must be in the range 1..65535.',
      'Did you mean "ttl"?',
    ]) {
      assert.ok(words.includes(part), `${words}\n\nhas: ${part}`);
    }
  });

  it('needs version 2', () => {
    assert.deepEqual(problemsOf(totem.replace('version: 2', 'version: 3') + threeNodes), ['2 E VALUE']);
    assert.deepEqual(problemsOf(totem.replace('version: 2\n', '') + threeNodes), ['1 E MISSING']);
    assert.ok(problemsOf(threeNodes).some((problem) => problem.endsWith('E MISSING')));
  });

  it('says what to write instead of knet', () => {
    for (const text of [totem.replace('udpu', 'knet'), totem.replace('transport: udpu\n', '')]) {
      assert.match(messagesOf(text + threeNodes), /Write "transport: udpu" into "totem".*CONFIG_TRANSPORT/);
    }
    assert.match(
      messagesOf(totem.replace('udpu', 'udpx') + threeNodes),
      /installed: udp, udpu.*Did you mean "udp"/,
    );
  });

  it('wants plaintext asked for, and refuses what it cannot encrypt', () => {
    const without = totem.replace('crypto_cipher: none\n', '') + threeNodes;
    assert.deepEqual(problemsOf(without), ['1 E CRYPTO_MISSING']);
    assert.match(messagesOf(without), /Add "crypto_cipher: none" to "totem"/);
    assert.deepEqual(
      problemsOf(
        totem.replace('none', 'aes256').replace('}', 'crypto_hash: sha256\nsecauth: on\n}') + threeNodes,
      ),
      ['5 E CRYPTO_UNSUPPORTED', '6 E CRYPTO_UNSUPPORTED', '7 E CRYPTO_UNSUPPORTED'],
    );
    loaded(totemWith('crypto_hash: none', 'secauth: off') + threeNodes);
  });

  it('checks timers as corosync does, naming the setting at fault', () => {
    const cases: [string[], string][] = [
      [['token: 29', 'token_coefficient: 1'], '6 E TIMER'],
      [['token_retransmit: 20'], '6 E TIMER'],
      [['hold: 13'], '6 E TIMER'],
      [['join: 29'], '6 E TIMER'],
      [['consensus: 100', 'join: 200'], '6 E TIMER'],
      [['merge: 5'], '6 E TIMER'],
      [['downcheck: 5'], '6 E TIMER'],
      [['max_network_delay: 5'], '6 E TIMER'],
      [['token_retransmits_before_loss_const: 4000'], '6 E TIMER'],
      [['token: 4294967295'], '6 E TIMER'],
    ];
    for (const [lines, first] of cases) {
      assert.equal(problemsOf(totemWith(...lines) + threeNodes)[0], first, lines.join());
    }
    assert.deepEqual(problemsOf(totemWith('token_warning: 101') + threeNodes), ['6 E TIMER']);
    assert.deepEqual(problemsOf(totemWith('netmtu: 100') + threeNodes), ['6 E VALUE']);
    const { problems } = load(totemWith('netmtu: automatic') + threeNodes);
    assert.deepEqual(
      problems.map(({ message }) => message),
      ['totem.netmtu is "automatic"; it must be an integer in the range 0..65507 or be "auto".'],
    );
    assert.deepEqual(problemsOf(totemWith('netmtu: 65508') + threeNodes), ['6 E VALUE']);
    assert.deepEqual(problemsOf(totemWith('netmtu {', '}') + threeNodes), ['6 E VALUE']);
  });

  it('refuses links, families and groups that cannot work', () => {
    const link = (...lines: string[]): string => totemWith('interface {', ...lines, '}');
    assert.deepEqual(problemsOf(link('linknumber: 1') + threeNodes), ['6 E LINKS']);
    assert.deepEqual(problemsOf(link().replace('}\n}', '}\ninterface {\n}\n}') + threeNodes), ['8 E LINKS']);
    assert.deepEqual(problemsOf(link('ttl: 5') + threeNodes), ['7 E VALUE']);
    assert.deepEqual(problemsOf(link('bindnetaddr: 10.0.0.0') + threeNodes), ['7 W IGNORED']);
    const udp = (text: string): string => text.replace('udpu', 'udp');
    assert.deepEqual(problemsOf(udp(link('mcastaddr: 10.0.0.1')) + threeNodes), ['7 E ADDRESS']);
    assert.deepEqual(problemsOf(udp(link('mcastaddr: ff15::1')) + threeNodes), ['7 E ADDRESS']);
    assert.deepEqual(problemsOf(udp(totem.replace('cluster_name: wire\n', '')) + threeNodes), [
      '1 E MISSING',
    ]);
    const mixed = nodelist(['ring0_addr: 10.0.0.1', 'name: two'], ['ring0_addr: fd00::1', 'nodeid: 5']);
    assert.deepEqual(problemsOf(totem + mixed), ['13 E ADDRESS']);
    assert.deepEqual(problemsOf(totemWith('ip_version: ipv6') + threeNodes).length, 3);
  });

  it('reports what has no effect', () => {
    const text =
      totemWith('nodeid: 4', 'link_mode: passive', 'interface {', 'knet_ping_interval: 5', '}') + threeNodes;
    assert.deepEqual(problemsOf(text), ['6 W IGNORED', '7 W IGNORED', '9 W IGNORED']);
  });

  it('warns of a setting that is there twice, and takes the last', () => {
    const { configuration, problems } = load(totemWith('token: 1000', 'token: 2000') + threeNodes);
    assert.deepEqual(
      problems.map(({ code, line }) => [code, line]),
      [['COTERIE_W_CONFIG_TWICE', 7]],
    );
    assert.equal(configuration?.totem.token, 2650);
  });

  it('warns of sections and settings that nobody reads, and keeps them', () => {
    const text = `${totem}${threeNodes}quorm {\nprovider: x\n}\ncompatibility: whitetank\n`;
    assert.deepEqual(problemsOf(text, { pluginSchemas: new Map([['quorum', { type: 'object' }]]) }), [
      '24 W UNOWNED',
      '27 W UNOWNED',
    ]);
    const { configuration } = load(text);
    assert.deepEqual(configuration?.keys.get('quorm.provider'), value.string('x'));
    assert.deepEqual(configuration?.keys.get('compatibility'), value.string('whitetank'));
    assert.deepEqual(problemsOf(`${totem}${threeNodes}totem.token: 5\n`), ['24 E UNKNOWN_KEY']);
  });

  it('keeps keys of the map that all members share out of the database', () => {
    const text = `${totem}${threeNodes}cluster {\ncolour: green\nlamp {\ncolour: red\n}\n}\ncluster.shade: x\n`;
    const { configuration, problems } = load(text);
    assert.deepEqual(
      problems.map(({ code, line }) => [code, line]),
      [
        ['COTERIE_W_CONFIG_UNOWNED', 24],
        ['COTERIE_W_CONFIG_IGNORED', 25],
        ['COTERIE_W_CONFIG_IGNORED', 27],
        ['COTERIE_W_CONFIG_UNOWNED', 30],
        ['COTERIE_W_CONFIG_IGNORED', 30],
      ],
    );
    assert.deepEqual(
      [...(configuration?.keys.keys() ?? [])].filter((key) => key.startsWith('cluster')),
      [],
    );
  });

  it('needs one nodelist, with addresses and without duplicates', () => {
    assert.deepEqual(problemsOf(totem), ['0 E NODELIST']);
    assert.deepEqual(problemsOf(`${totem}nodelist {\n}\n`), ['7 E NODELIST']);
    assert.ok(problemsOf(totem + threeNodes + threeNodes).includes('24 E NODELIST'));
    assert.deepEqual(problemsOf(totem + nodelist(['name: two', 'nodeid: 1'])), ['8 E MISSING']);
    assert.deepEqual(
      problemsOf(
        totem +
          nodelist(
            ['ring0_addr: 10.0.0.1', 'nodeid: 1', 'name: two'],
            ['ring0_addr: 10.0.0.2', 'nodeid: 1'],
            ['ring0_addr: 10.0.0.1', 'nodeid: 3'],
            ['ring0_addr: 10.0.0.4', 'nodeid: 4', 'name: two'],
            ['ring0_addr: 10.0.0.4', 'nodeid: 5', 'ring0_port: 5410', 'ring1_addr: 10.1.0.4'],
          ),
      ),
      ['14 E DUPLICATE_NODE', '18 E DUPLICATE_NODE', '22 E DUPLICATE_NODE', '30 E LINKS'],
    );
    assert.deepEqual(problemsOf(totem + nodelist(['ring0_addr: 10.0.0.1', 'nodeid: 0', 'name: two'])), [
      '10 E VALUE',
    ]);
    const host = { hostname: 'two', addresses: [] };
    assert.deepEqual(problemsOf(totem + nodelist(['ring0_addr: two']), { host }), ['9 E NODEID']);
    assert.deepEqual(problemsOf(totem + nodelist(['ring0_addr: fd00::1', 'name: two']), { host }), [
      '9 E NODEID',
    ]);
  });

  it('makes node ids from IPv4 addresses', () => {
    const nodes = nodelist(['ring0_addr: 192.168.1.2', 'name: two'], ['ring0_addr: alias']);
    const host = { hostname: 'two', addresses: [], resolved: new Map([['alias', ['fd00::1', '10.0.0.9']]]) };
    assert.deepEqual(
      loaded(totem + nodes, { host }).nodes.map(({ nodeId }) => nodeId),
      [0xc0a80102, 0x0a000009],
    );
    assert.deepEqual(
      loaded(totemWith('clear_node_high_bit: yes') + nodes, { host }).nodes.map(({ nodeId }) => nodeId),
      [0x40a80102, 0x0a000009],
    );
  });

  it('finds the local node by name, domain, address and alias, or as told', () => {
    const nodes =
      totem +
      nodelist(
        ['ring0_addr: 10.0.0.1', 'nodeid: 1', 'name: one.example.org'],
        ['ring0_addr: fd00:0::2', 'nodeid: 2', 'name: two'],
        ['ring0_addr: three.alias', 'nodeid: 3'],
      ).replace('fd00:0::2', '10.0.0.2');
    const local = (hostname: string, addresses: string[] = [], node?: string): number | undefined =>
      load(nodes, {
        host: { hostname, addresses, resolved: new Map([['three.alias', ['10.0.0.3']]]) },
        ...(node === undefined ? {} : { node }),
      }).configuration?.local.nodeId;
    assert.equal(local('one.example.org'), 1);
    assert.equal(local('two.somewhere.net'), 2);
    assert.equal(local('one'), 1);
    assert.equal(local('one.elsewhere'), 1);
    assert.equal(local('other', ['127.0.0.1', '10.0.0.2']), 2);
    assert.equal(local('other', ['10.0.0.3']), 3);
    assert.equal(local('other', [], '3'), 3);
    assert.equal(local('two', [], 'one.example.org'), 1);
    assert.equal(local('other'), undefined);
    assert.equal(local('two', [], 'nine'), undefined);
  });

  it('asks which node it is when several are on this host', () => {
    const nodes = nodelist(
      ['ring0_addr: 127.0.0.1', 'ring0_port: 5501', 'nodeid: 1'],
      ['ring0_addr: 127.0.0.1', 'ring0_port: 5502', 'nodeid: 2'],
    );
    const host = { hostname: 'here', addresses: ['127.0.0.1'] };
    assert.match(
      messagesOf(totem + nodes, { host }),
      /nodes 1, 2 are all on this host.*--node ID.*LOCAL_NODE/,
    );
    const { local } = loaded(totem + nodes, { host, node: '2' });
    assert.deepEqual([local.nodeId, local.port], [2, 5502]);
  });

  it('grants users and groups by number and name, also from uidgid.d', () => {
    const host = {
      hostname: 'two',
      addresses: [],
      user: (name: string) => (name === 'hacluster' ? 189 : undefined),
      group: (name: string) => (name === 'haclient' ? 190 : undefined),
    };
    const file = (text: string) => ({ host, uidgidFiles: [{ file: 'uidgid.d/x', text }] });
    const { keys } = loaded(
      `${totem}${threeNodes}uidgid {\nuid: hacluster\nuid: 5\n}\n`,
      file('uidgid {\ngid: haclient\n}\n'),
    );
    assert.deepEqual([...keys.keys()].filter((key) => key.startsWith('uidgid.')).sort(), [
      'uidgid.config.gid.190',
      'uidgid.config.uid.189',
      'uidgid.config.uid.5',
    ]);
    const { problems, configuration } = load(
      totem + threeNodes,
      file('uidgid {\nuid: nobody\nfoo: 1\n}\nother {\n}\n'),
    );
    assert.equal(configuration, undefined);
    assert.deepEqual(
      problems.map(({ file: name, line, code }) => `${name}:${line} ${code}`),
      [
        'uidgid.d/x:2 COTERIE_E_CONFIG_ACCOUNT',
        'uidgid.d/x:3 COTERIE_E_CONFIG_UNKNOWN_KEY',
        'uidgid.d/x:5 COTERIE_E_CONFIG_UNKNOWN_KEY',
      ],
    );
  });

  it('reads what any of several schemas takes, and says of anything else what each asks for', () => {
    const wait = { anyOf: [{ type: 'integer', minimum: 1, maximum: 9 }, { type: 'boolean' }] };
    const pluginSchemas = new Map([['peer', { type: 'object', properties: { wait } }]]);
    const peer = (text: string) => `${totem}${threeNodes}peer {\nwait: ${text}\n}\n`;
    for (const [text, value] of [
      ['3', 3],
      ['yes', true],
    ] as const)
      assert.deepEqual(loaded(peer(text), { pluginSchemas }).section('peer'), { wait: value });
    for (const [text, wanted] of [
      ['soon', 'peer.wait is "soon"; it must be an integer in the range 1..9 or be yes or no.'],
      ['10', 'peer.wait is 10; it must be in the range 1..9 or be yes or no.'],
    ] as const) {
      const messages = messagesOf(peer(text), { pluginSchemas });
      assert.ok(messages.includes(wanted), messages);
      assert.equal(messages.split('\n').length, 1);
    }
  });

  it('reads a plugin’s section by its schema', () => {
    const schema = {
      type: 'object',
      properties: {
        limit: { type: 'integer', minimum: 1, maximum: 9, default: 3, 'x-icmap': 'uint8' },
        fast: { type: 'boolean', default: false },
        name: { type: 'string' },
        peer: { type: 'array', items: { $ref: '#/$defs/peer' } },
        device: { $ref: '#/$defs/peer' },
      },
      $defs: { peer: { type: 'object', properties: { port: { type: 'integer' } }, required: ['port'] } },
    };
    const more = { pluginSchemas: new Map([['counter', schema]]) };
    const base = totem + threeNodes;
    assert.deepEqual(loaded(base, more).section('counter'), { limit: 3, fast: false });
    const { section, keys } = loaded(
      `${base}counter {\nlimit: 5\nfast: yes\npeer {\nport: 1\n}\npeer {\nport: 2\n}\ndevice {\nport: 3\n}\n}\n`,
      more,
    );
    assert.deepEqual(section('counter'), {
      limit: 5,
      fast: true,
      peer: [{ port: 1 }, { port: 2 }],
      device: { port: 3 },
    });
    assert.deepEqual(keys.get('counter.limit'), value.u8(5));
    assert.deepEqual(keys.get('counter.fast'), value.string('yes'));
    assert.deepEqual(section('unknown'), {});
    assert.deepEqual(
      problemsOf(
        `${base}counter {\nlimit: 10\nfast: maybe\nnam: x\npeer {\n}\ndevice: x\nname {\n}\n}\n`,
        more,
      ),
      ['25 E VALUE', '26 E VALUE', '27 E UNKNOWN_KEY', '28 E MISSING', '30 E VALUE', '31 E VALUE'],
    );
  });

  it('lists the host names to resolve', () => {
    const text =
      totem + nodelist(['ring0_addr: node-1.example.org', 'name: a'], ['ring0_addr: 10.0.0.1', 'name: b']);
    assert.deepEqual(hostNames({ file: 'x', text }), ['node-1.example.org', 'a', 'b']);
    assert.deepEqual(hostNames({ file: 'x', text: '}' }), []);
  });

  it('never throws: hostile settings in every section become problems of a line', () => {
    const section = fc.constantFrom(
      'totem',
      'interface',
      'nodelist',
      'node',
      'logging',
      'logger_subsys',
      'uidgid',
      'p',
    );
    const key = fc.constantFrom(
      'version',
      'token',
      'nodeid',
      'ring0_addr',
      '__proto__',
      'constructor',
      'subsys',
      'uid',
      'a.b',
    );
    const text = fc.oneof(
      fc.constantFrom('', '-1', '1e9', '99999999999999999999', 'none', 'x:y'),
      fc.string(),
    );
    const line = fc.oneof(
      section.map((name) => `${name} {`),
      fc.tuple(key, text).map(([name, held]) => `${name}: ${held}`),
      fc.constant('}'),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        const hostile = lines.join('\n');
        const count = hostile.split('\n').length;
        const { problems, configuration } = load(hostile, {
          pluginSchemas: new Map([['p', { type: 'object', properties: { token: { type: 'integer' } } }]]),
        });
        assert.equal(configuration, undefined);
        for (const problem of problems) assert.ok(problem.line >= 0 && problem.line <= count);
      }),
      { numRuns: 300 },
    );
  });
});
