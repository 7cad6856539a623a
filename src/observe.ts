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
  /** As it was sent, where it is one by W3C Trace Context. */
  readonly traceparent: string | null;
  /** Why it was refused; null where it was not. */
  readonly cause: string | null;
}

/** What carries subscriptions. */
export type LiveTransport = 'ws' | 'sse';

export const OPERATION_CODES = [
  'OK',
  ...ERROR_CODES,
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
] as const;
/** How an operation ended: `extensions.code` of its first error, or OK. */
export type OperationCode = (typeof OPERATION_CODES)[number];

/** What a subscription is about. */
export type LiveSubject = 'session' | 'payment' | 'callback';

/** Why a subscription ended; `completed`: the client ended it. */
export type ReaderEnd = 'completed' | 'disconnected' | 'slow' | 'failed' | 'expired' | 'draining';

/**
 * What happens in a gateway, in the order in which data travels, by name and with what is known of it: closed words,
 * numbers and errors. Nothing here names a person, an account, a session or a secret, so that a listener may publish
 * all of it except `err`, which the logger redacts.
 *
 * A new event takes a member here, one in `NO_LISTENERS`, and one line where it happens.
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

  /** A batch is about to be written; `waiting` callbacks have no answer yet. */
  readonly batchBegan: { readonly waiting: number };
  /** Within the batch's transaction, its journal rows are in; where a batch is one statement, it is about to be sent. */
  readonly journalWritten: { readonly rows: number };
  /** All of the batch is in its transaction: COMMIT follows. Where it is one statement, the driver has it. */
  readonly batchWritten: { readonly callbacks: number; readonly rows: number };
  /** After COMMIT, before its callbacks are answered. `ms` since the batch began. */
  readonly batchCommitted: { readonly callbacks: number; readonly rows: number; readonly ms: number };
  /** Its callbacks were answered: publishing follows. */
  readonly batchAnswered: { readonly callbacks: number };
  /** A batch was rolled back, or may have been: because of one of its callbacks, of data in it, or of the store. */
  readonly batchFailed: { readonly callbacks: number; readonly cause: 'callback' | 'data' | 'store' };

  /** The store is away: a read or a batch was answered UNAVAILABLE. `sqlState` where PostgreSQL said why. */
  readonly storeFailed: {
    readonly during: 'read' | 'write';
    readonly sqlState: string | null;
  };
  /** Connections that stood have gone, and new ones are taken; `client` says what for. */
  readonly storeReconnecting: { readonly client: 'readers' | 'writer' };
  /** The store does not answer this instance. */
  readonly storeLost: { readonly err: unknown };
  readonly storeReached: { readonly afterMs: number };
  /** What was read of the store no longer holds. `before` and `position`: its last rows as known before, and now. */
  readonly historyReplaced: {
    readonly found: string;
    readonly before: number;
    readonly position: number;
    readonly identity: string;
  };

  /** A subscription was accepted. `readerEnded` follows once, whether it opens or not. */
  readonly readerJoined: { readonly transport: LiveTransport; readonly subject: LiveSubject };

  /** A subscription's first read of the store is done. `recovered` is false where it sent a cursor in vain. */
  readonly subscriptionOpened: {
    readonly transport: LiveTransport;
    readonly subject: LiveSubject;
    readonly recovered: boolean;
  };
  /** A change was handed to a socket, `ms` after the gateway received its callback; null for a snapshot. */
  readonly changeDelivered: {
    readonly transport: LiveTransport;
    readonly subject: LiveSubject;
    readonly ms: number | null;
  };
  /** A change took the place of one that was still waiting for a slow reader. */
  readonly changeConflated: { readonly subject: LiveSubject };
  /** A subscription is over, also one that never opened. */
  readonly readerEnded: {
    readonly transport: LiveTransport;
    readonly subject: LiveSubject;
    readonly reason: ReaderEnd;
  };

  /**
   * A query was executed or a subscription prepared, its wait for admission in `ms`; or it was refused. `code` is that
   * of its first error.
   */
  readonly operationExecuted: {
    readonly type: 'query' | 'subscription';
    readonly code: OperationCode;
    readonly ms: number;
  };

  /** A WebSocket handshake or `connection_init` that was turned away, by HTTP status or close code. */
  readonly upgradeRefused: { readonly code: number; readonly cause: string };
  /** A request from a page of an origin that is not allowed. */
  readonly originRefused: { readonly origin: string };
  /** In explore mode, a request that names another machine than this one. */
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

/** Called with each event of its name, at once and in order. It must not block; one that throws harms nobody. */
export type Listener<Name extends EventName> = (event: Events[Name]) => void;

type Emitters = { [Name in EventName]: Listener<Name> | null };

/**
 * One function an event, null while nobody listens to it. Call it by `?.` with the event written as its argument:
 *
 *     emit.batchCommitted?.({ callbacks, rows, ms });
 *
 * Where nobody listens, JavaScript does not evaluate the argument, so an unobserved event costs one property read and
 * allocates nothing. What is only computed for the event belongs inside the argument, or behind
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

/** For a part that stands alone, without a gateway around it. */
export const UNOBSERVED: Emit = NO_LISTENERS;

/** Where a gateway's parts emit events, and metrics, logs and spans listen. */
export interface Observer {
  /** Handed to the parts, as `log` is. */
  readonly emit: Emit;
  /** Calls `listener` with every later event of this name, until the function returned is called. */
  on<Name extends EventName>(name: Name, listener: Listener<Name>): () => void;
}

/** @param log where a listener's own error is written: it harms neither what happened nor the other listeners */
export function createObserver(log: Pick<Logger, 'error'>): Observer {
  const emit: Emitters = { ...NO_LISTENERS };
  const listeners: { [Name in EventName]?: readonly Listener<Name>[] } = {};

  function set<Name extends EventName>(name: Name, next: readonly Listener<Name>[]): void {
    // By Object.assign, since TypeScript cannot follow a write under a key that is a type parameter.
    Object.assign(listeners, { [name]: next });
    Object.assign(emit, { [name]: next.length === 0 ? null : toAll(name, next) });
  }

  function toAll<Name extends EventName>(name: Name, all: readonly Listener<Name>[]): Listener<Name> {
    return (event) => {
      for (const listener of all) {
        try {
          listener(event);
        } catch (err) {
          log.error({ err, event: name }, 'a listener of an event failed');
        }
      }
    };
  }

  return {
    emit,
    on(name, listener) {
      // Its own function, so that one listener may be added twice and removed once.
      const own: typeof listener = (event) => listener(event);
      set(name, [...(listeners[name] ?? []), own]);
      return () =>
        set(
          name,
          (listeners[name] ?? []).filter((other) => other !== own),
        );
    },
  };
}

/** Emits what nobody expected; gives the id by which its line in the log is found, for the answer. */
export function emitUnexpected(emit: Emit, what: string, err: unknown): string {
  const errorId = randomBytes(6).toString('hex');
  emit.failedUnexpectedly?.({ errorId, what, err });
  return errorId;
}
