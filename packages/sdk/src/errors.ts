/**
 * Every error of Coterie: what it means and what to do, by code. docs/errors.md is generated from this table.
 * Codes are never renamed or given another meaning.
 */
export const errors = {
  COTERIE_E_CLIENT_ABSENT: {
    meaning: 'No daemon listens on the client socket named in the message.',
    remedy: 'Start coteried, or point the program to the run folder of the daemon with COTERIE_RUN_DIR.',
  },
  COTERIE_E_CLIENT_ACCESS: {
    meaning: 'The operating system does not let this user open the client socket.',
    remedy: 'Run the program as a user who may, or correct the permissions of the run folder.',
  },
  COTERIE_E_CLIENT_CLOSED: {
    meaning: 'The program has closed its connection to the daemon.',
    remedy: 'Connect again before sending more.',
  },
  COTERIE_E_CLIENT_LOST: {
    meaning: 'The connection to the daemon broke: the daemon stopped, or disconnected this client.',
    remedy: 'Connect again. If it happens often, look for the reason in the log of the daemon.',
  },
  COTERIE_E_CLIENT_OVERFLOW: {
    meaning: 'Too much waits on a connection: events that were not read, or requests that were not taken.',
    remedy: 'Read events as they come, and wait for the promise that sending returns.',
  },
  COTERIE_E_CLIENT_PROTOCOL: {
    meaning: 'Bytes from the client socket make no sense.',
    remedy: 'Use a program and a daemon of matching versions, and check what listens on the socket.',
  },
  COTERIE_E_CLIENT_REFUSED: {
    meaning: 'The daemon refused a connection; the CS_ERR name in the message says why.',
    remedy:
      'CS_ERR_TRY_AGAIN: wait until the node has joined. CS_ERR_NOT_EXIST: install the engine. CS_ERR_ACCESS: use a user who may.',
  },
  COTERIE_E_CLIENT_REQUEST: {
    meaning: 'A service answered a request with an error; the CS_ERR name in the message says which.',
    remedy: 'CS_ERR_TRY_AGAIN: repeat it later. Otherwise correct the request.',
  },
  COTERIE_E_CLIENT_TOO_BIG: {
    meaning: 'A request is longer than the daemon accepts.',
    remedy: 'Send the data in several requests.',
  },
  COTERIE_E_CONFIG_ACCOUNT: {
    meaning: 'A uidgid section names a user or group that this host does not have.',
    remedy: 'Create the account or write its number.',
  },
  COTERIE_E_CONFIG_ADDRESS: {
    meaning: 'An address of the configuration does not fit its use or the other addresses.',
    remedy: 'Correct the address, or totem.ip_version.',
  },
  COTERIE_E_CONFIG_CRYPTO_MISSING: {
    meaning: 'The configuration does not say that packets may be sent in plaintext.',
    remedy: 'Add "crypto_cipher: none" to the totem section if the network between the nodes is trusted.',
  },
  COTERIE_E_CONFIG_CRYPTO_UNSUPPORTED: {
    meaning: 'The configuration asks for encryption or authentication that is not supported.',
    remedy:
      'Write "none" (secauth: off) if the network between the nodes is trusted; corosync too encrypts with knet only.',
  },
  COTERIE_E_CONFIG_DUPLICATE_NODE: {
    meaning: 'Two nodes of the nodelist have the same id, name or address and port.',
    remedy: 'Make them differ; nodes on one address need different ring0_port.',
  },
  COTERIE_E_CONFIG_LINKS: {
    meaning: 'The configuration has more than one link.',
    remedy: 'Keep link 0 and ring0_addr only.',
  },
  COTERIE_E_CONFIG_LOCAL_NODE: {
    meaning: 'It is not clear which node of the nodelist this daemon is.',
    remedy: "Give a node this host's name or address, or start the daemon with --node ID.",
  },
  COTERIE_E_CONFIG_MISSING: {
    meaning: 'A setting that must be there is missing.',
    remedy: 'Add the setting named in the message.',
  },
  COTERIE_E_CONFIG_NODEID: {
    meaning: 'A node has no id and none can be made from its address.',
    remedy: 'Write "nodeid" into the node\'s section.',
  },
  COTERIE_E_CONFIG_NODELIST: {
    meaning: 'The nodelist is missing, empty or there twice.',
    remedy: 'Write one nodelist section with a node section for every node.',
  },
  COTERIE_E_CONFIG_READ: {
    meaning: 'A configuration file could not be read.',
    remedy:
      'Check the path and the permissions of the file named in the message, or name another one with -c.',
  },
  COTERIE_E_CONFIG_RELOAD_ADDRESS: {
    meaning: 'A reload would change the address of a node that is there already.',
    remedy: 'Remove the node with one reload and add it again with the next.',
  },
  COTERIE_E_CONFIG_RELOAD_LOCAL: {
    meaning: 'A reload would make the daemon another node.',
    remedy: 'Give the node its old id, or restart the daemon.',
  },
  COTERIE_E_CONFIG_SYNTAX: {
    meaning: 'A line of the configuration cannot be read.',
    remedy: 'Correct the line: "section {", "key: value", "}" or a comment that starts with #.',
  },
  COTERIE_E_CONFIG_TIMER: {
    meaning: 'A protocol timer is out of its range, or does not go with the others.',
    remedy: 'Correct the setting named in the message or remove it to get the default.',
  },
  COTERIE_E_CONFIG_TRANSPORT: {
    meaning: 'No installed plugin has the transport that the configuration names.',
    remedy: 'Write a transport that is installed, such as "transport: udpu", or install the plugin.',
  },
  COTERIE_E_CONFIG_UNKNOWN_KEY: {
    meaning: 'A section has a setting that its owner does not know.',
    remedy: 'Correct the spelling or remove the line.',
  },
  COTERIE_E_CONFIG_VALUE: {
    meaning: 'A setting has a value of the wrong type or out of range.',
    remedy: 'Write a value that the message allows.',
  },
  COTERIE_E_DATABASE_KEY: {
    meaning: 'A database key is not 3 to 255 characters of A-Z a-z 0-9 . _ - / :',
    remedy: 'Correct the key.',
  },
  COTERIE_E_DATABASE_VALUE: {
    meaning: 'A database value does not fit its type.',
    remedy: 'Use a value in the range of the type named in the message.',
  },
  COTERIE_E_DB_CHANGED: {
    meaning: 'A key does not hold what `coterie db set --if` or `--if-absent` expects; nothing was set.',
    remedy: 'Read the key again and decide anew.',
  },
  COTERIE_E_DB_MISSING: {
    meaning: 'The database has no such key.',
    remedy: 'See `coterie db tree` for the keys there are; those of the statistics need `--map stats`.',
  },
  COTERIE_E_DB_REFUSED: {
    meaning: 'The database refuses to change a key; the message says why.',
    remedy:
      'Choose a key that clients may write and a value that it can hold; for keys below `cluster.` see to quorum first.',
  },
  COTERIE_E_DEV_NODE: {
    meaning: 'A daemon of the development cluster ended although nobody asked it to.',
    remedy: 'Read its log, which the message names.',
  },
  COTERIE_E_DEV_PORTS: {
    meaning: 'The UDP ports for the nodes of the development cluster are taken.',
    remedy: 'Name other ones with --base-port, or let the command choose.',
  },
  COTERIE_E_DEV_RUNNING: {
    meaning: 'A development cluster already runs for this project.',
    remedy: 'Use that one, or stop it first.',
  },
  COTERIE_E_DEV_TIMEOUT: {
    meaning: 'The development cluster did not get to the state named in the message in time.',
    remedy: 'Read the logs in .coterie/dev; a machine under heavy load may need another try.',
  },
  COTERIE_E_ENGINE_FAILED: {
    meaning: 'An engine threw where all members go through the same, and wants its daemon to stop then.',
    remedy:
      'Look for the error in the log, in front of this one, and report it to those who make the engine.',
  },
  COTERIE_E_GENERATE_EXISTS: {
    meaning: 'A file that a generator would write is there already; nothing was written.',
    remedy: 'Name another folder with --directory, or move the files away.',
  },
  COTERIE_E_GENERATE_NAME: {
    meaning: 'A generator was told a name or a service number that a plugin cannot have.',
    remedy: 'Choose a name like my-engine or @acme/my-engine, and a number from 1024 to 65535.',
  },
  COTERIE_E_GROUP_JOINED: {
    meaning: 'A process group was joined a second time on the same node.',
    remedy: 'Give every user of the ring a group name of its own.',
  },
  COTERIE_E_IB_ADDON: {
    meaning: 'The native part of @coterie/transport-ib does not load.',
    remedy:
      'It is included for Linux on x86-64; elsewhere install libibverbs-dev and librdmacm-dev and run npm run build:native in the package.',
  },
  COTERIE_E_IB_ADDRESS: {
    meaning: 'The own ring0_addr is not an address of this machine.',
    remedy:
      'Correct ring0_addr of this node in the nodelist, or give the interface of the RDMA device that address.',
  },
  COTERIE_E_IB_DEVICE: {
    meaning: 'No RDMA device has the own ring0_addr.',
    remedy:
      'ring0_addr must be the address of an IPoIB interface, or of an Ethernet interface with a RoCE device; "rdma link" names them. See docs/infiniband.md.',
  },
  COTERIE_E_IB_GROUP: {
    meaning: 'The multicast group of the ring could not be joined.',
    remedy:
      'On InfiniBand look whether a subnet manager runs; on RoCE whether the interface is up and multicast is allowed. The message has the reason.',
  },
  COTERIE_E_IB_LIBRARY: {
    meaning: 'A library of rdma-core is missing or does not load.',
    remedy: 'Install it: on Debian apt-get install librdmacm1 libibverbs1 ibverbs-providers.',
  },
  COTERIE_E_IB_LINK: {
    meaning: 'The port of the RDMA device is not active.',
    remedy: 'Look at cable, switch and subnet manager, and bring the interface up with "ip link set ... up".',
  },
  COTERIE_E_IB_MCASTADDR: {
    meaning: 'There is no usable multicast group to send to all members.',
    remedy:
      'Set totem.interface.mcastaddr to a multicast address of the IP version of ring0_addr, or set cluster_name.',
  },
  COTERIE_E_IB_MEMLOCK: {
    meaning: 'The daemon may not lock the memory that the RDMA device needs.',
    remedy:
      'Raise the limit: LimitMEMLOCK=infinity in the unit of systemd, or "ulimit -l". See docs/infiniband.md.',
  },
  COTERIE_E_IB_MTU: {
    meaning: 'totem.netmtu is larger than the datagrams that the port carries.',
    remedy:
      'Set netmtu to what the message says, or to auto, on every node; or raise the MTU of the network.',
  },
  COTERIE_E_IB_OPEN: {
    meaning: 'The RDMA device could not be opened.',
    remedy: 'See the reason of the system in the message; rdma_ucm and ib_uverbs have to be loaded.',
  },
  COTERIE_E_IB_PORT: {
    meaning: 'The port at which members set up their paths to this node is taken.',
    remedy: 'Stop the other program (rdma resource show cm_id names it), or configure another mcastport.',
  },
  COTERIE_E_IB_RESOLVE: {
    meaning: 'The own ring0_addr does not resolve to an address of the IP version configured.',
    remedy: 'Write an IP address as ring0_addr, add the name to /etc/hosts, or change ip_version.',
  },
  COTERIE_E_INJECT_CONSTRUCTOR: {
    meaning: "The constructor of a plugin's class threw.",
    remedy: "Read the message: it is the plugin's. Report it to the plugin's author.",
  },
  COTERIE_E_INJECT_CYCLE: {
    meaning: 'Classes of plugins need each other to be built.',
    remedy: "Take one of them out of the other's constructor.",
  },
  COTERIE_E_INJECT_INHERITED: {
    meaning:
      'A class of a plugin extends another one and has no constructor of its own, so that its parent’s would get nothing injected.',
    remedy:
      'Repeat the constructor in the class, with @inject for every parameter, and call super with them.',
  },
  COTERIE_E_INJECT_PARAMETER: {
    meaning: "A constructor parameter of a plugin's class does not say what to pass.",
    remedy: 'Put @inject(Token) in front of the parameter.',
  },
  COTERIE_E_INJECT_TOKEN: {
    meaning: "A plugin's class asks for something that nothing provides.",
    remedy: 'Install or write the plugin that provides it, or make the parameter optional.',
  },
  COTERIE_E_IPC_IN_USE: {
    meaning: 'Another daemon answers on the client socket in this run folder.',
    remedy: 'Stop the other daemon, or give this one a run folder of its own with --run-dir.',
  },
  COTERIE_E_IPC_SOCKET: {
    meaning: 'The client socket could not be opened.',
    remedy: 'Check the run folder named in the message: it must exist and belong to the user of the daemon.',
  },
  COTERIE_E_LOG_FILE: {
    meaning: 'The log file could not be opened.',
    remedy: 'Correct "logfile" in the section logging, or the permissions of its folder.',
  },
  COTERIE_E_MANIFEST: {
    meaning: 'The "coterie" key of a package.json is not a valid manifest.',
    remedy: 'Correct what the message names, or remove the package from the dependencies.',
  },
  COTERIE_E_MANIFEST_VERSION: {
    meaning: "A plugin's manifest has a format that this daemon does not read.",
    remedy: 'Install a version of the plugin for this daemon, or update the daemon.',
  },
  COTERIE_E_MESSAGE_SIZE: {
    meaning: 'A message is longer than the ring can carry (1 MiB and its headers).',
    remedy: 'Send the data in several messages.',
  },
  COTERIE_E_PLUGIN_CYCLE: {
    meaning: 'Plugins require each other in a circle, so that none can start first.',
    remedy: 'Remove one of the plugins, or one of the requirements in their manifests.',
  },
  COTERIE_E_PLUGIN_DUPLICATE: {
    meaning: 'Two plugins have the same name, service, transport or capability.',
    remedy: 'Remove one of the two from the dependencies.',
  },
  COTERIE_E_PLUGIN_ENTRY: {
    meaning: "The module that a plugin's manifest names as entry is missing or outside of its package.",
    remedy: 'Build or reinstall the plugin; its entry must lie inside of its package.',
  },
  COTERIE_E_PLUGIN_EXPORT: {
    meaning: "A plugin's entry does not export a plugin that this daemon understands.",
    remedy: 'Export "plugin", made by definePlugin of the SDK.',
  },
  COTERIE_E_PLUGIN_IMPORT: {
    meaning: "A plugin's entry could not be imported.",
    remedy: "Read the message: it is Node's or the plugin's. Reinstall the plugin.",
  },
  COTERIE_E_PLUGIN_MISMATCH: {
    meaning: "A plugin's code and its manifest do not agree.",
    remedy: 'Make decorators and definePlugin say what the manifest says.',
  },
  COTERIE_E_PLUGIN_NAME: {
    meaning: "A plugin has the name of a section of the configuration that is the daemon's own.",
    remedy: 'Give the plugin another name.',
  },
  COTERIE_E_PLUGIN_NETMTU: {
    meaning: 'What a transport says of its largest datagram (netmtu: auto) is no size for a ring.',
    remedy: "Write a number as totem.netmtu on every node, and report it to the plugin's author.",
  },
  COTERIE_E_PLUGIN_NOT_INSTALLED: {
    meaning: "A dependency of the daemon's project is not installed.",
    remedy: 'Run npm install in the project.',
  },
  COTERIE_E_PLUGIN_REQUIRES: {
    meaning: 'A plugin requires a capability that no installed plugin provides.',
    remedy: 'Install a plugin that provides it, or remove the one that requires it.',
  },
  COTERIE_E_PLUGIN_RESERVED: {
    meaning: "A plugin's service has a number that is reserved for Coterie's own engines: 64 to 1023.",
    remedy: 'Give the service a number from 1024 on, in the manifest and in @ServiceEngine.',
  },
  COTERIE_E_PLUGIN_SCHEMA: {
    meaning: 'The configuration schema of a plugin is missing or cannot be used.',
    remedy: 'Correct the schema file that the manifest names, or reinstall the plugin.',
  },
  COTERIE_E_PLUGIN_SDK_RANGE: {
    meaning: "A plugin's manifest does not limit the SDK versions it works with.",
    remedy: 'Write a range with an upper end, such as "^1.2.0".',
  },
  COTERIE_E_PLUGIN_SDK_VERSION: {
    meaning: 'A plugin does not work with the SDK of this daemon.',
    remedy: 'Install a version of the plugin for this SDK, or another daemon.',
  },
  COTERIE_E_PLUGIN_TIMEOUT: {
    meaning: 'A plugin took too long to import or start.',
    remedy: "Report it to the plugin's author: importing and starting must not wait for others.",
  },
  COTERIE_E_PROJECT: {
    meaning: "The package.json of the daemon's project cannot be read.",
    remedy: 'Correct the file, or start the daemon in its project.',
  },
  COTERIE_E_QUORUM_CONFLICT: {
    meaning: 'Two options of the section quorum exclude each other.',
    remedy: 'Take one of the two options that the message names out of corosync.conf.',
  },
  COTERIE_E_QUORUM_DEVICE_VOTES: {
    meaning: 'The votes of the quorum device cannot be told, or they outweigh those of the nodes.',
    remedy: 'Set quorum.device.votes to at most quorum.expected_votes minus 2.',
  },
  COTERIE_E_QUORUM_EXPECTED_VOTES: {
    meaning: 'Nothing says how many votes the cluster has.',
    remedy: 'Write a nodelist, or set quorum.expected_votes.',
  },
  COTERIE_E_QUORUM_PROVIDER: {
    meaning: 'No engine, or more than one, is the quorum provider that the configuration names.',
    remedy:
      'Set quorum.provider to corosync_votequorum, to corosync_ykd, or to the name that an installed plugin gives its provider.',
  },
  COTERIE_E_RING_ID: {
    meaning: 'No ring can follow the stored ring sequence: the file is damaged, or somebody forged joins.',
    remedy:
      'Restore the state file named in the message. Delete it only if no other member still runs: a ring identity could be used twice. After forged joins, stop all nodes and delete it on each.',
  },
  COTERIE_E_SAM_CONFLICT: {
    meaning: 'Settings of supervised processes exclude each other.',
    remedy: 'Change one of the two that the message names in the section sam of corosync.conf.',
  },
  COTERIE_E_SAM_INTERVAL: {
    meaning: 'A supervised program asks for health checks, and its supervisor has not been told how often.',
    remedy: 'Give register or supervise an interval, or start the program with one.',
  },
  COTERIE_E_SAM_LOST: {
    meaning: 'The supervisor of this program is gone; the program is about to end.',
    remedy: 'Start the supervisor again, and the program with it.',
  },
  COTERIE_E_SAM_REFUSED: {
    meaning: 'The supervisor refuses what a supervised program asks for.',
    remedy: 'Correct what the message names: a signal that does not exist, or more than 1 MiB of data.',
  },
  COTERIE_E_SDK_DUPLICATE: {
    meaning: 'A plugin uses another copy of the SDK, of an incompatible version.',
    remedy:
      "Install the plugin so that it shares the daemon's SDK: npm install --install-links, or npm pack and install.",
  },
  COTERIE_E_SEND_TIMEOUT: {
    meaning: 'A message to a process group did not come back in time.',
    remedy:
      'See with "coterie status" whether the ring is formed; give the command more time with --timeout.',
  },
  COTERIE_E_SIM_RESULTS: {
    meaning:
      'The file for the results of a simulation holds none that can be continued, or cannot be written.',
    remedy: 'Name another file, or move this one away: figures of different code are not added up.',
  },
  COTERIE_E_SIM_SCHEDULE: {
    meaning: 'There is no such schedule to simulate: the name means none, or the file does not hold one.',
    remedy: 'Take the name, or the file, that a campaign of "coterie sim" has printed.',
  },
  COTERIE_E_STATE_READ: {
    meaning: 'A file in the state folder could not be read.',
    remedy: 'Check the folder named in the message: its owner, its permissions and the disk below it.',
  },
  COTERIE_E_STATE_WRITE: {
    meaning: 'A file in the state folder could not be written. Without it the node must not form a ring.',
    remedy: 'Free space on the disk or correct the permissions of the folder named in the message.',
  },
  COTERIE_E_TRACE_FILE: {
    meaning: 'The file of a trace cannot be opened or read.',
    remedy:
      'Name a file in a folder that exists and that the daemon may write to, or one that is there to check.',
  },
  COTERIE_E_TRACE_FORMAT: {
    meaning: 'A line of a trace makes no sense, and the message has its number; or there is no line.',
    remedy: 'Check files that coteried --trace has written, whole and in their order.',
  },
  COTERIE_E_UDP_ADDRESS: {
    meaning: 'The own ring0_addr is not an address of this machine, or its interface is down.',
    remedy: 'Correct ring0_addr of this node in the nodelist, or bring the interface up.',
  },
  COTERIE_E_UDP_BIND: {
    meaning: 'A UDP socket could not be opened.',
    remedy: 'See the reason of the system in the message; ports below 1024 need CAP_NET_BIND_SERVICE.',
  },
  COTERIE_E_UDP_MCASTADDR: {
    meaning: 'There is no usable address to send to all members at once.',
    remedy:
      'Set totem.interface.mcastaddr to a multicast address of the IP version of ring0_addr, or set cluster_name.',
  },
  COTERIE_E_UDP_PORT: {
    meaning: 'A UDP port of the ring is taken by another program.',
    remedy: 'Stop the other program (ss -ulpn names it), or configure another mcastport.',
  },
  COTERIE_E_UDP_RESOLVE: {
    meaning: 'The own ring0_addr does not resolve to an address of the IP version configured.',
    remedy: 'Write an IP address as ring0_addr, add the name to /etc/hosts, or change ip_version.',
  },
  COTERIE_E_UDP_SOCKETS: {
    meaning: 'COTERIE_UDP_SOCKETS asks for sockets that do not exist here.',
    remedy:
      'Unset it, set it to dgram, or build the addon in a clone of Coterie: npm run build:native in packages/transport-udp.',
  },
  COTERIE_E_USAGE: {
    meaning: 'The command line is not one that the command understands.',
    remedy: 'Ask the command with --help.',
  },
  COTERIE_W_CONFIG_IGNORED: {
    meaning: 'A setting is known and has no effect here.',
    remedy: 'Remove it, or leave it for the nodes that use it.',
  },
  COTERIE_W_CONFIG_RESTART: {
    meaning: 'A reload found a change that only a restart of the daemon can bring into effect.',
    remedy: 'Restart the daemon, or take the change back.',
  },
  COTERIE_W_CONFIG_TWICE: {
    meaning: 'A setting is there twice; the last one counts.',
    remedy: 'Remove one of the lines.',
  },
  COTERIE_W_CONFIG_UNOWNED: {
    meaning: 'Nothing that is installed reads this section or setting.',
    remedy: 'Install the plugin it belongs to, correct the name or remove it.',
  },
  COTERIE_W_ENGINE_HELD: {
    meaning:
      'An engine of this node stands aside: the others speak a version of its messages that it does not speak, or it threw.',
    remedy:
      'Install a version of the engine that overlaps with theirs, on the node named in the message. If it threw, look for the error in the log; unless it is started again by itself, start the daemon again.',
  },
  COTERIE_W_QB_NAME_TAKEN: {
    meaning:
      "Another daemon in this network namespace, of Coterie or corosync, serves the programs linked with corosync's libraries.",
    remedy:
      'Stop the other daemon and restart this one, or give each a network namespace of its own. Programs on the client socket are not affected.',
  },
  COTERIE_W_QB_UNAVAILABLE: {
    meaning: "Programs linked with corosync's libraries cannot connect to this daemon, for lack of libqb.",
    remedy:
      'Install libqb 2 (Debian: libqb100) and restart the daemon, on Linux on x86-64 or where the addon of @coterie/ipc-qb was built. Nothing must be done if there are no such programs.',
  },
  COTERIE_W_SDK_DUPLICATE: {
    meaning: 'A plugin uses another copy of the SDK, of a compatible version.',
    remedy: 'Nothing must be done; npm dedupe or npm install --install-links saves the memory.',
  },
} as const satisfies Record<string, { meaning: string; remedy: string }>;

export type ErrorCode = keyof typeof errors;

const BRAND = Symbol.for('@coterie/sdk/CoterieError@1');

/** An error with a code of {@link errors}; the message names the file, line, package or node at fault. */
export class CoterieError extends Error {
  override readonly name = 'CoterieError';
  readonly [BRAND] = true;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** True for a CoterieError of any copy of the SDK. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && BRAND in value;
  }
}
