/** A node's address as it stands in a nodelist. */
export interface Endpoint {
  readonly address: string;
  /** Without it: the transport's own. */
  readonly port?: number;
}

/** Where the daemons of a cluster run, and what can go wrong between them. Nodes are numbered 1, 2, 3 ... */
export interface Network {
  /** The nodes as one of them finds them in its nodelist. */
  seenBy(node: number): readonly Endpoint[];
  /** The command that runs `command` where a node is, and is ended with this process. */
  on(node: number, ...command: string[]): [string, ...string[]];
  /** The same, for a program that is to reach the daemon that runs as process `pid`. */
  beside(pid: number, ...command: string[]): [string, ...string[]];
  /** Whether a process that was started with {@link on} has got where it is to be. */
  arrived(pid: number): boolean;
  /** Cuts the network so that only nodes of the same side hear each other. */
  partition(...sides: (readonly number[])[]): Promise<void>;
  /** Loses this share, 0 to 1, of what reaches a node. */
  lose(node: number, share: number): Promise<void>;
  /** Ends every fault. */
  heal(): Promise<void>;
  dispose(): Promise<void>;
}
