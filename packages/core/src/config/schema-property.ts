import type { SectionSchema } from './configuration.js';

/** The schema of an object's property; `{}` if it says nothing about it. `root`: what references start from. */
export function propertySchema(root: SectionSchema, schema: SectionSchema, key: string): SectionSchema {
  const properties = schema.properties;
  if (isObject(properties) && Object.hasOwn(properties, key)) return resolved(root, properties[key]);
  return resolved(root, schema.additionalProperties);
}

/** The schema of an array's elements. */
export function itemSchema(root: SectionSchema, schema: SectionSchema): SectionSchema {
  return resolved(root, schema.items);
}

/** Follows references within the schema (`#/$defs/...`), as far as they lead. */
function resolved(root: SectionSchema, schema: unknown): SectionSchema {
  let here = schema;
  for (let hops = 0; hops < 16 && isObject(here) && typeof here.$ref === 'string'; hops++) {
    if (!here.$ref.startsWith('#/')) return {};
    let target: unknown = root;
    for (const part of here.$ref.slice(2).split('/')) target = isObject(target) ? target[part] : undefined;
    here = target;
  }
  return isObject(here) ? here : {};
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
