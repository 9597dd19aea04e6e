import { CsError, type Client, type Database, type DatabaseChange } from '@coterie/sdk';
import type { KeyMap } from './key-map.js';
import { isBelow, type ObjectTree, type TreeObject } from './object-tree.js';
import {
  CreatedEvent,
  DestroyedEvent,
  KeyChange,
  KeyEvent,
  ObjectsEvent,
  ROOT,
  ReloadEvent,
  ReloadPhase,
} from './objects-wire.js';
import { valueToBytes } from './value-bytes.js';

const RELOAD = 'config.reload_in_progress';

interface Tracker {
  readonly client: Client;
  readonly object: TreeObject;
  readonly recursive: boolean;
}

/** Tells clients what happens to the objects that they track, and to the keys of those. */
export class ObjectTrackers {
  private trackers: readonly Tracker[] = [];
  private stop: (() => void) | undefined;

  constructor(
    private readonly database: Database,
    private readonly map: KeyMap,
    private readonly tree: ObjectTree,
  ) {}

  of(client: Client): number {
    return this.trackers.filter((tracker) => tracker.client === client).length;
  }

  add(client: Client, object: TreeObject, recursive: boolean): void {
    this.trackers = [...this.trackers, { client, object, recursive }];
    this.stop ??= this.map.track('', true, (change) => this.changed(change));
  }

  remove(client: Client): void {
    this.trackers = this.trackers.filter((tracker) => tracker.client !== client);
    if (this.trackers.length > 0) return;
    this.stop?.();
    this.stop = undefined;
  }

  created(object: TreeObject): void {
    const parent = this.tree.parent(object);
    const event = { parent: parent.handle, object: object.handle, name: object.name };
    for (const { client } of this.concerned(parent))
      client.dispatch(ObjectsEvent.created, CreatedEvent, event);
  }

  destroyed(object: TreeObject): void {
    const parent = this.tree.parent(object);
    const event = { parent: parent.handle, name: object.name };
    for (const { client } of this.concerned(parent)) {
      client.dispatch(ObjectsEvent.destroyed, DestroyedEvent, event);
    }
  }

  private changed(change: DatabaseChange): void {
    const { object, name } = this.tree.owner(change.key);
    if (change.kind === 'add') {
      for (const fresh of this.line(object).reverse()) {
        if (this.tree.holdsOnly(fresh, change.key)) this.created(fresh);
      }
    }
    this.tell(change, object, name);
    if (change.kind === 'delete') {
      for (const gone of this.line(object)) {
        if (this.tree.exists(gone.path)) break;
        this.destroyed(gone);
        this.tree.forget(gone);
      }
    }
    if (change.key === RELOAD) this.reload(change);
  }

  private tell({ kind, value, old }: DatabaseChange, object: TreeObject, keyName: string): void {
    const stored = value ?? old;
    const event = {
      ...{ change: KeyChange[kind], type: stored?.type ?? 0 },
      parent: this.tree.parent(object).handle,
      object: object.handle,
      objectName: object.name,
      keyName,
      value: stored ? valueToBytes(stored) : new Uint8Array(0),
    };
    for (const { client } of this.concerned(object)) client.dispatch(ObjectsEvent.key, KeyEvent, event);
  }

  private reload({ value }: DatabaseChange): void {
    const failed = this.database.get('config.reload_status')?.value !== CsError.OK;
    const end = failed ? ReloadPhase.failed : ReloadPhase.end;
    const phase = value?.value === 1 ? ReloadPhase.start : end;
    for (const { client, object } of this.trackers) {
      if (object.handle === ROOT) client.dispatch(ObjectsEvent.reload, ReloadEvent, { phase });
    }
  }

  /** An object and those above it, without the root. */
  private line(object: TreeObject): TreeObject[] {
    return [object, ...this.tree.above(object)].filter(({ handle }) => handle !== ROOT);
  }

  /** Trackers of the object, and recursive ones of those above. */
  private concerned({ path }: TreeObject): Tracker[] {
    return this.trackers.filter(
      ({ object, recursive }) => object.path === path || (recursive && isBelow(object.path, path)),
    );
  }
}
