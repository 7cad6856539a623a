import type { Headers } from '../clients/client.ts';
import { bearer, OPERATOR } from '../gateways/production.ts';

/** What a person, or an operator, sends to be known. */
export const headersOf = (person: string | null): Promise<Headers> =>
  bearer(person === null ? OPERATOR : { sub: person, payer: person });
