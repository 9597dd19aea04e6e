import { DaemonCommand, NOT_QUORATE } from '../command.js';
import { findings, type Finding } from '../status/findings.js';
import { readKeys, readRing } from '../status/read.js';
import { screen } from '../status/screen.js';
import { snapshot, type Snapshot } from '../status/snapshot.js';

export default class Status extends DaemonCommand {
  static override summary = 'Show the state of a node and its ring: what is wrong first';
  static override description = 'Exit code 2: the node is not quorate.';
  static override enableJsonFlag = true;

  async run(): Promise<Snapshot & { findings: Finding[] }> {
    const { flags } = await this.parse(Status);
    const runDir = this.runDir(flags);
    const ring = await readRing(runDir);
    const prefixes = ['totem.', 'nodelist.', 'runtime.members.', 'runtime.plugins.', 'stats.srp.'];
    const now = snapshot(await readKeys(runDir, prefixes), ring);
    for (const line of screen(now)) this.log(line);
    if (!now.quorate) process.exitCode = NOT_QUORATE;
    return { ...now, findings: findings(now) };
  }
}
