import type { PaymentPart, Scenario, SessionPart } from '../scenario/scenario.ts';
import { createRandom } from './random.ts';

interface Cast {
  /** Where it stands among all that the simulator plays, from 0. */
  readonly number: number;
  readonly scenario: string;
  /** The aggregator's id: of scenario, seed and number. */
  readonly id: string;
  readonly externalId: string;
  readonly userId: string;
  readonly bank: Scenario['banks'][number];
}

/** An account as the aggregator reports it. */
export interface SimulatedAccount {
  readonly accountId: string;
  readonly accountNumber: string;
  readonly accountType: string | number;
  readonly accountRelation: readonly unknown[];
  readonly manualAccountRelation: string;
  /** Transactions on a first page whose step names no count. */
  readonly transactionsCount: number;
}

/** A session that is played: what is the same in all its callbacks, so that a restart repeats the same bytes. */
export interface SessionSubject extends Cast {
  readonly kind: 'session';
  readonly part: SessionPart;
  readonly isSca: NonNullable<SessionPart['isSca']>;
  readonly accounts: readonly SimulatedAccount[];
}

/** A payment that is played. */
export interface PaymentSubject extends Cast {
  readonly kind: 'payment';
  readonly part: PaymentPart;
}

export type Subject = SessionSubject | PaymentSubject;

const SCA_FORMS = [true, false, 'true', 'false', 1, 0] as const;

/**
 * The subjects numbered 0 to `count` - 1: the scenarios in turn, and of each its sessions and payments in turn, as often
 * as their shares say.
 */
export function createSubjects(
  seed: number,
  scenarios: readonly Scenario[],
  count: number,
): readonly Subject[] {
  return Array.from({ length: count }, (_, number) => {
    const scenario = scenarios[number % scenarios.length];
    if (scenario === undefined) throw new RangeError('no scenario to play');
    return createSubject(seed, scenario, number, Math.floor(number / scenarios.length));
  });
}

function createSubject(seed: number, scenario: Scenario, number: number, turn: number): Subject {
  const random = createRandom(seed, scenario.name, number, 'subject');
  const name = `${scenario.name}-${seed}-${String(number).padStart(6, '0')}`;
  const cast = {
    number,
    scenario: scenario.name,
    id: name,
    externalId: `external-${name}`,
    userId: random.pick(scenario.people),
    bank: random.pick(scenario.banks),
  };
  const parts = partsOf(scenario);
  const part = parts[turn % parts.length];
  if (part === undefined) throw new RangeError(`${scenario.name} has nothing to play`);
  if (part.kind === 'payment') return { ...cast, kind: 'payment', part: part.part };
  return {
    ...cast,
    kind: 'session',
    part: part.part,
    isSca: part.part.isSca ?? random.pick(SCA_FORMS),
    accounts: (part.part.accounts ?? []).map((account, place) => ({
      accountId: `account-${name}-${place}`,
      accountNumber: account.accountNumber ?? `BE${digits(random.next())}${digits(random.next())}`,
      accountType: account.accountType ?? 'CurrentAccount',
      accountRelation: account.accountRelation ?? [],
      manualAccountRelation: account.manualAccountRelation ?? 'Owner',
      transactionsCount: random.integer(1, 200),
    })),
  };
}

type Part = { kind: 'session'; part: SessionPart } | { kind: 'payment'; part: PaymentPart };

function partsOf({ sessions = [], payments = [] }: Scenario): readonly Part[] {
  return [
    ...sessions.flatMap((part): Part[] => Array(part.share ?? 1).fill({ kind: 'session', part })),
    ...payments.flatMap((part): Part[] => Array(part.share ?? 1).fill({ kind: 'payment', part })),
  ];
}

/** Seven digits. */
function digits(draw: number): string {
  return String(Math.floor(draw * 1e7)).padStart(7, '0');
}
