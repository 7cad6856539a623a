import { createRandom } from './random.ts';

const FAULTS = [
  'kill',
  'put-back',
  'freeze',
  'lock-table',
  'listeners',
  'lock-writer',
  'clock',
  'notifications-dropped',
  'dump',
] as const;
export type FaultKind = (typeof FAULTS)[number];

/** Times are milliseconds from the start of the schedule. */
export interface Fault {
  readonly kind: FaultKind;
  readonly at: number;
  /** How long it lasts, where it lasts. */
  readonly forMs: number;
  /** Of the instance it is done to; of both for a fault of the store. */
  readonly instance: number;
  readonly table: string;
}

export interface PlannedCallback {
  readonly at: number;
  readonly instance: number;
  readonly mark: number;
  readonly body: string;
}

export interface Plan {
  readonly seed: number;
  readonly people: readonly [string, string];
  readonly faults: readonly Fault[];
  readonly callbacks: readonly PlannedCallback[];
  /** When a reader drops its connection, to come back with its cursor. */
  readonly departures: readonly { readonly at: number; readonly reader: number }[];
}

const LASTS_MS = 1_200;
const CALLBACKS = 36;
const TABLES = ['callbacks', 'sessions', 'payments', 'store', 'banks'];
/** Of these one at most, since a second would undo what the first did. */
const RESTORES: readonly FaultKind[] = ['put-back', 'dump'];

/**
 * What is done in one schedule: all of it follows from the seed. Seeds that follow one another begin with faults that
 * do, so that a few of them do each at least once.
 * @param marks makes the mark by which one body differs from every other of the store
 */
export function planOf(seed: number, marks: () => number): Plan {
  const random = createRandom(seed);
  const kinds = [
    FAULTS[(2 * seed) % FAULTS.length] ?? 'kill',
    FAULTS[(2 * seed + 1) % FAULTS.length] ?? 'kill',
  ];
  for (let n = random.below(3); n > 0; n -= 1) kinds.push(random.one(FAULTS));
  const restore = kinds.find((kind) => RESTORES.includes(kind));
  const faults = kinds
    .filter((kind) => !RESTORES.includes(kind) || kind === restore)
    .filter((kind, index, all) => !RESTORES.includes(kind) || all.indexOf(kind) === index)
    .map((kind) => ({
      kind,
      at: 100 + random.below(LASTS_MS - 300),
      forMs: 200 + random.below(kind === 'freeze' && random.below(10) === 0 ? 2_800 : 1_000),
      instance: random.below(2),
      table: random.one(TABLES),
    }));
  const people = [`anna-${seed}`, `berta-${seed}`] as const;
  const callbacks: PlannedCallback[] = [];
  for (let n = 0; n < CALLBACKS; n += 1) {
    const again = random.below(6) === 0 ? callbacks.at(-1 - random.below(10)) : undefined;
    const mark = again?.mark ?? marks();
    const body = again?.body ?? JSON.stringify({ ...callbackOf(random.one(people)), mark });
    callbacks.push({ at: random.below(LASTS_MS), instance: random.below(2), mark, body });
  }
  const departures = Array.from({ length: 3 }, () => ({
    at: random.below(LASTS_MS),
    reader: random.below(100),
  }));
  return { seed, people, faults, callbacks, departures };

  function callbackOf(person: string): object {
    const subject = { userId: person, bankId: 'bank-75', sessionId: `${person}-s${random.below(3)}` };
    const status = random.one(['Initiated', 'InProgress', 'Finished', 'Failed']);
    switch (random.below(8)) {
      case 0:
        return { ...subject, stage: 'Nowhere', status };
      case 1:
      case 2:
        return {
          ...{
            paymentId: `${person}-p${random.below(2)}`,
            paymentStatus: random.one(['Created', 'InProgress', 'Completed']),
          },
          ...{ bank: { id: 75 }, user: { externalId: person, secondaryIdentifiers: {} } },
        };
      case 3: {
        const accounts = [{ accountNumber: `BE${random.below(1_000_000)}`, accountType: 'CurrentAccount' }];
        return { ...subject, stage: 'Accounts', status: 'InProgress', details: { accounts } };
      }
      case 4:
        return {
          ...{ ...subject, stage: 'Transactions', status: 'InProgress', accountId: 'account-1' },
          ...{ transactionStatus: 'Booked', transactionsCount: random.below(1_000) },
        };
      default:
        return { ...subject, stage: random.one(['Accounts', 'Transactions']), status };
    }
  }
}
