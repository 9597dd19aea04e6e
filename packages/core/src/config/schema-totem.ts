import type { SectionSchema } from './configuration.js';
import { AUTO, LARGEST_NETMTU } from './netmtu.js';
import { choice, milliseconds, section, several, text, whole, whole64, wholeOr } from './schema.js';

/** Keys that only knet reads: known, so that a shared file can be used, and without effect. */
const knet: Record<string, SectionSchema> = {
  knet_pmtud_interval: whole('uint32', 'Seconds between path MTU discoveries of knet.'),
  knet_mtu: whole('uint32', 'Fixed MTU of knet.'),
  knet_compression_model: text('Compression of knet.'),
  knet_compression_threshold: whole('uint32', 'Smallest packet that knet compresses.'),
  knet_compression_level: {
    type: 'integer',
    minimum: -(2 ** 31),
    maximum: 2 ** 31 - 1,
    description: 'Compression level of knet.',
    'x-icmap': 'int32',
  },
  link_mode: choice(['passive', 'active', 'rr'], undefined, 'How knet uses several links.'),
};

const knetInterface: Record<string, SectionSchema> = {
  knet_link_priority: whole('uint8', 'Priority of the link in knet.'),
  knet_ping_interval: milliseconds('Interval of the pings of knet.'),
  knet_ping_timeout: milliseconds('Timeout of the pings of knet.'),
  knet_ping_precision: milliseconds('Precision of the latency of knet.'),
  knet_pong_count: whole('uint32', 'Pongs that bring a link of knet up.'),
  knet_transport: choice(['udp', 'sctp'], undefined, 'What knet runs over.'),
};

export const knetKeys: ReadonlySet<string> = new Set([...Object.keys(knet), ...Object.keys(knetInterface)]);

const timers: Record<string, SectionSchema> = {
  token: milliseconds(
    'Until a token that does not come is lost. Default 3000. token_coefficient is added for every node beyond two.',
  ),
  token_coefficient: milliseconds('Added to token for every node of the nodelist beyond two.', {
    default: 650,
  }),
  token_warning: whole('uint32', 'Percentage of token after which a late token is logged; 0: never.', {
    default: 75,
  }),
  token_retransmits_before_loss_const: whole(
    'uint32',
    'How often a token is sent again before it counts as lost; token_retransmit and hold follow from it. Default 4.',
  ),
  token_retransmit: milliseconds(
    'Until the token is sent again. Default token / (token_retransmits_before_loss_const + 0.2).',
  ),
  hold: milliseconds(
    'How long the representative holds the token of an idle ring. Default token_retransmit * 0.8 - 10.',
  ),
  join: milliseconds('Until join messages are sent again. Default 50.'),
  send_join: milliseconds('Upper limit of the random wait before a join message, for large rings.', {
    default: 0,
  }),
  consensus: milliseconds(
    'Until a membership round without consensus starts anew; at least join. Default 1.2 * token.',
  ),
  merge: milliseconds('Interval of the messages by which separate rings find each other. Default 200.'),
  downcheck: milliseconds('Interval of the checks of a network interface that is down. Default 1000.'),
  max_network_delay: milliseconds('Delay that the network may add to a token (heartbeat). Default 50.'),
};

const counts: Record<string, SectionSchema> = {
  fail_recv_const: whole(
    'uint32',
    'Token visits without progress after which a new membership is formed. Default 2500.',
  ),
  seqno_unchanged_const: whole('uint32', 'Idle rotations before the token is held. Default 30.'),
  heartbeat_failures_allowed: whole('uint32', 'Missed heartbeats before the token counts as lost; 0: off.', {
    default: 0,
  }),
  window_size: whole(
    'uint32',
    'Messages that may be sent in one rotation of the token by all nodes. Default 50; at most 16000.',
  ),
  max_messages: whole(
    'uint32',
    'Messages that one node may send at one visit of the token. Default 17; at most 16000.',
  ),
  miss_count_const: whole('uint32', 'Token visits before a missing message is asked for again. Default 5.'),
};

const linkSection = section({
  linknumber: whole('uint8', 'Number of the link: 0, udp and udpu have one link.', { default: 0 }),
  bindnetaddr: text('Network to bind to; the nodelist overrules it.'),
  mcastaddr: text('Multicast address (udp). Default: derived from cluster_name.'),
  broadcast: choice(['yes', 'no'], 'no', 'Send to 255.255.255.255 instead of mcastaddr (udp).'),
  mcastport: whole('uint16', 'UDP port; multicasts leave from the port below it.', {
    default: 5405,
    minimum: 1,
  }),
  ttl: whole('uint8', 'Time to live of multicasts; udp only.', { default: 1 }),
  member: several(section({ memberaddr: text('Address of a member.') }), {
    description: 'Members of udpu as old files name them; the nodelist takes their place.',
  }),
  ...knetInterface,
});

export const totemSchema: SectionSchema = section(
  {
    version: { const: 2, type: 'integer', description: 'Version of the file: 2.', 'x-icmap': 'uint32' },
    cluster_name: text('Name of the cluster; the multicast address of udp is derived from it.'),
    config_version: whole64('Version of the configuration; a node with an older one than its ring leaves.'),
    transport: text('Name of the transport.'),
    ip_version: choice(
      ['ipv4', 'ipv6', 'ipv4-6', 'ipv6-4'],
      undefined,
      'Address families to use and, of two, which first. Default ipv6-4; udp: ipv4.',
    ),
    crypto_model: choice(['nss', 'openssl', 'gcrypt'], undefined, 'Library of corosync; without effect.'),
    crypto_cipher: text('Cipher of the packets. none: they are sent in plaintext.'),
    crypto_hash: text('Authentication of the packets.'),
    secauth: choice(['on', 'off'], undefined, 'Old switch for crypto_cipher and crypto_hash.'),
    keyfile: text('File of the shared key.'),
    key: text('The shared key.'),
    netmtu: wholeOr(
      AUTO,
      whole(
        'uint32',
        'Largest datagram in bytes, the same on all nodes. auto: the largest that the port carries (iba). Default 1500.',
        { maximum: LARGEST_NETMTU },
      ),
    ),
    nodeid: whole('uint32', 'Without effect: write nodelist.node.nodeid.'),
    clear_node_high_bit: choice(
      ['yes', 'no'],
      'no',
      'Clear the highest bit of node ids made from addresses.',
    ),
    threads: whole('uint32', 'Without effect.'),
    rrp_mode: text('Redundant rings of corosync 2; without effect.'),
    block_unlisted_ips: choice(
      ['yes', 'no'],
      'yes',
      'Drop packets of addresses outside the nodelist (udpu).',
    ),
    cancel_token_hold_on_retransmit: choice(
      ['yes', 'no'],
      'no',
      'Let the representative hold the token although messages are asked for again.',
    ),
    interface: several(linkSection, { description: 'A link.' }),
    ...timers,
    ...counts,
    ...knet,
  },
  { required: ['version'] },
);
