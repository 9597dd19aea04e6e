import { validateManifest, type Manifest } from '@coterie/sdk/manifest';
import semver from 'semver';
import { coreSchemas } from '../config/schema-sections.js';
import type { PluginProblem } from './plugin-package.js';

type Report = (code: PluginProblem['code'], message: string) => void;

/** Checks the `coterie` key of a package.json; undefined after reporting all that is wrong with it. */
export function readManifest(json: unknown, report: Report): Manifest | undefined {
  const { manifest: format, sdk } = isObject(json) ? json : {};
  if (format !== undefined && format !== 1) {
    report(
      'COTERIE_E_MANIFEST_VERSION',
      `coterie.manifest is ${JSON.stringify(format)}; this daemon reads manifests of version 1`,
    );
    return undefined;
  }
  if (typeof sdk === 'string' && !isBounded(sdk)) {
    report(
      'COTERIE_E_PLUGIN_SDK_RANGE',
      `coterie.sdk is "${sdk}", which is no range of versions with an upper end like "^1.2.0"; ` +
        'a plugin cannot know that it works with every SDK to come',
    );
    return undefined;
  }
  const result = validateManifest(json);
  if ('problems' in result) {
    for (const problem of result.problems) report('COTERIE_E_MANIFEST', problem);
    return undefined;
  }
  if (coreSchemas.has(result.manifest.name)) {
    report(
      'COTERIE_E_PLUGIN_NAME',
      `coterie.name is "${result.manifest.name}", the name of a section of the daemon itself`,
    );
    return undefined;
  }
  return result.manifest;
}

/** Does the range exclude some future version, in each of its alternatives? */
function isBounded(range: string): boolean {
  if (semver.validRange(range) === null) return false;
  return new semver.Range(range).set.every((comparators) =>
    comparators.some(
      ({ operator, value }) => operator === '<' || operator === '<=' || (operator === '' && value !== ''),
    ),
  );
}

function isObject(json: unknown): json is Record<string, unknown> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
