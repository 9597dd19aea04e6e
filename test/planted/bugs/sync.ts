import type { PlantedBug } from '../bug.js';

const synchronise = 'core/dist/sync/synchronise.js';

/** How the engines of all members agree again. */
export const syncBugs: readonly PlantedBug[] = [
  {
    name: 'stale-barrier',
    what: 'messages of an aborted synchronisation count for the one that follows',
    row: 'F1',
    file: synchronise,
    find: '!sameRing(message.ring, round.ring)',
    replace: 'false',
  },
  {
    name: 'sync-init-late',
    what: 'an engine is told of a synchronisation when its turn has come, not when it begins',
    row: 'F2',
    file: synchronise,
    find: ": running.guard.follow('sync.process', () => sync.process(), 'done'),",
    replace: `: (() => {
                    if (running.plantedRound !== round) {
                        running.plantedRound = round;
                        const transitional = this.transitional.filter((node) => round.members.includes(node));
                        sync.init({ ring: round.ring, members: round.members, transitional });
                    }
                    return running.guard.follow('sync.process', () => sync.process(), 'done');
                })(),`,
  },
  {
    name: 'barrier-without-the-last',
    what: 'a service is activated before the last member has come to the barrier',
    file: 'core/dist/sync/service-list.js',
    find: 'if (this.arrived.size < this.members.length)',
    replace: 'if (this.arrived.size < Math.max(1, this.members.length - 1))',
  },
  {
    name: 'barrier-skips-process',
    what: 'a member says that it has come to the end of a service before it has done its part',
    file: 'core/dist/sync/service-list.js',
    find: "if (participant.process() === 'again')\n            return;",
    replace: '',
  },
  {
    name: 'all-came-along',
    what: 'engines are told that every member came along from the former ring',
    file: synchronise,
    find: 'const transitional = this.transitional.filter((node) => members.includes(node));',
    replace: 'const transitional = members;',
  },
  {
    name: 'clients-send-during-sync',
    what: 'clients are let in before synchronisation has ended',
    file: 'core/dist/executive.js',
    find: 'this.state.synchronising = true;',
    replace: '',
  },
];
