import type { Headers } from '../client.ts';
import { bearer, OPERATOR } from '../production.ts';

/** What a person, or an operator, sends to be known. */
export const headersOf = (person: string | null): Promise<Headers> =>
  bearer(person === null ? OPERATOR : { sub: person, payer: person });
