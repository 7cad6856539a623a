import type { Profile } from './profile.ts';
import type { Report } from './report.ts';
import { WIRE_STAGES, WIRE_STATUSES } from './words.ts';

const encoder = new TextEncoder();

/**
 * The body of the callback that reports this, as JSON in UTF-8. It says neither when it was sent nor of which run it
 * is: what is reported twice, by a duplicate or by a restart, is the same byte for byte.
 */
export function bodyOf(profile: Profile, report: Report): Uint8Array {
  return encoder.encode(
    JSON.stringify(report.content.kind === 'page' ? page(profile, report) : status(profile, report)),
  );
}

function status(profile: Profile, report: Report): object {
  return {
    bank: { id: profile.bankId, secondaryIdentifiers: [{ type: '1', value: profile.bic }] },
    bankId: profile.bankId,
    details:
      report.content.kind === 'accounts' ? { accounts: accounts(profile, report.content.accounts) } : null,
    isSca: profile.isSca,
    ...(report.progress === null ? {} : { progress: report.progress }),
    sessionExternalId: profile.sessionExternalId,
    sessionId: profile.sessionId,
    stage: WIRE_STAGES[report.stage],
    status: WIRE_STATUSES[report.status],
    userId: profile.userId,
  };
}

function accounts(profile: Profile, indexes: readonly number[]): readonly object[] {
  return profile.accounts
    .filter((account) => indexes.includes(account.index))
    .map((account) => ({
      accountNumber: account.accountNumber,
      accountType: 'CurrentAccount',
      accountRelation: [],
      manualAccountRelation: 'Owner',
    }));
}

function page(profile: Profile, report: Report): object {
  const { content } = report;
  if (content.kind !== 'page') throw new TypeError('not a page');
  const account = profile.accounts[content.account];
  const first = account?.pages.find((found) => found.transactionStatus === content.transactionStatus);
  if (!account || !first) throw new RangeError(`no such page: account ${content.account}`);
  return {
    accountId: account.accountId,
    bankId: profile.bankId,
    earliestAccountDate: '2019-02-26T00:00:00.000Z',
    earliestEffectiveDate: '2019-02-26T00:00:00.000Z',
    isSca: profile.isSca,
    latestAccountingDate: '2019-03-20T00:00:00.000Z',
    latestEffectiveDate: '2019-03-20T00:00:00.000Z',
    sessionExternalId: profile.sessionExternalId,
    sessionId: profile.sessionId,
    stage: WIRE_STAGES[report.stage],
    status: WIRE_STATUSES[report.status],
    transactionsCount: first.count,
    transactionStatus: first.transactionStatus,
    userId: profile.userId,
  };
}
