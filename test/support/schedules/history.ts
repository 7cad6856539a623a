/** Instants are milliseconds of the test's own monotonic clock (`performance.now()`). */
export type Moment = number;

/** A callback that was answered 200: the attempt that was. */
export interface Acknowledged {
  /** Differs from that of every other body of the store. */
  readonly mark: number;
  readonly sentAt: Moment;
  readonly answeredAt: Moment;
  /** Null where the answer has none: quarantined. */
  readonly position: number | null;
}

/** The store was put back to what it held at `keptPosition`. */
export interface Restore {
  readonly keptPosition: number;
  /** Nothing answered before is lost. */
  readonly saveBegan: Moment;
  /** Nothing sent after `ended` is lost. */
  readonly began: Moment;
  readonly ended: Moment;
}

export interface State {
  readonly of: 'session' | 'payment';
  readonly id: string;
  readonly version: number;
  /** What it shows, in one text. */
  readonly shown: string;
}

/** One message of a subscription, in the order of arrival over all its connections. */
export interface Message {
  readonly at: Moment;
  /** Of its cursor. */
  readonly position: number;
  readonly recovered: boolean;
  readonly isSnapshot: boolean;
  readonly state: State | null;
  /** Position of the log's row; null but there. */
  readonly row: number | null;
  /** As it came. */
  readonly text: string;
}

const SUBSCRIPTION_KINDS = ['session', 'sessions', 'payments', 'log'] as const;
export type SubscriptionKind = (typeof SUBSCRIPTION_KINDS)[number];

export interface Subscription {
  readonly name: string;
  readonly of: SubscriptionKind;
  /** Of the one session; null but there. */
  readonly sessionId: string | null;
  /** The person who reads; null for an operator. */
  readonly person: string | null;
  readonly messages: readonly Message[];
}

/** The answer to somebody's query, as it came. */
export interface Answered {
  readonly person: string | null;
  readonly text: string;
}

/** What the store holds once everything is quiet. */
export interface StoreAtEnd {
  readonly position: number;
  readonly rows: readonly {
    readonly position: number;
    readonly mark: number | null;
    readonly attempt: number;
  }[];
  readonly states: readonly (State & { readonly position: number; readonly person: string })[];
}

/** All that was seen of one schedule from outside. */
export interface History {
  readonly acknowledged: readonly Acknowledged[];
  readonly restore: Restore | null;
  readonly subscriptions: readonly Subscription[];
  readonly answered: readonly Answered[];
  readonly end: StoreAtEnd;
}
