import { randomBytes } from 'node:crypto';
import { ERROR_CODES } from './errors.ts';
import type { Logger } from './logger.ts';

/** How one request for `/callbacks` was answered. */
export interface CallbackAnswered {
  readonly httpStatus: number;
  /** Null where it was refused. */
  readonly outcome: string | null;
  readonly kind: string | null;
  readonly stage: string | null;
  readonly status: string | null;
  readonly position: number | null;
  /** Of the body; null where it was not read. */
  readonly bytes: number | null;
  readonly ms: number;
  /** As it was sent, where it is valid by W3C Trace Context. */
  readonly traceparent: string | null;
  /** Why it was refused; null where it was not. */
  readonly cause: string | null;
}

export const LIVE_TRANSPORTS = ['ws', 'sse'] as const;
/** The transports of subscriptions. */
export type LiveTransport = (typeof LIVE_TRANSPORTS)[number];

export const OPERATION_CODES = [
  'OK',
  ...ERROR_CODES,
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
] as const;
/** How an operation ended: `extensions.code` of its first error, or OK. */
export type OperationCode = (typeof OPERATION_CODES)[number];

export const LIVE_SUBJECTS = ['session', 'payment', 'callback'] as const;
/** The subject of a subscription. */
export type LiveSubject = (typeof LIVE_SUBJECTS)[number];

/** Why a subscription ended; `completed`: the client ended it. */
export type ReaderEnd = 'completed' | 'disconnected' | 'slow' | 'failed' | 'expired' | 'draining';

/**
 * The events of a gateway by name, in the order in which data passes through it. Their fields are enum values, numbers
 * and errors. None identifies a person, an account, a session or a secret, so that a listener may publish all of them
 * except `err`, which the logger redacts.
 *
 * A new event needs a member here, one in `NO_LISTENERS`, and one line where it is emitted.
 */
export interface Events {
  /** The gateway listens. `settings` without secrets. */
  readonly started: {
    readonly version: string;
    readonly node: string;
    readonly settings: Readonly<Record<string, unknown>>;
    readonly store: {
      readonly kind: string;
      readonly identity: string;
      readonly position: number;
      readonly lowest: number;
    };
  };

  readonly callbackAnswered: CallbackAnswered;

  /**
   * A batch is about to be written; `waiting` callbacks have no answer yet. The last one may not be answered yet: its
   * `batchAnswered` comes before this one's `batchCommitted`.
   */
  readonly batchBegan: { readonly waiting: number };
  /** The batch's journal rows are inserted, not committed; where the batch is one statement, it is about to be sent. */
  readonly journalWritten: { readonly rows: number };
  /** The batch is written, and COMMIT follows; where the batch is one statement, it was given to the driver. */
  readonly batchWritten: { readonly callbacks: number; readonly rows: number };
  /**
   * After COMMIT, before its callbacks are answered. `ms` since the batch began. Its rows have the positions from
   * `firstPosition` on; null where it added none.
   */
  readonly batchCommitted: {
    readonly callbacks: number;
    readonly rows: number;
    readonly firstPosition: number | null;
    readonly ms: number;
  };
  /** Its callbacks were answered: publishing follows. */
  readonly batchAnswered: { readonly callbacks: number };
  /** A batch was rolled back, or may have been; `cause`: one of its callbacks, data in it, or the store. */
  readonly batchFailed: { readonly callbacks: number; readonly cause: 'callback' | 'data' | 'store' };

  /** The store is away: a read or a batch was answered UNAVAILABLE. `sqlState`: PostgreSQL's code, if there is one. */
  readonly storeFailed: {
    readonly during: 'read' | 'write';
    readonly sqlState: string | null;
  };
  /** Established connections broke, and new ones are made; `client` says which. */
  readonly storeReconnecting: { readonly client: 'readers' | 'writer' };
  /** The store does not answer this instance. */
  readonly storeLost: { readonly err: unknown };
  readonly storeReached: { readonly afterMs: number };
  /** The store was restored or recomputed. `before` and `position`: the last known position before, and now. */
  readonly historyReplaced: {
    readonly found: string;
    readonly before: number;
    readonly position: number;
    readonly identity: string;
  };

  /** A subscription was accepted. `readerEnded` follows once, whether it opens or not. */
  readonly readerJoined: { readonly transport: LiveTransport; readonly subject: LiveSubject };

  /**
   * A subscription's first read of the store is done. `resumed`: its client sent a cursor. `recovered` is false where
   * none of its cursors was honoured.
   */
  readonly subscriptionOpened: {
    readonly transport: LiveTransport;
    readonly subject: LiveSubject;
    readonly resumed: boolean;
    readonly recovered: boolean;
  };
  /**
   * A change was written to a socket, `ms` after the gateway received the callback that is the journal row at
   * `position`. Both are null for what was read from the store, such as a snapshot, and for STALLED.
   */
  readonly changeDelivered: {
    readonly transport: LiveTransport;
    readonly subject: LiveSubject;
    readonly position: number | null;
    readonly ms: number | null;
  };
  /** A change replaced one that was still waiting for a slow reader. */
  readonly changeConflated: { readonly subject: LiveSubject };
  /** A subscription ended, also one that never opened. */
  readonly readerEnded: {
    readonly transport: LiveTransport;
    readonly subject: LiveSubject;
    readonly reason: ReaderEnd;
  };

  /**
   * A query was executed or a subscription prepared, or either was refused. `ms` includes the wait for admission; `code`
   * is that of the first error.
   */
  readonly operationExecuted: {
    readonly type: 'query' | 'subscription';
    readonly code: OperationCode;
    readonly ms: number;
    /** As it was sent, where it is valid by W3C Trace Context. */
    readonly traceparent: string | null;
  };

  /** A WebSocket handshake or `connection_init` was refused, with an HTTP status or a close code. */
  readonly upgradeRefused: { readonly code: number; readonly cause: string };
  /** A page of an origin that is not allowed sent a request. */
  readonly originRefused: { readonly origin: string };
  /** In explore mode, a request's Host was not this machine. */
  readonly hostRefused: { readonly host: string };
  /** A client was answered "Unexpected error." with this id. */
  readonly failedUnexpectedly: { readonly errorId: string; readonly what: string; readonly err: unknown };

  readonly drainBegan: {
    readonly callbacks: number;
    readonly sockets: number;
    readonly streams: number;
    readonly drainMs: number;
  };
  readonly drainEnded: { readonly ms: number; readonly sockets: number; readonly streams: number };
}

export type EventName = keyof Events;

/** Called with each event of its name, at once and in order. Must not block; an error it throws is only logged. */
export type Listener<Name extends EventName> = (event: Events[Name]) => void;

type Emitters = { [Name in EventName]: Listener<Name> | null };

/**
 * One function for each event, null without listeners. Call it by `?.` with the event written as its argument:
 *
 *     emit.batchCommitted?.({ callbacks, rows, ms });
 *
 * Without listeners JavaScript does not evaluate the argument, so an unobserved event costs one property read and
 * allocates nothing. A value that is only computed for the event belongs inside the argument, or behind
 * `emit.batchCommitted !== null`.
 */
export type Emit = Readonly<Emitters>;

const NO_LISTENERS: Emit = Object.freeze({
  started: null,
  callbackAnswered: null,
  batchBegan: null,
  journalWritten: null,
  batchWritten: null,
  batchCommitted: null,
  batchAnswered: null,
  batchFailed: null,
  storeFailed: null,
  storeReconnecting: null,
  storeLost: null,
  storeReached: null,
  historyReplaced: null,
  readerJoined: null,
  subscriptionOpened: null,
  changeDelivered: null,
  changeConflated: null,
  readerEnded: null,
  operationExecuted: null,
  upgradeRefused: null,
  originRefused: null,
  hostRefused: null,
  failedUnexpectedly: null,
  drainBegan: null,
  drainEnded: null,
});

/** For a part that is used without a gateway. */
export const UNOBSERVED: Emit = NO_LISTENERS;

/** Connects a gateway's parts, which emit events, with listeners: metrics, logs and spans. */
export interface Observer {
  /** Passed to the parts, as `log` is. */
  readonly emit: Emit;
  /** Calls `listener` with every later event of this name, until the function returned is called. */
  on<Name extends EventName>(name: Name, listener: Listener<Name>): () => void;
}

interface Added<Name extends EventName> {
  readonly listener: Listener<Name>;
}

/** @param log gets a listener's own error, which affects neither the emitting part nor other listeners */
export function createObserver(log: Pick<Logger, 'error'>): Observer {
  const emit: Emitters = { ...NO_LISTENERS };
  const added: { [Name in EventName]?: readonly Added<Name>[] } = {};

  function set<Name extends EventName>(name: Name, next: readonly Added<Name>[]): void {
    // By Object.assign, since TypeScript does not allow a write under a key that is a type parameter.
    Object.assign(added, { [name]: next });
    Object.assign(emit, { [name]: toAll(name, next) });
  }

  function toAll<Name extends EventName>(name: Name, [first, ...more]: readonly Added<Name>[]) {
    if (first === undefined) return null;
    const toFirst = guarded(name, first.listener);
    if (more.length === 0) return toFirst;
    const toMore = more.map(({ listener }) => guarded(name, listener));
    return (event: Events[Name]) => {
      toFirst(event);
      for (const toOne of toMore) toOne(event);
    };
  }

  function guarded<Name extends EventName>(name: Name, listener: Listener<Name>): Listener<Name> {
    return (event) => {
      try {
        listener(event);
      } catch (err) {
        log.error({ err, event: name }, 'a listener of an event failed');
      }
    };
  }

  return {
    emit,
    on(name, listener) {
      // An object of its own, so that one listener may be added twice and removed once.
      const own = { listener };
      set(name, [...(added[name] ?? []), own]);
      return () =>
        set(
          name,
          (added[name] ?? []).filter((other) => other !== own),
        );
    },
  };
}

/** Emits an unexpected error; returns the id of its line in the log, for the answer to the client. */
export function emitUnexpected(emit: Emit, what: string, err: unknown): string {
  const errorId = randomBytes(6).toString('hex');
  emit.failedUnexpectedly?.({ errorId, what, err });
  return errorId;
}
