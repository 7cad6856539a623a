import { describe, expect, it } from 'vitest';
import { createSessions } from './session.ts';

const SESSION = ['sessionExternalId', 'sessionId', 'stage', 'status', 'userId'];
const STATUS = ['bank', 'bankId', 'details', 'isSca', ...SESSION];
const PAGE = [
  ...['accountId', 'bankId', 'earliestAccountDate', 'earliestEffectiveDate', 'isSca', 'latestAccountingDate'],
  ...['latestEffectiveDate', ...SESSION, 'transactionStatus', 'transactionsCount'],
];
const ACCOUNT = ['accountNumber', 'accountRelation', 'accountType', 'manualAccountRelation'];
const STAGE_WORDS = ['Authentication', 'Accounts', 'Transactions', 'TransactionDetails'];
const STATUS_WORDS = ['Initiated', 'InProgress', 'Finished', 'Failed', 'AuthorizationFailed'];

const decoder = new TextDecoder('utf-8', { fatal: true });

function read(body: Uint8Array): Record<string, unknown> {
  return JSON.parse(decoder.decode(body));
}

function keys(value: unknown): readonly string[] {
  return Object.keys(Object(value)).sort();
}

/** Which of the aggregator's shapes a body has, if it has one exactly. */
function shapeOf(callback: Record<string, unknown>): 'status' | 'accounts' | 'page' {
  const fields = keys(callback).filter((key) => key !== 'progress');
  expect(STAGE_WORDS).toContain(callback.stage);
  expect(STATUS_WORDS).toContain(callback.status);
  if (!('details' in callback)) {
    expect(fields).toEqual([...PAGE].sort());
    expect([callback.stage, callback.status]).toEqual(['Transactions', 'InProgress']);
    expect(callback.transactionsCount).toBeGreaterThan(0);
    return 'page';
  }
  expect(fields).toEqual([...STATUS].sort());
  if ('progress' in callback) expect(callback.progress).toMatch(/^[0-4]\/[1-4]$/);
  expect(keys(callback.bank)).toEqual(['id', 'secondaryIdentifiers']);
  if (callback.details === null) return 'status';
  expect(keys(callback.details)).toEqual(['accounts']);
  const accounts: unknown = Object(callback.details).accounts;
  if (!Array.isArray(accounts)) throw new TypeError('accounts is no list');
  expect(accounts.length).toBeGreaterThan(0);
  for (const account of accounts) expect(keys(account)).toEqual(ACCOUNT);
  return 'accounts';
}

describe('the bodies', () => {
  it.each([[false], [true]])('are JSON of one of the shapes (reported progress: %s)', (reportedProgress) => {
    const found = { status: 0, accounts: 0, page: 0 };
    for (const session of createSessions(3, 150, { reportedProgress })) {
      for (const { report } of session.sendings) {
        const callback = read(session.bodyOf(report));
        expect(callback.sessionId).toBe(session.sessionId);
        found[shapeOf(callback)] += 1;
      }
    }
    expect(Math.min(found.status, found.accounts, found.page)).toBeGreaterThan(100);
  });

  it('of a restart are those of the first run, byte for byte', () => {
    const succeeded = createSessions(3, 2_000).filter(({ truths }) =>
      truths.every(({ outcome, stage }) => outcome === 'SUCCEEDED' && stage === 'TRANSACTIONS'),
    );
    const restarted = succeeded.filter(({ runs }) => runs.length === 2);
    expect(restarted.length).toBeGreaterThan(20);
    for (const session of restarted) {
      const [first = [], second = []] = session.runs.map((run) =>
        run.reports
          .filter((report) => report.stage !== 'AUTHENTICATION')
          .map((report) => decoder.decode(session.bodyOf(report))),
      );
      expect(second).toEqual(first);
    }
  });
});
