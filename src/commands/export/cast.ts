import type { ReportedAccount, SessionCallback } from '../../domain/journal/callback.ts';
import type { SessionPart, SessionStep } from '../../simulator/scenario/scenario.ts';

type ScenarioAccount = NonNullable<SessionPart['accounts']>[number];

/** What the steps of a scenario name by its place. */
export interface Cast {
  readonly accounts: ScenarioAccount[];
  /** The places of the accounts that a callback lists. */
  placesOf(callback: SessionCallback): readonly number[];
  /** The page of a callback, if it is one. */
  pageOf(callback: SessionCallback): SessionStep['page'];
}

const KNOWN_TYPE = /^(?:current|savings|payment|card|loan)account$/i;
const KNOWN_STATUS = /^(?:booked|pending)$/i;

/**
 * The accounts of a session. Those with one number, whatever its spaces and letter case, are one, unless their types
 * differ. Pages name accounts by another id: each new one is the next account.
 *
 * Masked, nothing stands in it that the bank or the aggregator wrote freely: numbers are drawn by the simulator,
 * relations are left out, and types and statuses that are not well known are numbered.
 */
export function createCast(callbacks: readonly SessionCallback[], isMasked: boolean): Cast {
  const known: { readonly number: string; readonly type: string | null }[] = [];
  const accounts: ScenarioAccount[] = [];
  const pages: string[] = [];
  const types = createNames('Type', KNOWN_TYPE);
  const statuses = createNames('Status', KNOWN_STATUS);

  const placeOf = ({ accountNumber, accountType: type }: ReportedAccount): number => {
    const number = bare(accountNumber);
    const isSame = (one: (typeof known)[number]) =>
      one.number === number && (one.type === type || one.type === null || type === null);
    return known.findIndex(isSame);
  };
  for (const account of callbacks.flatMap((callback) => callback.accounts)) {
    if (placeOf(account) >= 0) continue;
    const { accountNumber, accountType, accountRelation, manualAccountRelation } = account;
    known.push({ number: bare(accountNumber), type: accountType });
    accounts.push({
      ...(accountType === null ? {} : { accountType: isMasked ? types(accountType) : accountType }),
      ...(isMasked ? {} : { accountNumber, accountRelation: [...accountRelation] }),
      ...(isMasked || manualAccountRelation === null ? {} : { manualAccountRelation }),
    });
  }
  for (const { page } of callbacks) {
    if (page === null || pages.includes(page.accountId)) continue;
    pages.push(page.accountId);
    if (accounts.length < pages.length) accounts.push({});
  }

  return {
    accounts,
    placesOf: (callback) => [...new Set(callback.accounts.map(placeOf))],
    pageOf({ page }) {
      if (page === null) return undefined;
      const { accountId, transactionStatus, transactionsCount } = page;
      return {
        account: pages.indexOf(accountId),
        transactionStatus: isMasked ? statuses(transactionStatus) : transactionStatus,
        transactionsCount,
      };
    },
  };
}

function bare(accountNumber: string): string {
  return accountNumber.replace(/\s/g, '').toLowerCase();
}

/** Names for words: the same word has the same name, and one that is well known keeps its own. */
function createNames(prefix: string, wellKnown: RegExp): (word: string) => string {
  const names = new Map<string, string>();
  return (word) => {
    const name = names.get(word) ?? (wellKnown.test(word) ? word : `${prefix}${names.size + 1}`);
    names.set(word, name);
    return name;
  };
}
