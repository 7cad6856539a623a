import { createHash } from 'node:crypto';
import { MAX_ACCOUNTS, MAX_TRANSACTION_PAGES } from '../merge.ts';
import { isOldNews, type Placement, placementOf } from '../session/attempt.ts';
import type { LeftOut } from '../session/fold.ts';
import type { StageName } from '../words.ts';
import type { Callback, Fault, Parsed, ReportedSubject, RuledPaths } from './callback.ts';
import type { JournalEntry } from './entry.ts';
import { faultOf } from './fault.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { JournalRow } from './row.ts';
import { type StateRows, States } from './state-fold.ts';

/** One authentic request of the aggregator, parsed, and when it was received. */
export interface Delivery {
  readonly parsed: Parsed;
  readonly body: Uint8Array;
  readonly receivedAt: number;
  /** The `webhook-id` header, only where its signature was verified. */
  readonly webhookId: string | null;
  /** Set where a quarantined row is replayed: that row's position, and the time now. */
  readonly replay?: { readonly of: number; readonly at: number };
}

/** The result of a delivery: the body of its answer. */
export type Receipt =
  | { readonly outcome: 'recorded' | 'repeated' | 'late'; readonly position: number }
  | { readonly outcome: 'quarantined'; readonly position: number; readonly reason: string };

/** The columns of a journal row by which a repeat is recognized. */
export type KeyRow = Pick<JournalRow, 'position' | 'digest' | 'attempt' | 'reason' | 'webhookId'>;

/** The stored rows that a batch touches, read under the writer's lock. */
export interface StoredState {
  readonly position: number;
  /** Of the last row, `position`. */
  readonly fingerprint: string;
  readonly states: StateRows;
  /** Every row that has the digest of one of the batch's deliveries. */
  readonly keys: readonly KeyRow[];
}

/** What a row reported beyond the limits of its session's lists: only the row's body holds it. */
export interface RowLeftOut extends LeftOut {
  readonly position: number;
}

/** What a batch writes, and what it answers. */
export interface Applied {
  readonly entries: readonly JournalEntry[];
  readonly repeats: readonly { readonly position: number; readonly n: number; readonly at: number }[];
  readonly states: StateRows;
  /** For the rows that reported more than their session may hold. */
  readonly leftOut: readonly RowLeftOut[];
  /** In the order of the deliveries. */
  readonly receipts: readonly Receipt[];
}

/** The settings that apply on receipt; the rows hold what was decided by them. */
export interface ApplySettings {
  readonly restartQuietMs: number;
  readonly expectedStages: readonly StageName[];
}

/** Thrown where a bug of Callboard keeps one delivery from being applied; the rest of the batch can be. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
  readonly index: number;

  constructor(index: number, cause: unknown) {
    super('a callback could not be applied', { cause });
    this.index = index;
  }
}

/** Decides a batch, delivery by delivery, in the order of arrival. Pure: it reads `stored` and returns what to write. */
export function applyBatch(
  deliveries: readonly Delivery[],
  stored: StoredState,
  settings: ApplySettings,
): Applied {
  const batch = new Batch(stored, settings);
  const receipts = deliveries.map((delivery, index) => {
    try {
      return batch.apply(delivery);
    } catch (error) {
      throw new DeliveryError(index, error);
    }
  });
  const { entries, repeats, states, leftOut } = batch.written();
  return { entries, repeats, states, leftOut, receipts };
}

/**
 * A delivery whose callback names another owner than its session or payment has is quarantined under the key of its
 * bytes. Returns the batch with those deliveries replaced, so that their keys are looked up with the others'.
 */
export function checkOwners(
  deliveries: readonly Delivery[],
  stored: Pick<StateRows, 'sessions' | 'payments'>,
): readonly Delivery[] {
  const owners = new Map<string, string | null>([
    ...stored.sessions.map(({ sessionId, userId }) => [`s${sessionId}`, userId] as const),
    ...stored.payments.map(({ paymentId, user }) => [`p${paymentId}`, user.externalId] as const),
  ]);
  return deliveries.map((delivery) => {
    if (!delivery.parsed.ok) return delivery;
    const { callback, paths } = delivery.parsed;
    const [subject, named] =
      callback.kind === 'PAYMENT'
        ? [`p${callback.paymentId}`, callback.user.externalId]
        : [`s${callback.sessionId}`, callback.userId];
    const owner = owners.get(subject) ?? null;
    if (owner === null || named === null || owner === named) {
      owners.set(subject, owner ?? named);
      return delivery;
    }
    const what = callback.kind === 'PAYMENT' ? 'payment' : 'session';
    return quarantined(delivery, faultOf(paths.owner, `the ${what} belongs to another owner`));
  });
}

/** The same delivery, quarantined: keyed by the SHA-256 of its bytes. */
export function quarantined(delivery: Delivery, fault: Fault): Delivery {
  const { parsed, body } = delivery;
  return {
    ...delivery,
    parsed: {
      ok: false,
      fault,
      faults: [],
      unknownFields: parsed.unknownFields,
      kind: parsed.ok ? parsed.callback.kind : parsed.kind,
      reported: parsed.ok ? subjectOf(parsed.callback) : parsed.reported,
      digest: createHash('sha256').update(body).digest('hex'),
    },
  };
}

function subjectOf(callback: Callback): ReportedSubject {
  const none = {
    userId: null,
    sessionId: null,
    sessionExternalId: null,
    paymentId: null,
    paymentExternalId: null,
    stage: null,
  };
  const bankId = callback.bank.bankId;
  return callback.kind === 'PAYMENT'
    ? {
        ...none,
        paymentId: callback.paymentId,
        paymentExternalId: callback.externalId,
        bankId,
        status: callback.status,
      }
    : {
        ...none,
        userId: callback.userId,
        sessionId: callback.sessionId,
        sessionExternalId: callback.externalId,
        bankId,
        status: callback.status,
      };
}

/** The state that grows while a batch is decided. */
class Batch {
  readonly #restartQuietMs: number;
  readonly #states: States;
  readonly #keys = new Map<string, KeyRow[]>();
  readonly #entries: JournalEntry[] = [];
  readonly #leftOut: RowLeftOut[] = [];
  readonly #repeats = new Map<number, { n: number; at: number }>();
  #position: number;
  #fingerprint: string;

  constructor(stored: StoredState, { restartQuietMs, expectedStages }: ApplySettings) {
    this.#restartQuietMs = restartQuietMs;
    this.#states = new States(stored.states, expectedStages);
    this.#position = stored.position;
    this.#fingerprint = stored.fingerprint;
    for (const key of stored.keys) this.#addKey(key);
  }

  apply(delivery: Delivery): Receipt {
    const { parsed, webhookId, receivedAt } = delivery;
    if (!parsed.ok) return this.#quarantine(delivery, parsed);
    const { callback, paths, digest } = parsed;
    const session = callback.kind === 'PAYMENT' ? null : this.#states.session(callback.sessionId);
    const placement =
      callback.kind === 'PAYMENT'
        ? FIRST
        : placementOf(
            session,
            { callback, receivedAt, isReplay: delivery.replay !== undefined },
            this.#restartQuietMs,
          );
    const known = this.#keys.get(digest)?.filter((row) => row.attempt > 0) ?? [];
    const recorded =
      known.find((row) => row.attempt === placement.attempt || isSameId(row, webhookId)) ??
      (callback.kind !== 'PAYMENT' && isOldNews(session, callback)
        ? known.find((row) => row.webhookId === null || webhookId === null)
        : undefined);
    if (recorded !== undefined) return this.#repeat(recorded, delivery);
    const position = ++this.#position;
    const { attempt, confirms, putsBack } = placement;
    const replayOf = delivery.replay?.of ?? null;
    const place = { position, receivedAt, replayOf, attempt, confirms, putsBack };
    const { changed, late, change, leftOut } = this.#states.advance(callback, place);
    if (leftOut.accounts + leftOut.transactionPages > 0) this.#leftOut.push({ position, ...leftOut });
    const outcome = late ? 'LATE' : 'RECORDED';
    const decision = {
      kind: callback.kind,
      outcome,
      reason: null,
      path: null,
      sessionId: callback.kind === 'PAYMENT' ? null : callback.sessionId,
      paymentId: callback.kind === 'PAYMENT' ? callback.paymentId : null,
      externalId: callback.externalId,
      bankId: callback.bank.bankId,
      stage: callback.kind === 'PAYMENT' ? null : callback.stage,
      status: callback.status,
      attempt,
      confirms,
      putsBack,
      changed,
      version: change.after.version,
      faults: leftOut.accounts + leftOut.transactionPages > 0 ? leftOutFaults(leftOut, paths) : [],
    } as const;
    this.#enter(this.#rowOf(position, delivery, decision), change);
    return { outcome: late ? 'late' : 'recorded', position };
  }

  written(): Omit<Applied, 'receipts'> {
    return {
      entries: this.#entries,
      repeats: [...this.#repeats].map(([position, { n, at }]) => ({ position, n, at })),
      states: this.#states.touched(),
      leftOut: this.#leftOut,
    };
  }

  #quarantine(
    delivery: Delivery,
    { fault, kind, reported, digest }: Extract<Parsed, { ok: false }>,
  ): Receipt {
    const recorded = this.#keys.get(digest)?.find((row) => row.attempt === 0);
    if (recorded !== undefined) return this.#repeat(recorded, delivery);
    const position = ++this.#position;
    const decision = {
      kind,
      outcome: 'QUARANTINED',
      reason: fault.reason,
      path: fault.path,
      sessionId: reported.sessionId,
      paymentId: reported.paymentId,
      externalId: reported.sessionExternalId ?? reported.paymentExternalId,
      bankId: reported.bankId,
      stage: null,
      status: null,
      attempt: 0,
      confirms: false,
      putsBack: false,
      changed: [],
      version: null,
      faults: [],
    } as const;
    this.#enter(this.#rowOf(position, delivery, decision), null);
    return { outcome: 'quarantined', position, reason: fault.reason };
  }

  #rowOf(position: number, delivery: Delivery, decision: Decision): JournalRow {
    const { parsed, receivedAt } = delivery;
    const kept = { position, digest: parsed.digest, attempt: decision.attempt, receivedAt };
    this.#fingerprint = fingerprintOf(this.#fingerprint, kept);
    return journalRow(position, delivery, decision, this.#fingerprint);
  }

  #enter(row: JournalRow, change: JournalEntry['change']): void {
    this.#entries.push({ position: row.position, row, change });
    this.#addKey(row);
  }

  /** A replay is no delivery: a row that it finds recorded already is not changed. */
  #repeat(row: KeyRow, { receivedAt, replay }: Delivery): Receipt {
    if (replay === undefined) {
      const { n, at } = this.#repeats.get(row.position) ?? { n: 0, at: 0 };
      this.#repeats.set(row.position, { n: n + 1, at: Math.max(at, receivedAt) });
    }
    return row.reason === null
      ? { outcome: 'repeated', position: row.position }
      : { outcome: 'quarantined', position: row.position, reason: row.reason };
  }

  #addKey(key: KeyRow): void {
    const rows = this.#keys.get(key.digest);
    if (rows === undefined) this.#keys.set(key.digest, [key]);
    else rows.push(key);
  }
}

/** Payments have no restart. */
const FIRST: Placement = Object.freeze({ attempt: 1, confirms: false, putsBack: false });

/** Whether a verified id says that it is the same callback. */
const isSameId = (row: KeyRow, webhookId: string | null): boolean =>
  webhookId !== null && row.webhookId === webhookId;

/** The accounts and pages that were left out of the session, as faults of the callback. */
function leftOutFaults({ accounts, transactionPages }: LeftOut, paths: RuledPaths): readonly Fault[] {
  const faults: Fault[] = [];
  if (accounts > 0) {
    const what = `${accounts} left out; a session holds at most ${MAX_ACCOUNTS} accounts`;
    faults.push(faultOf(paths.accounts ?? '', what));
  }
  if (transactionPages > 0) {
    const what = `left out; a session holds at most ${MAX_TRANSACTION_PAGES} transaction pages`;
    faults.push(faultOf(paths.page ?? '', what));
  }
  return faults;
}

/** The decided fields of a new row; the others come from its delivery. */
type Decision = { readonly faults: readonly Fault[] } & Omit<
  JournalRow,
  | 'position'
  | 'faults'
  | 'unknownFields'
  | 'digest'
  | 'fingerprint'
  | 'body'
  | 'receivedAt'
  | 'webhookId'
  | 'replayOf'
  | 'replayedAt'
  | 'deliveries'
  | 'lastDeliveredAt'
>;

/** Written out, because spreading this many fields costs more than all else that is done for a callback. */
function journalRow(
  position: number,
  { parsed, body, receivedAt, webhookId, replay }: Delivery,
  decision: Decision,
  fingerprint: string,
): JournalRow {
  return {
    position,
    kind: decision.kind,
    outcome: decision.outcome,
    reason: decision.reason,
    path: decision.path,
    faults: parsed.faults.length + decision.faults.length > 0 ? [...parsed.faults, ...decision.faults] : null,
    unknownFields: parsed.unknownFields.length > 0 ? parsed.unknownFields : null,
    sessionId: decision.sessionId,
    paymentId: decision.paymentId,
    externalId: decision.externalId,
    bankId: decision.bankId,
    stage: decision.stage,
    status: decision.status,
    attempt: decision.attempt,
    confirms: decision.confirms,
    putsBack: decision.putsBack,
    digest: parsed.digest,
    fingerprint,
    webhookId,
    receivedAt,
    deliveries: 1,
    lastDeliveredAt: receivedAt,
    changed: decision.changed,
    version: decision.version,
    replayOf: replay?.of ?? null,
    replayedAt: replay?.at ?? null,
    body,
  };
}
