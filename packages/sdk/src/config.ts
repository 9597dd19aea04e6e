import { token } from './token.js';

/** The plugin's own section of corosync.conf, validated by the plugin's schema, defaults filled in. */
export interface Config<T = Record<string, unknown>> {
  readonly section: T;
  /** Called after a reload that changed the section. Returns the function that ends it. */
  onReload(listener: (section: T) => void): () => void;
}
export const Config = token<Config>('Config');

/** The nodelist, as configured now; `keys` of it also stand in the database under `nodelist.`. */
export interface ConfiguredNode {
  readonly nodeId: number;
  /** `name`, or undefined. */
  readonly name: string | undefined;
  readonly address: string;
  readonly votes: number;
}
export interface Nodelist {
  readonly nodes: readonly ConfiguredNode[];
  readonly local: ConfiguredNode;
  onReload(listener: () => void): () => void;
}
export const Nodelist = token<Nodelist>('Nodelist');
