import { csErrorName } from '../cs-error.js';
import { CoterieError } from '../errors.js';

const BRAND = Symbol.for('@coterie/sdk/ServiceError@1');

/** The daemon said no, to a connection or to a request: `csError` is the cs_error_t it gave. */
export class ServiceError extends CoterieError {
  readonly [BRAND] = true;

  constructor(
    code: 'COTERIE_E_CLIENT_REFUSED' | 'COTERIE_E_CLIENT_REQUEST',
    readonly csError: number,
    what: string,
  ) {
    super(code, `${what}: ${csErrorName(csError)}`);
  }

  /** True for a ServiceError of any copy of the SDK. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && BRAND in value;
  }
}
