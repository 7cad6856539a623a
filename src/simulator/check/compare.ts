import type { Subject } from '../plan/subject.ts';
import type { PaymentExpectation, SessionExpectation } from '../scenario/scenario.ts';
import type { Shown, ShownPayment, ShownSession } from './read-states.ts';

/** A field that is not as expected. */
export interface Difference {
  readonly field: string;
  readonly expected: unknown;
  readonly found: unknown;
}

/** What of a subject is not as its scenario expects. What the scenario does not name is not compared. */
export function compare(subject: Subject, shown: Shown | undefined): readonly Difference[] {
  const fields =
    subject.kind === 'session'
      ? sessionFields(subject.part.expect, shown?.kind === 'session' ? shown.session : null)
      : paymentFields(subject.part.expect, shown?.kind === 'payment' ? shown.payment : null);
  return fields.filter(({ expected, found }) => expected !== undefined && expected !== found);
}

function sessionFields(expect: SessionExpectation, shown: ShownSession | null): readonly Difference[] {
  const statusOf = (name: string) => shown?.stages.find((stage) => stage.name === name)?.status ?? null;
  const failedStage = shown?.failedStage?.name ?? null;
  return [
    { field: 'outcome', expected: expect.outcome, found: shown?.outcome ?? null },
    { field: 'nextAction', expected: expect.nextAction, found: shown?.nextAction ?? null },
    { field: 'stage.name', expected: expect.stage, found: shown?.stage.name ?? null },
    { field: 'stage.status', expected: expect.status, found: shown?.stage.status ?? null },
    { field: 'failedStage', expected: expect.failedStage, found: failedStage },
    ...Object.entries(expect.stages ?? {}).map(([name, expected]) => ({
      ...{ field: `stages.${name}.status`, expected, found: statusOf(name) },
    })),
    { field: 'accounts', expected: expect.accounts, found: shown?.accounts.length ?? null },
    { field: 'pages', expected: expect.pages, found: shown?.transactionPages.length ?? null },
    { field: 'conflict', expected: expect.conflict, found: shown?.conflict ?? null },
  ];
}

function paymentFields(expect: PaymentExpectation, shown: ShownPayment | null): readonly Difference[] {
  return [
    { field: 'status', expected: expect.status, found: shown?.status ?? null },
    { field: 'isFinal', expected: expect.isFinal, found: shown?.isFinal ?? null },
    { field: 'conflict', expected: expect.conflict, found: shown?.conflict ?? null },
  ];
}
