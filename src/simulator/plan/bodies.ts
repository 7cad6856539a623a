import type { PaymentStep, SessionStep } from '../scenario/scenario.ts';
import type { PaymentSubject, SessionSubject, Subject } from './subject.ts';

/**
 * The body of the callback of a step, as JSON, in the aggregator's four shapes (docs/callbacks.md). It says neither when
 * it was sent nor of which run it is: a duplicate and a restart are the same, byte for byte.
 */
export function bodyOf(subject: Subject, place: number): string {
  const step = subject.part.steps[place];
  if (step === undefined) throw new RangeError(`${subject.id} has no step ${place}`);
  return JSON.stringify({ ...fieldsOf(subject, place), ...step.fields });
}

function fieldsOf(subject: Subject, place: number): object {
  if (subject.kind === 'payment') {
    const step = subject.part.steps[place];
    return step === undefined ? {} : payment(subject, step);
  }
  const step = subject.part.steps[place];
  if (step === undefined) return {};
  return step.page === undefined ? status(subject, step) : page(subject, step, step.page);
}

function status(subject: SessionSubject, { stage, status, progress, accounts }: SessionStep): object {
  const { bank, id, externalId, userId, isSca } = subject;
  const named = subject.accounts.filter((_, place) => accounts === 'all' || accounts?.includes(place));
  return {
    bank: {
      id: bank.id,
      secondaryIdentifiers: bank.bic === undefined ? [] : [{ type: '1', value: bank.bic }],
    },
    bankId: bank.id,
    details:
      accounts === undefined
        ? null
        : {
            accounts: named.map(({ accountNumber, accountType, accountRelation, manualAccountRelation }) => ({
              accountNumber,
              accountType,
              accountRelation,
              manualAccountRelation,
            })),
          },
    isSca,
    ...(progress === undefined ? {} : { progress }),
    sessionExternalId: externalId,
    sessionId: id,
    stage,
    status,
    userId,
  };
}

function page(
  subject: SessionSubject,
  { stage, status }: SessionStep,
  { account, transactionStatus = 'Booked', transactionsCount }: NonNullable<SessionStep['page']>,
): object {
  const found = subject.accounts[account];
  if (found === undefined) throw new RangeError(`${subject.id} has no account ${account}`);
  return {
    accountId: found.accountId,
    bankId: subject.bank.id,
    earliestAccountDate: '2019-02-26T00:00:00.000Z',
    earliestEffectiveDate: '2019-02-26T00:00:00.000Z',
    isSca: subject.isSca,
    latestAccountingDate: '2019-03-20T00:00:00.000Z',
    latestEffectiveDate: '2019-03-20T00:00:00.000Z',
    sessionExternalId: subject.externalId,
    sessionId: subject.id,
    stage,
    status,
    transactionsCount: transactionsCount ?? found.transactionsCount,
    transactionStatus,
    userId: subject.userId,
  };
}

function payment({ bank, id, externalId, userId }: PaymentSubject, { status }: PaymentStep): object {
  return {
    bank: {
      id: bank.id,
      secondaryIdentifiers: bank.bic === undefined ? {} : { swiftBicCode: bank.bic },
    },
    paymentExternalId: externalId,
    paymentId: id,
    paymentStatus: status,
    user: { externalId: userId, secondaryIdentifiers: {} },
  };
}
