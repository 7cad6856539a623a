import type { SessionCallback } from '../../src/domain/journal/callback.ts';

/** Banks and users that the stored sessions belong to, in turn: see test/support/builders/fill-store.ts. */
export const BANKS = 50;
const USERS = 1_000;

/** Ids of the n-th stored session, from 1. */
export function storedSession(n: number) {
  const sessionId = `o${String(n).padStart(6, '0')}`;
  return { sessionId, userId: `u${n % USERS}`, bankId: `b${n % BANKS}` };
}

const accountOf = (accountNumber: string) => ({
  accountNumber,
  accountType: 'CurrentAccount',
  accountRelation: [],
  manualAccountRelation: null,
});

/** What each stored session holds beside its ids. */
export const STORED: Partial<SessionCallback> = {
  kind: 'ACCOUNTS',
  stage: 'ACCOUNTS',
  status: 'FINISHED',
  accounts: [accountOf('PL61109010140000071219812874'), accountOf('PL27114020040000300201355387')],
};
