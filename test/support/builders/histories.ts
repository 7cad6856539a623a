import fc from 'fast-check';
import type { Json } from '../../../src/domain/journal/callback.ts';

/** A callback's body as the aggregator writes it. */
export type Wire = { readonly [field: string]: Json };

/** What one session's callbacks were, in the order in which they happened. */
export interface History {
  readonly callbacks: readonly Wire[];
  /** Of these only the status is news, and it is no terminal: without them the state comes to the same. */
  readonly droppable: ReadonlySet<Wire>;
}

const STAGES = [
  'Authentication',
  'Accounts',
  'AccountBalances',
  'Transactions',
  'TransactionDetails',
] as const;
const NON_TERMINALS = ['Initiated', 'InProgress', 'AuthenticationRequired'] as const;
const TERMINALS = ['Finished', 'Failed', 'AuthorizationFailed'] as const;

const isTerminal = (status: Json | undefined): boolean => TERMINALS.some((terminal) => terminal === status);

/** Accounts are distinguished by number and type, so that two that share a number stay two. */
const ACCOUNTS = [
  { accountNumber: 'BE2345', accountType: 'CurrentAccount' },
  { accountNumber: 'BE2345', accountType: 'SavingsAccount' },
  { accountNumber: '00-77 a', accountType: 'CurrentAccount' },
  // The same account; of two with one number, which it is would depend on the order.
  { accountNumber: '00-77 a', accountType: null },
] as const;
const RELATION = ['Owner', { share: 1 }];

const day = fc.integer({ min: 0, max: 400 }).map((n) => new Date(Date.UTC(2019, 0, 1 + n)).toISOString());
const dates = fc.record({
  earliestAccountDate: fc.option(day),
  latestAccountingDate: fc.option(day),
  earliestEffectiveDate: fc.option(day),
  latestEffectiveDate: fc.option(day),
});

/** Values given in one callback and null in another do not contradict each other; two different ones would. */
const account = fc
  .tuple(fc.constantFrom(...ACCOUNTS), fc.boolean(), fc.boolean())
  .map(([identity, related, manual]) => ({
    ...identity,
    accountRelation: related ? RELATION : [],
    manualAccountRelation: manual ? `manual of ${identity.accountNumber}` : null,
  }));

const page = fc
  .record({
    accountId: fc.constantFrom('account-1', 'account-2', 'account-3'),
    transactionStatus: fc.constantFrom('Booked', 'Pending'),
    transactionsCount: fc.nat(200),
    dates,
  })
  .map(({ dates: of, ...rest }) => ({ ...rest, ...of }));

const ratio = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.nat(4))
  .map(([total, done]) => `${Math.min(done, total)}/${total}`);

/** What a status callback carries with its status. */
const details = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Wire>({}) },
  { weight: 1, arbitrary: ratio.map((progress): Wire => ({ progress })) },
  {
    weight: 1,
    arbitrary: fc.array(account, { maxLength: 4 }).map((accounts): Wire => ({ details: { accounts } })),
  },
);

/** One report of a stage; the unit that its progress has is the stage's own, since two would contradict each other. */
const report = <Status extends string>(...statuses: readonly Status[]) =>
  fc.record({ status: fc.constantFrom(...statuses), ids: fc.boolean(), carried: details });

const stageReports = (stage: (typeof STAGES)[number]) =>
  fc.record({
    reports: fc.uniqueArray(report(...NON_TERMINALS), { selector: ({ status }) => status, maxLength: 3 }),
    more: fc.array(report('InProgress'), { maxLength: 1 }),
    pages: fc.array(page, { maxLength: stage === 'Transactions' ? 3 : 0 }),
    terminal: fc.option(report(...TERMINALS)),
    unit: fc.constantFrom(null, 'accounts', 'transactions'),
  });

/**
 * Single-attempt histories: of each stage at most one terminal, no two values that contradict each other, one
 * Authentication/Initiated at most. They hold accounts, first pages and reported progress.
 */
export const history: fc.Arbitrary<History> = fc
  .tuple(
    fc.record({ sessionId: fc.constant('session-1'), userId: fc.constant('user-anna'), isSca: fc.boolean() }),
    fc.tuple(...STAGES.map((stage) => fc.option(stageReports(stage), { freq: 3 }))),
  )
  .map(([{ isSca, ...constants }, stages]) => {
    const callbacks: Wire[] = [];
    stages.forEach((reported, index) => {
      if (reported === null) return;
      const base = { ...constants, bankId: 'bank-75', stage: STAGES[index] ?? '' };
      const { reports, more, pages, terminal, unit } = reported;
      for (const { status, ids, carried } of [
        ...reports,
        ...more,
        ...(terminal === null ? [] : [terminal]),
      ]) {
        const known = { sessionExternalId: ids ? 'external-1' : null, isSca: ids ? isSca : null };
        callbacks.push({ ...base, ...known, status, ...inUnit(carried, unit) });
      }
      for (const first of pages) callbacks.push({ ...base, status: 'InProgress', ...first });
    });
    return toHistory(callbacks);
  })
  .filter(({ callbacks }) => callbacks.length > 0);

function inUnit(carried: Wire, unit: 'accounts' | 'transactions' | null): Wire {
  const { progress } = carried;
  return progress === undefined || unit === null ? carried : { details: { [unit]: progress } };
}

function toHistory(callbacks: readonly Wire[]): History {
  const ended = new Set(callbacks.filter(({ status }) => isTerminal(status)).map(({ stage }) => stage));
  const fields = ['progress', 'details', 'accountId', 'sessionExternalId', 'isSca'];
  const isBare = (wire: Wire) => fields.every((field) => wire[field] === undefined || wire[field] === null);
  const droppable = callbacks.filter(
    (wire) => !isTerminal(wire.status) && ended.has(wire.stage ?? null) && isBare(wire),
  );
  return { callbacks, droppable: new Set(droppable) };
}

/** What may become of a history on its way: any order, each callback up to three times, non-terminals lost. */
export function disordered({ callbacks, droppable }: History): fc.Arbitrary<readonly Wire[]> {
  return fc
    .tuple(
      fc.shuffledSubarray([...callbacks, ...callbacks, ...callbacks], { minLength: callbacks.length * 3 }),
      fc.subarray([...droppable]),
    )
    .map(([sent, dropped]) => {
      const lost = new Set(dropped);
      return withoutReauthentication(sent.filter((wire) => !lost.has(wire)));
    });
}

/**
 * What would make a second run of it: after a sign-in that failed or was rejected a repeated Authentication/Initiated
 * is a person who signs in once more, and a first Authentication after a bad end starts the road again. So they come
 * before.
 */
export function withoutReauthentication(sent: readonly Wire[]): readonly Wire[] {
  const endsBadly = ({ status }: Wire) => status !== undefined && BAD_ENDS.includes(String(status));
  const isShort = ({ progress, details }: Wire) => JSON.stringify([progress, details]).includes('/');
  if (!sent.some((wire) => endsBadly(wire) || isShort(wire))) return sent;
  const isSignIn = ({ stage }: Wire) => stage === 'Authentication';
  const isStart = (wire: Wire) => isSignIn(wire) && wire.status === 'Initiated';
  const starts = sent.filter(isStart);
  if (starts.length > 0) return [...starts, ...sent.filter((wire) => !isStart(wire))];
  const first = sent.find(isSignIn);
  return first === undefined ? sent : [first, ...sent.filter((wire) => wire !== first || !isSignIn(wire))];
}

const BAD_ENDS = ['Failed', 'AuthorizationFailed', 'AuthenticationRequired'];

/** Every order of a list. */
export function* permutations<T>(items: readonly T[]): Generator<readonly T[]> {
  if (items.length <= 1) {
    yield items;
    return;
  }
  for (const [index, item] of items.entries()) {
    for (const rest of permutations([...items.slice(0, index), ...items.slice(index + 1)]))
      yield [item, ...rest];
  }
}
