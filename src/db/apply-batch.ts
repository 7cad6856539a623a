import { createHash } from 'node:crypto';
import { attemptFor } from '../domain/attempt.ts';
import type {
  Fault,
  Parsed,
  PaymentCallback,
  ReportedSubject,
  SecondaryIdentifier,
  SessionCallback,
} from '../domain/callback.ts';
import type { JournalEntry, PaymentChange, SessionChange } from '../domain/changes.ts';
import { derivePayment, foldPayment } from '../domain/fold-payment.ts';
import { foldSession } from '../domain/fold-session.ts';
import type { JournalRow } from '../domain/journal.ts';
import { mergeIdentifiers } from '../domain/merge.ts';
import { deriveSession } from '../domain/outcome.ts';
import type { Payment } from '../domain/payment.ts';
import type { Session } from '../domain/session.ts';
import type { StageName } from '../domain/words.ts';

/** One authentic request of the aggregator, parsed, and the moment it came. */
export interface Delivery {
  readonly parsed: Parsed;
  readonly body: Uint8Array;
  readonly receivedAt: number;
  /** The sender's id, only where its signature was verified. */
  readonly webhookId: string | null;
  /** The position of the quarantined row that this delivery applies at last; null but for replays. */
  readonly replayOf?: number | null;
}

/** What became of a delivery: the body of its answer. */
export type Receipt =
  | { readonly outcome: 'recorded' | 'repeated' | 'late'; readonly position: number }
  | { readonly outcome: 'quarantined'; readonly position: number; readonly reason: string };

/** A row of the journal as far as a repeat is told by it. */
export type KeyRow = Pick<JournalRow, 'position' | 'digest' | 'attempt' | 'reason' | 'webhookId'>;

/** What the store holds of everything that a batch touches, read under the writer's lock. */
export interface Held {
  readonly position: number;
  readonly sessions: readonly Session[];
  readonly payments: readonly Payment[];
  readonly banks: readonly {
    readonly bankId: string;
    readonly secondaryIdentifiers: readonly SecondaryIdentifier[];
  }[];
  /** Every row that has the digest of one of the batch's deliveries. */
  readonly keys: readonly KeyRow[];
}

/** What a batch writes, and what it answers. */
export interface Applied {
  readonly entries: readonly JournalEntry[];
  readonly repeats: readonly { readonly position: number; readonly n: number; readonly at: number }[];
  readonly sessions: readonly Session[];
  readonly payments: readonly Payment[];
  readonly banks: Held['banks'];
  /** In the order of the deliveries. */
  readonly receipts: readonly Receipt[];
}

/** The settings that enter on receipt; what they decide stands in the rows. */
export interface ApplySettings {
  readonly restartQuietMs: number;
  readonly expectedStages: readonly StageName[];
}

/** Thrown where one delivery alone cannot be applied by a fault of ours; the rest of the batch can. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
  readonly index: number;

  constructor(index: number, cause: unknown) {
    super('a callback could not be applied', { cause });
    this.index = index;
  }
}

/** Decides a batch, delivery by delivery, in the order of arrival. Pure: it reads `held` and gives what to write. */
export function applyBatch(deliveries: readonly Delivery[], held: Held, settings: ApplySettings): Applied {
  const batch = new Batch(held, settings);
  const receipts = deliveries.map((delivery, index) => {
    try {
      return batch.apply(delivery);
    } catch (error) {
      throw new DeliveryError(index, error);
    }
  });
  return { ...batch.written(), receipts };
}

/**
 * A delivery whose callback names another owner than its session or payment has is quarantined under the key of
 * its bytes. Gives the batch with those deliveries judged, so that their keys can be read with the others'.
 */
export function judgeOwners(
  deliveries: readonly Delivery[],
  held: Pick<Held, 'sessions' | 'payments'>,
): readonly Delivery[] {
  const owners = new Map<string, string | null>([
    ...held.sessions.map(({ sessionId, userId }) => [`s${sessionId}`, userId] as const),
    ...held.payments.map(({ paymentId, user }) => [`p${paymentId}`, user.externalId] as const),
  ]);
  return deliveries.map((delivery) => {
    if (!delivery.parsed.ok) return delivery;
    const { callback } = delivery.parsed;
    const [subject, named, field, path] =
      callback.kind === 'PAYMENT'
        ? ([
            `p${callback.paymentId}`,
            callback.user.externalId,
            'user.externalId',
            '/user/externalId',
          ] as const)
        : ([`s${callback.sessionId}`, callback.userId, 'userId', '/userId'] as const);
    const owner = owners.get(subject) ?? null;
    if (owner === null || named === null || owner === named) {
      owners.set(subject, owner ?? named);
      return delivery;
    }
    const what = callback.kind === 'PAYMENT' ? 'payment' : 'session';
    return quarantined(delivery, { reason: `${field}: the ${what} belongs to another owner`, path });
  });
}

/** The same delivery, judged unfit: keyed by the SHA-256 of its bytes. */
export function quarantined(delivery: Delivery, fault: Fault): Delivery {
  const { parsed, body } = delivery;
  return {
    ...delivery,
    parsed: {
      ok: false,
      fault,
      kind: parsed.ok ? parsed.callback.kind : parsed.kind,
      reported: parsed.ok ? subjectOf(parsed.callback) : parsed.reported,
      digest: createHash('sha256').update(body).digest('hex'),
    },
  };
}

function subjectOf(callback: SessionCallback | PaymentCallback): ReportedSubject {
  const none = {
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
        sessionId: callback.sessionId,
        sessionExternalId: callback.externalId,
        bankId,
        status: callback.status,
      };
}

const byKey = <T>(items: readonly T[], key: (item: T) => string): Map<string, T> =>
  new Map(items.map((item) => [key(item), item]));

/** The state that grows while a batch is decided. */
class Batch {
  readonly #settings: ApplySettings;
  readonly #sessions: Map<string, Session>;
  readonly #payments: Map<string, Payment>;
  readonly #banks: Map<string, Held['banks'][number]>;
  readonly #keys = new Map<string, KeyRow[]>();
  readonly #touched = { sessions: new Set<string>(), payments: new Set<string>(), banks: new Set<string>() };
  readonly #entries: JournalEntry[] = [];
  readonly #repeats = new Map<number, { n: number; at: number }>();
  #position: number;

  constructor(held: Held, settings: ApplySettings) {
    this.#settings = settings;
    this.#position = held.position;
    this.#sessions = byKey(held.sessions, ({ sessionId }) => sessionId);
    this.#payments = byKey(held.payments, ({ paymentId }) => paymentId);
    this.#banks = byKey(held.banks, ({ bankId }) => bankId);
    for (const key of held.keys) this.#addKey(key);
  }

  apply(delivery: Delivery): Receipt {
    const { parsed, webhookId } = delivery;
    if (!parsed.ok) return this.#quarantine(delivery, parsed);
    const same = this.#keys.get(parsed.digest) ?? [];
    const resent =
      webhookId === null ? undefined : same.find((row) => row.attempt > 0 && row.webhookId === webhookId);
    if (resent !== undefined) return this.#repeat(resent, delivery);
    const { callback } = parsed;
    return callback.kind === 'PAYMENT'
      ? this.#applyPayment(delivery, callback, parsed.digest, same)
      : this.#applySession(delivery, callback, parsed.digest, same);
  }

  written(): Omit<Applied, 'receipts'> {
    const pick = <T>(ids: Set<string>, from: Map<string, T>): T[] =>
      [...from].filter(([id]) => ids.has(id)).map(([, v]) => v);
    return {
      entries: this.#entries,
      repeats: [...this.#repeats].map(([position, { n, at }]) => ({ position, n, at })),
      sessions: pick(this.#touched.sessions, this.#sessions),
      payments: pick(this.#touched.payments, this.#payments),
      banks: pick(this.#touched.banks, this.#banks),
    };
  }

  #applySession(
    delivery: Delivery,
    callback: SessionCallback,
    digest: string,
    same: readonly KeyRow[],
  ): Receipt {
    const { sessionId } = callback;
    const before = this.#sessions.get(sessionId) ?? null;
    const attempt = attemptFor(before, callback, delivery.receivedAt, this.#settings.restartQuietMs);
    const repeated = same.find((row) => row.attempt === attempt);
    if (repeated !== undefined) return this.#repeat(repeated, delivery);
    const position = ++this.#position;
    const folded = foldSession(before, { position, receivedAt: delivery.receivedAt, attempt, callback });
    const after = deriveSession(folded.state, this.#settings.expectedStages);
    this.#sessions.set(sessionId, after);
    this.#touched.sessions.add(sessionId);
    this.#meetBank(callback);
    const change: SessionChange | null =
      folded.changed.length === 0
        ? null
        : {
            of: 'session',
            position,
            kind: callback.kind === 'SESSION_STATUS' ? 'STATUS' : callback.kind,
            stage: callback.stage,
            before,
            after,
            changedAt: delivery.receivedAt,
          };
    return this.#add(delivery, {
      digest,
      attempt,
      late: folded.late,
      changed: folded.changed,
      change,
      callback,
    });
  }

  #applyPayment(
    delivery: Delivery,
    callback: PaymentCallback,
    digest: string,
    same: readonly KeyRow[],
  ): Receipt {
    const { paymentId } = callback;
    const repeated = same.find((row) => row.attempt === 1);
    if (repeated !== undefined) return this.#repeat(repeated, delivery);
    const before = this.#payments.get(paymentId) ?? null;
    const position = ++this.#position;
    const folded = foldPayment(before, { position, receivedAt: delivery.receivedAt, callback });
    const after = derivePayment(folded.state);
    this.#payments.set(paymentId, after);
    this.#touched.payments.add(paymentId);
    this.#meetBank(callback);
    const change: PaymentChange | null =
      folded.changed.length === 0
        ? null
        : { of: 'payment', position, kind: 'STATUS', before, after, changedAt: delivery.receivedAt };
    return this.#add(delivery, {
      digest,
      attempt: 1,
      late: folded.late,
      changed: folded.changed,
      change,
      callback,
    });
  }

  #add(
    delivery: Delivery,
    made: {
      digest: string;
      attempt: number;
      late: boolean;
      changed: readonly string[];
      change: SessionChange | PaymentChange | null;
      callback: SessionCallback | PaymentCallback;
    },
  ): Receipt {
    const { callback, change, changed, late, digest, attempt } = made;
    const row: JournalRow = {
      ...this.#received(delivery, digest),
      position: this.#position,
      kind: callback.kind,
      outcome: late ? 'LATE' : 'RECORDED',
      reason: null,
      path: null,
      sessionId: callback.kind === 'PAYMENT' ? null : callback.sessionId,
      paymentId: callback.kind === 'PAYMENT' ? callback.paymentId : null,
      bankId: callback.bank.bankId,
      stage: callback.kind === 'PAYMENT' ? null : callback.stage,
      status: callback.status,
      attempt,
      changed,
      version: change?.after.version ?? null,
    };
    this.#enter(row, change);
    return { outcome: late ? 'late' : 'recorded', position: row.position };
  }

  #quarantine(
    delivery: Delivery,
    { fault, kind, reported, digest }: Extract<Parsed, { ok: false }>,
  ): Receipt {
    const repeated = this.#keys.get(digest)?.find((row) => row.attempt === 0);
    if (repeated !== undefined) return this.#repeat(repeated, delivery);
    this.#enter(
      {
        ...this.#received(delivery, digest),
        position: ++this.#position,
        kind,
        outcome: 'QUARANTINED',
        reason: fault.reason,
        path: fault.path,
        sessionId: reported.sessionId,
        paymentId: reported.paymentId,
        bankId: reported.bankId,
        stage: null,
        status: null,
        attempt: 0,
        changed: [],
        version: null,
      },
      null,
    );
    return { outcome: 'quarantined', position: this.#position, reason: fault.reason };
  }

  #received({ body, receivedAt, webhookId, replayOf = null }: Delivery, digest: string) {
    return {
      digest,
      body,
      receivedAt,
      webhookId,
      replayOf,
      replayedAt: null,
      deliveries: 1,
      lastDeliveredAt: receivedAt,
    };
  }

  #enter(row: JournalRow, change: SessionChange | PaymentChange | null): void {
    this.#entries.push({ position: row.position, row, change });
    this.#addKey(row);
  }

  #repeat(row: KeyRow, { receivedAt }: Delivery): Receipt {
    const { n, at } = this.#repeats.get(row.position) ?? { n: 0, at: 0 };
    this.#repeats.set(row.position, { n: n + 1, at: Math.max(at, receivedAt) });
    return row.reason === null
      ? { outcome: 'repeated', position: row.position }
      : { outcome: 'quarantined', position: row.position, reason: row.reason };
  }

  #meetBank({ bank: { bankId, secondaryIdentifiers } }: SessionCallback | PaymentCallback): void {
    const held = this.#banks.get(bankId);
    const merged = mergeIdentifiers(held?.secondaryIdentifiers ?? [], secondaryIdentifiers);
    if (held !== undefined && merged === held.secondaryIdentifiers) return;
    this.#banks.set(bankId, { bankId, secondaryIdentifiers: merged });
    this.#touched.banks.add(bankId);
  }

  #addKey(key: KeyRow): void {
    const rows = this.#keys.get(key.digest);
    if (rows === undefined) this.#keys.set(key.digest, [key]);
    else rows.push(key);
  }
}
