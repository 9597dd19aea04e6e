import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as sdk from '@coterie/sdk';
import * as client from '@coterie/sdk/client';

type Sdk = typeof sdk;
type Client = typeof client;

const own = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** Where a dependency of the SDK is installed. */
async function installed(name: string): Promise<string> {
  let folder = dirname(createRequire(import.meta.url).resolve(name));
  for (;;) {
    const manifest = await readFile(join(folder, 'package.json'), 'utf8').catch(() => '{}');
    if ((JSON.parse(manifest) as { name?: string }).name === name) return folder;
    folder = dirname(folder);
  }
}

/** A copy with a reflect-metadata of its own: what npm leaves in a plugin's node_modules. */
async function copy(into: string): Promise<string> {
  const folder = join(into, 'node_modules', '@coterie', 'sdk');
  await cp(join(own, 'dist'), join(folder, 'dist'), { recursive: true });
  await cp(join(own, 'package.json'), join(folder, 'package.json'));
  await mkdir(join(into, 'node_modules', 'reflect-metadata'), { recursive: true });
  await cp(await installed('reflect-metadata'), join(into, 'node_modules', 'reflect-metadata'), {
    recursive: true,
  });
  await symlink(await installed('ajv'), join(into, 'node_modules', 'ajv'));
  return folder;
}

describe('a second copy of the SDK', () => {
  let folder: string;
  let other: Sdk;
  let otherClient: Client;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coterie-two-copies-'));
    const sdkFolder = await copy(folder);
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    other = (await import(pathToFileURL(join(sdkFolder, 'dist', 'index.js')).href)) as Sdk;
    otherClient = (await import(pathToFileURL(join(sdkFolder, 'dist', 'client', 'index.js')).href)) as Client;
  });

  after(() => rm(folder, { recursive: true }));

  it('is another copy', () => {
    assert.notEqual(other.CoterieError, sdk.CoterieError);
    assert.notEqual(other.struct, sdk.struct);
  });

  it('has the same tokens', () => {
    const tokens = Object.entries(sdk).filter(([, value]) => typeof value === 'symbol');
    assert(tokens.length >= 10, 'Cluster, Clients, Config, ...');
    for (const [name, token] of tokens) assert.equal(other[name as keyof Sdk], token, name);
    assert.equal(other.token('anything'), sdk.token('anything'));
  });

  it('defines an engine that this copy understands', () => {
    const Amount = other.struct({ amount: other.u32 });

    @other.ServiceEngine({ name: 'counter', service: 1027 })
    class Counter {
      constructor(
        @other.inject(other.Cluster) readonly cluster: sdk.Cluster,
        @other.inject(other.Nodelist, { optional: true }) readonly nodelist: sdk.Nodelist | undefined,
      ) {}

      @other.Request(4, Amount, { flowControl: true })
      add(_: sdk.Infer<typeof Amount>): void {}

      @other.Delivery(5, Amount)
      added(_: sdk.Infer<typeof Amount>): void {}
    }

    const { engines } = other.definePlugin({ engines: [Counter] });
    assert.equal(engines[0], Counter);
    assert.deepEqual(sdk.engineIdentity(Counter), { name: 'counter', service: 1027 });
    assert.deepEqual(sdk.requestHandlers(Counter), [
      { id: 4, codec: Amount, method: 'add', flowControl: true, oneWay: false },
    ]);
    assert.deepEqual(sdk.deliveryHandlers(Counter), [{ fn: 5, codec: Amount, method: 'added' }]);
    assert.deepEqual(sdk.injectedParameters(Counter), [
      { token: sdk.Cluster, optional: false },
      { token: sdk.Nodelist, optional: true },
    ]);
  });

  it('has codecs that nest in those of this copy', () => {
    const Outer = sdk.struct({ inner: other.struct({ text: other.cstring(4) }) });
    const view = new DataView(new ArrayBuffer(4));
    assert.equal(Outer.encode({ inner: { text: 'abc' } }, view, 0), 4);
    assert.deepEqual(Outer.decode(view, 0, 4), { ok: true, value: { inner: { text: 'abc' } } });
    view.setUint8(3, 0x64);
    assert.deepEqual(Outer.decode(view, 0, 4), { ok: false, reason: 'inner.text: no NUL within 4 bytes' });
  });

  it('throws errors that this copy knows', () => {
    const error = new other.CoterieError('COTERIE_E_CLIENT_LOST', 'gone');
    assert(error instanceof sdk.CoterieError);
    assert(!(error instanceof client.ServiceError));
    const no = new otherClient.ServiceError('COTERIE_E_CLIENT_REQUEST', sdk.CsError.TRY_AGAIN, 'request 0');
    assert(no instanceof client.ServiceError && no instanceof sdk.CoterieError);
    assert(!((new Error('x') as unknown) instanceof sdk.CoterieError));
  });
});
