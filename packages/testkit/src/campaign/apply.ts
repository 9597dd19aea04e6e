import { describeFault, type Fault } from './fault.js';
import type { Scene } from './scene.js';

/** Tells the trace and does it; nothing happens if what it is about is not there. */
export function applyFault(fault: Fault, scene: Scene): void {
  if (!possible(fault, scene)) return;
  scene.world.note(describeFault(fault));
  perform(fault, scene);
}

function possible(fault: Fault, { world, workload }: Scene): boolean {
  if ('group' in fault) return workload.member(fault.node, fault.group) !== undefined;
  if (fault.kind === 'start') return world.ids.includes(fault.node) && world.alive(fault.node) === undefined;
  return 'node' in fault ? world.alive(fault.node) !== undefined : fault.kind !== 'nothing';
}

function perform(fault: Fault, scene: Scene): void {
  const { world, workload } = scene;
  const { network } = world;
  switch (fault.kind) {
    case 'nothing':
      return;
    case 'partition':
      return network.partition(...fault.groups);
    case 'oneWay':
      return network.cutOneWay(fault.from, fault.to);
    case 'mesh':
      return network.cut(fault.from, fault.to);
    case 'heal':
      return network.heal();
    case 'loss':
      network.losses.splice(0, Infinity, fault.loss);
      return;
    case 'duplication':
      network.duplication = fault.rate;
      return;
    case 'reordering':
      network.reordering = fault.rate;
      network.lateness = fault.lateness;
      return;
    case 'jitter':
      network.jitter = fault.time;
      return;
    case 'bandwidth':
      network.bandwidth = fault.bytes ?? Infinity;
      return;
    case 'crash':
      return world.crash(fault.node);
    case 'leave':
      return world.leave(fault.node);
    case 'restart':
      world.crash(fault.node);
      return world.start(fault.node);
    case 'start': {
      const disk = world.disk(fault.node);
      disk.full = disk.syncFails = false;
      return world.start(fault.node);
    }
    case 'pause':
      return world.node(fault.node).process.pause(fault.time);
    case 'stall':
      return world.node(fault.node).process.stall(fault.time);
    case 'wallClock':
      world.node(fault.node).process.wallOffset += fault.time;
      return;
    case 'diskFull':
      world.disk(fault.node).full = true;
      return;
    case 'syncFailure':
      world.disk(fault.node).syncFails = true;
      return;
    case 'damage':
      world.crash(fault.node);
      return world.disk(fault.node).damageRingId(fault.how);
    case 'slowClient':
      return workload.member(fault.node, fault.group)?.client.read(fault.pace ?? Infinity);
    case 'deadClient':
      return workload.member(fault.node, fault.group)?.disconnect();
    case 'groupLeave':
      return workload.member(fault.node, fault.group)?.leave();
    case 'reload':
      return world.reload({ totem: { token: fault.token } });
  }
}
