import type { PaymentStatus, StageStatus } from './words.ts';

/** Initiated < InProgress < AuthenticationRequired < terminal: see docs/rules.md. */
const STAGE_RANK: Readonly<Record<StageStatus, number>> = {
  INITIATED: 0,
  IN_PROGRESS: 1,
  AUTHENTICATION_REQUIRED: 2,
  FINISHED: 3,
  FAILED: 3,
  AUTHORIZATION_FAILED: 3,
};

const PAYMENT_RANK: Readonly<Record<PaymentStatus, number>> = {
  CREATED: 0,
  IN_PROGRESS: 1,
  COMPLETED: 3,
  REJECTED: 3,
  NOT_SUPPORTED: 3,
  CANCELLED: 3,
  EXPIRED: 3,
};

const TERMINAL_RANK = 3;

type Status = StageStatus | PaymentStatus;

// The one word in both sets, IN_PROGRESS, has the same rank in both, so one table serves them. A Map, because V8 compiles
// a property by a name that it has seen for that name alone, and again when another comes.
const RANK: ReadonlyMap<string, number> = new Map(Object.entries({ ...STAGE_RANK, ...PAYMENT_RANK }));

/** The rank of a status; a status of a lower rank never replaces one of a higher rank. */
export function rank(status: Status): number {
  return RANK.get(status) ?? 0;
}

export function isTerminal(status: Status): boolean {
  return rank(status) === TERMINAL_RANK;
}

/** The different terminal statuses among the facts of one attempt, in the order first seen. */
export function terminalsOf<T extends Status>(facts: readonly T[]): readonly T[] {
  return facts.filter(isTerminal);
}

/**
 * The status that the facts of one attempt give: the one with the highest rank; of several terminal ones the last.
 * `facts` holds at least one.
 */
export function shownStatus<T extends Status>(facts: readonly T[]): T {
  let shown = facts[0];
  for (const fact of facts) if (shown === undefined || rank(fact) >= rank(shown)) shown = fact;
  if (shown === undefined) throw new Error('an attempt has at least one fact');
  return shown;
}

/**
 * Adds a status to a set of facts. A non-terminal status keeps the place where it was first seen; a terminal one goes to
 * the end, since the newest is shown. Returns the same array where nothing changes.
 * @param isOlder whether it is older than the terminal status that is shown: then it goes before that one
 */
export function withFact<T extends Status>(facts: readonly T[], fact: T, isOlder = false): readonly T[] {
  if (facts.at(-1) === fact) return facts;
  if (isOlder && isTerminal(fact)) {
    if (facts.includes(fact)) return facts;
    const place = facts.indexOf(shownStatus(facts));
    return [...facts.slice(0, place), fact, ...facts.slice(place)];
  }
  if (!facts.includes(fact)) return [...facts, fact];
  return isTerminal(fact) ? [...facts.filter((seen) => seen !== fact), fact] : facts;
}
