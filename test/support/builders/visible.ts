import type { Payment } from '../../../src/domain/payment/payment.ts';
import type { Session } from '../../../src/domain/session/session.ts';
import { stageView } from '../../../src/domain/session/stage-view.ts';
import { STAGE_NAMES } from '../../../src/domain/words.ts';

/** All that a session shows but versions, positions, times and the order of lists. */
export function visible(session: Session) {
  const {
    stages,
    accounts,
    transactionPages,
    version,
    position,
    createdAt,
    updatedAt,
    lastFactAt,
    ...shown
  } = session;
  return {
    ...shown,
    stages: STAGE_NAMES.map((name) => {
      const view = stageView(session, name);
      const { status, progress, attempt, observed, conflict, restartSuspected } = view;
      const runs = view.attempts.map(({ number, status, conflict }) => ({ number, status, conflict }));
      return {
        ...{ name, status, progress, attempt, observed, conflict, restartSuspected, runs },
        hasStarted: view.startedAt !== null,
        hasFinished: view.finishedAt !== null,
      };
    }),
    accounts: sorted(session.accounts),
    transactionPages: sorted(session.transactionPages.map(({ receivedAt, ...page }) => page)),
  };
}

/** The statuses each stage has seen in its shown attempt, in no order. */
export function factsOf(session: Session) {
  return STAGE_NAMES.map((name) => [...(session.stages[name].shown?.facts ?? [])].sort());
}

/** The same of a payment. */
export function visiblePayment(payment: Payment) {
  const { version, position, createdAt, updatedAt, terminalAt, facts, ...shown } = payment;
  return { ...shown, facts: [...facts].sort() };
}

/** In no order, neither of the list nor of the fields: a store gives back both as it likes. */
const sorted = (items: readonly object[]) => items.map((item) => JSON.stringify(item, fieldsInOrder)).sort();

const fieldsInOrder = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;
