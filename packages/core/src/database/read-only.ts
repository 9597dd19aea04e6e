/** What corosync's clients may not write: all keys below these prefixes (icmap_set_ro_access in main.c, cfg.c, totemconfig.c). */
export const readOnlyPrefixes: readonly string[] = [
  'internal_configuration.',
  'nodelist.',
  'runtime.config.',
  'runtime.services.',
  'runtime.totem.',
  'system.',
  'uidgid.config.',
];

/** Single keys that clients may not write. */
export const readOnlyKeys: readonly string[] = [
  'config.reload_in_progress',
  'config.totemconfig_reload_in_progress',
  'quorum.allow_downscale',
  'quorum.auto_tie_breaker',
  'quorum.auto_tie_breaker_node',
  'quorum.expected_votes_tracking',
  'quorum.last_man_standing',
  'quorum.last_man_standing_window',
  'quorum.wait_for_all',
  'totem.clear_node_high_bit',
  'totem.cluster_name',
  'totem.crypto_cipher',
  'totem.crypto_hash',
  'totem.crypto_model',
  'totem.ip_version',
  'totem.key',
  'totem.keyfile',
  'totem.netmtu',
  'totem.nodeid',
  'totem.rrp_mode',
  'totem.secauth',
  'totem.threads',
  'totem.transport',
  'totem.version',
];
