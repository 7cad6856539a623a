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

// The one word in both sets, IN_PROGRESS, has the same rank in both, so one table serves them.
const RANK: Readonly<Record<Status, number>> = { ...STAGE_RANK, ...PAYMENT_RANK };

/** How far a status is; a status of a lower rank never takes back one of a higher. */
export function rank(status: Status): number {
  return RANK[status];
}

export function isTerminal(status: Status): boolean {
  return rank(status) === TERMINAL_RANK;
}

/** The different terminals among the facts of one attempt, in the order first seen. */
export function terminalsOf<T extends Status>(facts: readonly T[]): readonly T[] {
  return facts.filter(isTerminal);
}

/**
 * The status that the facts of one attempt amount to: the highest rank; of several terminals the one that
 * stands last. `facts` holds at least one.
 */
export function shownStatus<T extends Status>(facts: readonly T[]): T {
  let shown = facts[0];
  for (const fact of facts) if (shown === undefined || rank(fact) >= rank(shown)) shown = fact;
  if (shown === undefined) throw new Error('an attempt has at least one fact');
  return shown;
}

/**
 * Adds a status to a set of facts. A non-terminal keeps the place where it was first seen; a terminal goes to the
 * end, since of two the newest is shown. The same array where nothing moves.
 * @param isOlder whether it is older than the terminal that is shown: then it goes before that one
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
