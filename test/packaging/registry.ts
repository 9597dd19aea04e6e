import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What npm sends to publish a version, and what it gets for a package. */
interface Packument {
  readonly name: string;
  readonly versions: Record<string, { dist: { tarball: string; integrity?: string } }>;
  readonly 'dist-tags': Record<string, string>;
  readonly _attachments?: Record<string, { data: string }>;
}

/**
 * An npm registry on this machine: it has what is published to it, and sends npm elsewhere for all other packages.
 * verdaccio, which does the same, no longer runs on Node 20.
 */
export class LocalRegistry {
  private readonly packages = new Map<string, Packument>();
  private readonly tarballs = new Map<string, Buffer>();
  private readonly server: Server;

  /** @param elsewhere the registry with the other packages */
  constructor(private readonly elsewhere: string) {
    this.server = createServer((request, response) => {
      this.answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
    });
  }

  get published(): readonly string[] {
    return [...this.packages.keys()].sort();
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  async start(): Promise<this> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(new URL(request.url!, this.url).pathname.slice(1));
    const tarball = this.tarballs.get(path);
    const packument = this.packages.get(path);
    if (request.method === 'PUT') this.publish(path, JSON.parse(await body(request)) as Packument);
    if (request.method === 'PUT') response.writeHead(201).end('{}');
    else if (tarball !== undefined) response.end(tarball);
    else if (packument !== undefined) response.end(JSON.stringify(packument));
    // Of ours nobody else is to be asked: what was not published is not there.
    else if (/^(@coterie\/|@acme\/|create-coterie$)/.test(path)) response.writeHead(404).end('{}');
    else response.writeHead(302, { location: new URL(request.url!.slice(1), this.elsewhere).href }).end();
  }

  private publish(name: string, { versions, 'dist-tags': tags, _attachments = {} }: Packument): void {
    const before = this.packages.get(name);
    for (const [version, about] of Object.entries(versions)) {
      const [attachment] = Object.values(_attachments);
      const bytes = Buffer.from(attachment!.data, 'base64');
      const path = `${name}/-/${version}.tgz`;
      this.tarballs.set(path, bytes);
      const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
      about.dist = { ...about.dist, tarball: this.url + path, integrity };
    }
    this.packages.set(name, {
      name,
      versions: { ...before?.versions, ...versions },
      'dist-tags': { ...before?.['dist-tags'], ...tags },
    });
  }
}

async function body(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
