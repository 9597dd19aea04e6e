import { Ajv2020 } from 'ajv/dist/2020.js';
import { type Field, Fault, bytesOf, field } from './field.js';

/**
 * JSON text (UTF-8) that fits a JSON Schema (draft 2020-12), for engines whose clients are not written in C. It
 * takes all bytes that are left. The schema is compiled here, once.
 *
 * @throws Error at definition, for a schema that is none. Encoding throws a TypeError for what JSON cannot hold.
 */
export function json<T>(schema: object): Field<T> {
  const ajv = new Ajv2020();
  const validate = ajv.compile<T>(schema);
  return field<T>({
    align: 1,
    least: 0,
    extent: 'rest',
    size: (value) => Buffer.byteLength(text(value)),
    encode(value, into, offset) {
      const encoded = Buffer.from(text(value));
      bytesOf(into).set(encoded, offset);
      return offset + encoded.length;
    },
    read(from, at, end) {
      try {
        const bytes = new Uint8Array(from.buffer, from.byteOffset + at, end - at);
        const value: unknown = JSON.parse(utf8.decode(bytes));
        return validate(value)
          ? (value as T)
          : new Fault(ajv.errorsText(validate.errors, { dataVar: 'value' }));
      } catch (error) {
        return new Fault(`not JSON: ${(error as Error).message}`);
      }
    },
  });
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function text(value: unknown): string {
  const encoded = JSON.stringify(value) as string | undefined;
  if (encoded === undefined) throw new TypeError('JSON cannot hold this value');
  return encoded;
}
