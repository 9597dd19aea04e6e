import { CpgClient, type Group } from '@coterie/engine-cpg/client';
import { Observable } from './deadline.js';

/** A program that has joined a process group through one node's daemon, and remembers what it hears. */
export class GroupMember {
  /** The messages in the order of their delivery. */
  readonly heard = new Observable<readonly string[]>([]);
  /** The nodes of the group's members. */
  readonly members = new Observable<readonly number[]>([]);

  private constructor(
    readonly nodeId: number,
    private readonly client: CpgClient,
  ) {}

  static async join(group: string, nodeId: number, runDir: string): Promise<GroupMember> {
    const client = await CpgClient.connect({ runDir });
    const member = new GroupMember(nodeId, client);
    try {
      member.group = await client.join(group, {
        onDeliver: (data) => {
          member.heard.value = [...member.heard.value, Buffer.from(data).toString()];
        },
        onConfiguration: ({ members }) => {
          member.members.value = members.map((process) => process.nodeId);
        },
      });
    } catch (error) {
      await client.close();
      throw error;
    }
    return member;
  }

  private group!: Group;

  async say(text: string): Promise<void> {
    await this.group.send(Buffer.from(text));
  }

  close(): Promise<void> {
    return this.client.close();
  }
}
