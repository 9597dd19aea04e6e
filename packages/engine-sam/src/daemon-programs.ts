import type { Logger } from '@coterie/sdk';
import { byName, termsOf, type ProcessSection, type SamSection } from './configured.js';
import type { Ledger } from './ledger.js';
import { recordedState } from './recorded.js';
import { Supervision, type Surroundings } from './supervision/supervision.js';
import { defaultTerms, type Terms } from './supervision/terms.js';
import type { Survivor, Survivors } from './survivors.js';

interface Program {
  section: ProcessSection;
  readonly supervision: Supervision;
}

/** What all supervisions of a daemon share. */
export type Ports = Omit<Surroundings, 'changed' | 'heard'>;

/** The programs of the section `sam`: the daemon supervises them itself. */
export class DaemonPrograms {
  private readonly programs = new Map<string, Program>();
  /** Programs that the configuration does not name any more, until they are gone. */
  private readonly dismissed = new Map<Supervision, string>();
  /** What {@link survivors} was told last. */
  private remembered = '';

  constructor(
    private readonly ports: Ports,
    private readonly ledger: Ledger,
    private readonly survivors: Survivors,
    private readonly log: Logger,
  ) {}

  /** Goes on with what an earlier life of the daemon has left running, or ends it, and starts the others. */
  begin(configured: SamSection): void {
    const sections = byName(configured);
    for (const survivor of this.survivors.read()) this.inherit(survivor, sections.get(survivor.name));
    for (const section of sections.values()) {
      if (!this.programs.has(section.name)) this.add(section).start();
    }
  }

  /** The configuration has changed: only programs whose section did notice it. */
  reload(configured: SamSection): void {
    const sections = byName(configured);
    for (const [name, { supervision }] of [...this.programs]) {
      if (!sections.has(name)) this.dismiss(name, supervision);
    }
    for (const section of sections.values()) {
      const program = this.programs.get(section.name);
      if (program === undefined) this.commence(section);
      else if (print(program.section) !== print(section)) {
        program.section = section;
        program.supervision.renew(termsOf(section));
      }
    }
  }

  /** Undefined: there is none with this name. */
  find(name: string): Supervision | undefined {
    return this.programs.get(name)?.supervision;
  }

  quorumChanged(): void {
    for (const { supervision } of this.programs.values()) supervision.quorumChanged();
  }

  /** Ends all but those that outlive the daemon; resolves once they are gone. */
  async quiesce(): Promise<void> {
    const ending = [...this.programs.values()].filter(({ section }) => section.on_daemon_stop === 'stop');
    const all = [...ending.map(({ supervision }) => supervision), ...this.dismissed.keys()];
    await Promise.all(all.map((supervision) => supervision.stop()));
  }

  /** Kills what is left of those that may not outlive the daemon. */
  end(): void {
    for (const { section, supervision } of this.programs.values()) {
      if (section.on_daemon_stop === 'stop') supervision.kill();
    }
    for (const supervision of this.dismissed.keys()) supervision.kill();
  }

  dump(): unknown {
    return [...this.programs].map(([name, { supervision }]) => {
      const { phase, reason, instance, restarts, process } = supervision;
      return { name, phase, reason, instance, restarts, pid: process?.pid };
    });
  }

  /** Not beside one of this name that is still on its way out. */
  private commence(section: ProcessSection): void {
    const { name } = section;
    const earlier = [...this.dismissed].find(([, dismissed]) => dismissed === name)?.[0];
    if (earlier === undefined) return this.add(section).start();
    this.dismissed.delete(earlier);
    this.programs.set(name, { section, supervision: earlier });
    earlier.renew(termsOf(section));
  }

  private add(section: ProcessSection): Supervision {
    const supervision = this.supervision(section.name, termsOf(section));
    this.programs.set(section.name, { section, supervision });
    return supervision;
  }

  private supervision(name: string, terms: Terms): Supervision {
    const changed = () => this.changed(name);
    return new Supervision(terms, { ...this.ports, changed, heard: () => this.ledger.alive(name) });
  }

  private inherit(survivor: Survivor, section: ProcessSection | undefined): void {
    const { name, instance, pid } = survivor;
    if (section === undefined) {
      const supervision = this.supervision(name, { ...defaultTerms, command: [name] });
      if (!supervision.adopt(survivor, instance)) return;
      this.log.warn(`process ${pid} (${name}) of an earlier daemon is not configured any more: it is ended`);
      return this.dismiss(name, supervision);
    }
    const supervision = this.add(section);
    if (!supervision.adopt(survivor, instance)) return supervision.start();
    if (section.on_daemon_stop === 'keep' && survivor.section === print(section)) {
      this.log.info(`process ${pid} (${name}) has outlived an earlier daemon: it is supervised again`);
    } else supervision.renew(termsOf(section));
  }

  private dismiss(name: string, supervision: Supervision): void {
    this.programs.delete(name);
    this.dismissed.set(supervision, name);
    void supervision.stop().then(() => {
      this.dismissed.delete(supervision);
      this.remember();
      if (!this.programs.has(name)) this.ledger.forget(name);
    });
  }

  private changed(name: string): void {
    const program = this.programs.get(name);
    if (program === undefined) return;
    const { section, supervision } = program;
    this.ledger.write({
      ...{ id: name, name, recovery: section.policy, supervisor: 'coteried' },
      pollPeriod: BigInt(termsOf(section).interval),
      state: recordedState(supervision),
      pid: supervision.process?.pid ?? 0,
      instance: supervision.instance,
      restarts: supervision.restarts,
      reason: supervision.reason,
    });
    this.remember();
  }

  private remember(): void {
    const configured = [...this.programs.values()].map(
      ({ section, supervision }) => [supervision, section.name, print(section)] as const,
    );
    // A later daemon finds no section like the empty one, and ends the process.
    const others = [...this.dismissed].map(([supervision, name]) => [supervision, name, ''] as const);
    const running = [...configured, ...others].flatMap(
      ([{ process, instance }, name, section]): Survivor[] =>
        process === undefined ? [] : [{ name, pid: process.pid, birth: process.birth, instance, section }],
    );
    const text = JSON.stringify(running);
    if (text !== this.remembered) this.survivors.write(running);
    this.remembered = text;
  }
}

function print(section: ProcessSection): string {
  return JSON.stringify(section);
}
