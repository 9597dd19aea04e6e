import { DaemonCommand } from '../command.js';
import { columns } from '../paint.js';
import { readKeys } from '../status/read.js';
import { plugins, type PluginStatus } from '../status/snapshot.js';

export default class Plugins extends DaemonCommand {
  static override summary = 'Show the plugins that the daemon runs';
  static override enableJsonFlag = true;

  async run(): Promise<{ plugins: PluginStatus[] }> {
    const { flags } = await this.parse(Plugins);
    const found = plugins(await readKeys(this.runDir(flags), ['runtime.plugins.']));
    const rows = found.map(({ name, kind, version, packageName, provides }) => [
      name,
      kind,
      version,
      packageName,
      provides.join(' '),
    ]);
    for (const line of columns([['name', 'kind', 'version', 'package', 'provides'], ...rows], ''))
      this.log(line);
    return { plugins: found };
  }
}
