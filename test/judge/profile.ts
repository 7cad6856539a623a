import type { SimulationOptions } from './options.ts';
import type { Random } from './random.ts';

export interface AccountProfile {
  /** Its place in the session, from 0. */
  readonly index: number;
  readonly accountId: string;
  readonly accountNumber: string;
  /** The first transactions pages that are reported of it: none where it has no transaction. */
  readonly pages: readonly { readonly transactionStatus: 'Booked' | 'Pending'; readonly count: number }[];
}

/** Everything of a session that is the same in each of its runs, so that a restart repeats the same bytes. */
export interface Profile {
  readonly sessionId: string;
  readonly sessionExternalId: string;
  readonly userId: string;
  readonly bankId: string;
  readonly bic: string;
  readonly isSca: boolean | string | number;
  readonly accounts: readonly AccountProfile[];
  /** Whether its consent still holds, so that the first run begins at Accounts. */
  readonly isRefresh: boolean;
  readonly accountsUnderTransactions: boolean;
  /** Whether the bank reports "3/3" also when a stage ends, where it reports progress at all. */
  readonly progressAtTheEnd: boolean;
}

const BANKS = [
  { bankId: '75', bic: 'BPKOPLPW' },
  { bankId: '12', bic: 'KREDBEBB' },
  { bankId: '31', bic: 'GEBABEBB' },
  { bankId: '8', bic: 'ABNANL2A' },
] as const;

/** Draws what a session is: who, which bank, which accounts. Its id says the seed and its number. */
export function createProfile(
  random: Random,
  options: SimulationOptions,
  seed: number,
  number: number,
): Profile {
  const name = `${seed}-${String(number).padStart(6, '0')}`;
  const { bankId, bic } = random.pick(BANKS);
  const accounts: AccountProfile[] = [];
  const total = random.integer(...options.accounts);
  for (let index = 0; index < total; index += 1) {
    const booked = { transactionStatus: 'Booked', count: random.integer(1, 200) } as const;
    const pending = { transactionStatus: 'Pending', count: random.integer(1, 9) } as const;
    const hasPending = random.chance(options.pendingPages);
    const isEmpty = random.chance(options.emptyAccounts);
    accounts.push({
      index,
      accountId: `account-${name}-${index}`,
      accountNumber: `BE${random.integer(10_000_000, 99_999_999)}${random.integer(100_000, 999_999)}`,
      pages: isEmpty ? [] : hasPending ? [booked, pending] : [booked],
    });
  }
  return {
    sessionId: `session-${name}`,
    sessionExternalId: `external-${name}`,
    userId: `user-${name}`,
    bankId,
    bic,
    isSca: random.pick([true, 'true', 1, false]),
    accounts,
    isRefresh: random.chance(options.refreshes),
    accountsUnderTransactions: random.chance(options.accountsUnderTransactions),
    progressAtTheEnd: random.chance(0.5),
  };
}
