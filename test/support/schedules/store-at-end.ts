import type { Tables } from '../stores/tables.ts';
import type { StoreAtEnd } from './history.ts';

/** What a history needs to know of a store's tables. */
export function storeAtEnd({ position, rows, sessions, payments }: Tables): StoreAtEnd {
  return {
    position,
    rows: rows.map(({ position, attempt, body }) => ({ position, attempt, mark: markIn(body) })),
    states: [
      ...[...sessions.values()].map(({ sessionId, userId, version, position, outcome, stage, status }) => ({
        ...{ of: 'session' as const, id: sessionId, person: userId, version, position },
        shown: `${outcome} ${stage} ${status}`,
      })),
      ...[...payments.values()].map(({ paymentId, user, version, position, status }) => ({
        ...{ of: 'payment' as const, id: paymentId, person: user.externalId ?? '', version, position },
        shown: status,
      })),
    ],
  };
}

function markIn(body: Uint8Array): number | null {
  const mark = /"mark":(\d+)/.exec(Buffer.from(body).toString('utf8'))?.[1];
  return mark === undefined ? null : Number(mark);
}
