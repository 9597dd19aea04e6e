import { isDeepStrictEqual } from 'node:util';
import type { Config, ConfiguredNode, Nodelist } from '@coterie/sdk';
import type { Configuration } from './configuration.js';

/** Calls those who want to hear of a reload; what one throws keeps it from nobody else. */
class Listeners<T> {
  private readonly listeners = new Set<(value: T) => void>();

  constructor(private readonly failed: (error: unknown) => void) {}

  add(listener: (value: T) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  call(value: T): void {
    for (const listener of [...this.listeners]) {
      try {
        listener(value);
      } catch (error) {
        this.failed(error);
      }
    }
  }
}

/** A plugin's section of the configuration that is in force. */
export class LiveSection implements Config {
  private readonly listeners;

  constructor(
    public section: Record<string, unknown>,
    failed: (error: unknown) => void,
  ) {
    this.listeners = new Listeners<Record<string, unknown>>(failed);
  }

  onReload(listener: (section: Record<string, unknown>) => void): () => void {
    return this.listeners.add(listener);
  }

  reload(section: Record<string, unknown>): void {
    if (isDeepStrictEqual(section, this.section)) return;
    this.section = section;
    this.listeners.call(section);
  }
}

/** The nodelist of the configuration that is in force. */
export class LiveNodelist implements Nodelist {
  private readonly listeners;

  constructor(
    private configuration: Pick<Configuration, 'nodes' | 'local'>,
    failed: (error: unknown) => void,
  ) {
    this.listeners = new Listeners<void>(failed);
  }

  get nodes(): readonly ConfiguredNode[] {
    return this.configuration.nodes;
  }

  get local(): ConfiguredNode {
    return this.configuration.local;
  }

  onReload(listener: () => void): () => void {
    return this.listeners.add(listener);
  }

  reload(configuration: Pick<Configuration, 'nodes' | 'local'>): void {
    const changed = !isDeepStrictEqual(configuration.nodes, this.configuration.nodes);
    this.configuration = configuration;
    if (changed) this.listeners.call();
  }
}
