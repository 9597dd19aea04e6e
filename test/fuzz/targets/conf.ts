import assert from 'node:assert/strict';
import { hostNames, loadConfiguration } from '@coterie/core';
import { Mutator, texts, type Material } from '../mutate.js';
import { decoder, type Target } from '../target.js';

const udpu = `# three nodes
totem {
  version: 2
  cluster_name: fuzz
  transport: udpu
  crypto_cipher: none
  crypto_hash: none
  token: 3000
  consensus: 3600
  config_version: 7
  interface {
    linknumber: 0
    mcastport: 5405
  }
}
nodelist {
  node {
    ring0_addr: 10.0.0.1
    nodeid: 1
    name: one
  }
  node {
    ring0_addr: two.example
    nodeid: 2
    quorum_votes: 2
  }
}
quorum {
  provider: corosync_votequorum
  expected_votes: 3
}
logging {
  to_logfile: yes
  logfile: /var/log/cluster.log
  logger_subsys {
    subsys: QUORUM
    debug: on
  }
}
counter {
  start: 5
  label: some words
}
system {
  qb_ipc_type: socket
}
uidgid {
  uid: 1000
}
`;
const multicast = `totem {
  version: 2
  transport: udp
  crypto_cipher: none
  crypto_hash: none
  interface {
    bindnetaddr: 10.0.0.0
    mcastaddr: 239.255.1.1
    mcastport: 5405
    ttl: 1
  }
}
nodelist { 
node {
ring0_addr: 10.0.0.1
nodeid: 1
}
}
`;

const material: Material = {
  seeds: texts(udpu, multicast, ''),
  words: [
    ...texts(
      '{',
      '}',
      '\n',
      ':',
      '#',
      '{\n',
      '}\n',
      ' ',
      '\t',
      '\r\n',
      '\u00a0',
      '\0',
      '\ufeff',
      ' '.repeat(600),
    ),
    ...texts(
      'totem {\n',
      'nodelist {\n',
      'node {\n',
      'quorum {\n',
      'interface {\n',
      'counter {\n',
      'resources {\n',
    ),
    ...texts(
      'token: 0\n',
      'token: -1\n',
      'token: 4294967296\n',
      'token: 1e3\n',
      'join: 99999\n',
      'merge: 1\n',
    ),
    ...texts(
      'nodeid: 0\n',
      'nodeid: 1\n',
      'nodeid: 4294967295\n',
      'ring0_addr: \n',
      'ring0_addr: ::\n',
      'rrp_mode: x',
    ),
    ...texts(
      'netmtu: 70000\n',
      'window_size: 0\n',
      'key: value\n',
      '__proto__: 1\n',
      'constructor {\n',
      'keyfile: /\n',
    ),
    Uint8Array.of(0xff, 0xfe),
  ],
};

const counter = {
  type: 'object',
  properties: { start: { type: 'integer', minimum: 0 }, label: { type: 'string' } },
  additionalProperties: false,
};
/** Longer files take longer, line by line: 70 kB of noise 6 ms, once, at start or reload. */
const mutator = new Mutator(32_000);

export const conf: Target = decoder({
  name: 'conf',
  about: 'texts of corosync.conf',
  inputs: 500_000,
  generate: (random) => mutator.next(random, material),
  decode(bytes) {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
    const { configuration, problems } = loadConfiguration({
      ...{ file: 'corosync.conf', text, node: '1', host: { hostname: 'one', addresses: ['10.0.0.1'] } },
      ...{ pluginSchemas: new Map([['counter', counter]]), transports: ['udp', 'udpu'] },
    });
    const failed = problems.some(({ severity }) => severity === 'error');
    assert.equal(configuration === undefined, failed, 'a configuration, or what is wrong with it');
    const lines = text.split('\n').length;
    assert.ok(problems.every(({ line }) => line >= 0 && line <= lines));
    hostNames({ file: 'corosync.conf', text });
    return failed ? 'refused' : 'accepted';
  },
});
