import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT, Workshop } from './workshop.js';

/** What a third party would have to change in an engine of this project to make it its own. */
export interface NewName {
  /** Of the npm package. */
  readonly packageName: string;
  /** Of plugin, service and capability. */
  readonly name: string;
  readonly service: number;
  /** Each stands in the sources once: what to write instead, by the text that is there. */
  readonly replaced: Readonly<Record<string, string>>;
}

interface EnginePackage {
  readonly coterie: { readonly name: string };
}

/**
 * An engine of this project as a package of somebody else: its sources under another name and service number, compiled
 * where nothing of Coterie can be imported but the SDK.
 */
export class Emigrant {
  /** Outside of everything that has more of Coterie installed. */
  readonly folder = mkdtempSync(join(tmpdir(), 'coterie-emigrant-'));

  /** @param home the folder of the engine, below packages/ */
  constructor(
    private readonly workshop: Workshop,
    home: string,
    private readonly newName: NewName,
  ) {
    const from = join(ROOT, 'packages', home);
    cpSync(join(from, 'src'), join(this.folder, 'src'), { recursive: true });
    this.rename();
    this.writePackage(JSON.parse(readFileSync(join(from, 'package.json'), 'utf8')) as EnginePackage);
    const { compilerOptions } = JSON.parse(readFileSync(join(ROOT, 'tsconfig.base.json'), 'utf8')) as {
      compilerOptions: object;
    };
    const own = { compilerOptions: { ...compilerOptions, rootDir: 'src', outDir: 'dist' }, include: ['src'] };
    writeFileSync(join(this.folder, 'tsconfig.json'), JSON.stringify(own));
    this.link('@coterie/sdk', join(ROOT, 'packages/sdk'));
    this.link('@types/node', join(ROOT, 'node_modules/@types/node'));
  }

  /** @throws Error with what the compiler says */
  build(): void {
    this.workshop.run(this.folder, 'tsc', '-p', '.');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private rename(): void {
    const sources = readdirSync(join(this.folder, 'src'), { recursive: true, encoding: 'utf8' });
    const texts = new Map(
      sources
        .filter((path) => path.endsWith('.ts'))
        .map((path) => [path, readFileSync(join(this.folder, 'src', path), 'utf8')]),
    );
    for (const [what, by] of Object.entries(this.newName.replaced)) {
      const found = [...texts].filter(([, text]) => text.includes(what));
      const [[path, text] = ['', '']] = found;
      if (found.length !== 1) throw new Error(`"${what}" stands in ${found.length} files`);
      texts.set(path, text.replace(what, by));
      writeFileSync(join(this.folder, 'src', path), text.replace(what, by));
    }
  }

  private writePackage({ coterie, ...rest }: EnginePackage): void {
    const { packageName, name, service } = this.newName;
    const manifest = {
      ...coterie,
      ...{ name, service: { number: service }, provides: [`${name}@1`], requires: [] },
    };
    const json = { ...rest, name: packageName, version: '1.0.0', coterie: manifest };
    writeFileSync(join(this.folder, 'package.json'), JSON.stringify(json));
  }

  private link(name: string, target: string): void {
    const path = join(this.folder, 'node_modules', name);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(target, path);
  }
}
