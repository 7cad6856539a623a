import { randomBytes } from 'node:crypto';
import { createLineWriter, type Logger } from './logger.ts';

/** How one request for `/callbacks` was answered. Closed words and numbers only. */
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

/**
 * What happens in a gateway, by name, with what is known of it. Nothing here names a person, an account, a session or
 * a secret. Today the log alone listens.
 */
export interface Happenings {
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
  /** A WebSocket handshake or `connection_init` that was turned away, by HTTP status or close code. */
  readonly upgradeRefused: { readonly code: number; readonly cause: string };
  /** A page of an origin that may not ask. */
  readonly originRefused: { readonly origin: string };
  /** In explore mode, a request that names another machine than this one. */
  readonly hostRefused: { readonly host: string };
  /** Connections that stood have gone, and new ones are taken; `client` says what for. */
  readonly storeReconnecting: { readonly client: string };
  /** The store does not answer this instance. */
  readonly storeLost: { readonly err: unknown };
  readonly storeReached: { readonly afterMs: number };
  /** What was read of the store counts no more; `told` and `position` are the last rows of before and of now. */
  readonly historyReplaced: {
    readonly found: string;
    readonly told: number;
    readonly position: number;
    readonly identity: string;
  };
  readonly drainBegan: {
    readonly callbacks: number;
    readonly sockets: number;
    readonly streams: number;
    readonly drainMs: number;
  };
  readonly drainEnded: { readonly ms: number; readonly sockets: number; readonly streams: number };
  /** Somebody was answered "Unexpected error." with this id. */
  readonly failedUnexpectedly: { readonly errorId: string; readonly what: string; readonly err: unknown };
}

/** Reports that something happened. Never throws, and costs little where nobody listens. */
export type Report = <Name extends keyof Happenings>(name: Name, about: Happenings[Name]) => void;

type Listeners = { readonly [Name in keyof Happenings]: (about: Happenings[Name]) => void };

/** Has everything that is reported written to the log. */
export function createReport(log: Logger): Report {
  const pages = createLimit(1);
  const refusals = createLimit(60);
  const write = createLineWriter(log);
  const listeners: Listeners = {
    started: (about) => log.info(about, `Callboard ${about.version} has started`),
    callbackAnswered(about) {
      if (about.outcome !== null) {
        write?.(membersOf(about), 'callback answered');
        return;
      }
      const { passed, unlogged } = refusals(`${about.httpStatus} ${about.cause}`);
      if (passed) log.info(unlogged === 0 ? about : { ...about, unlogged }, 'callback refused');
    },
    upgradeRefused(about) {
      const { passed, unlogged } = refusals(`${about.code} ${about.cause}`);
      if (passed) log.info(unlogged === 0 ? about : { ...about, unlogged }, 'WebSocket refused');
    },
    originRefused(about) {
      const origin = originOf(about.origin);
      const { passed, unlogged } = pages(`origin ${origin}`);
      if (!passed) return;
      const hint = 'a page of this origin was refused: if it is yours, add its origin to ALLOWED_ORIGINS';
      log.warn({ origin, unlogged }, hint);
    },
    hostRefused(about) {
      const host = hostOf(about.host);
      const { passed, unlogged } = pages(`host ${host}`);
      if (!passed) return;
      const hint =
        'a request for this Host was refused: MODE=explore answers to localhost, 127.0.0.1 and [::1] alone (origins: ALLOWED_ORIGINS; other names: MODE=production)';
      log.warn({ host, unlogged }, hint);
    },
    storeReconnecting: (about) => log.warn(about, 'connections to the store were lost: new ones are taken'),
    storeLost: (about) => log.warn(about, 'the store does not answer: trying again every second'),
    storeReached: (about) => log.info(about, 'the store answers again'),
    historyReplaced: (about) =>
      log.warn(about, 'the store was put back or recomputed: all is read anew, and subscribers are told so'),
    drainBegan: (about) => log.info(about, 'draining'),
    drainEnded: (about) => log.info(about, 'drained'),
    failedUnexpectedly: ({ what, ...about }) => log.error(about, what),
  };
  return (name, about) => listeners[name](about);
}

/** Reports what nobody expected; gives the id by which its line in the log is found, for the answer. */
export function reportUnexpected(report: Report, what: string, err: unknown): string {
  const errorId = randomBytes(6).toString('hex');
  report('failedUnexpectedly', { errorId, what, err });
  return errorId;
}

/** Made by hand: closed words, numbers and a checked traceparent need no escaping, and this is written for each callback. */
function membersOf(about: CallbackAnswered): string {
  const { outcome, kind, stage, status, position, bytes, ms, traceparent } = about;
  let members = `"outcome":"${outcome}"`;
  if (kind !== null) members += `,"kind":"${kind}"`;
  if (stage !== null) members += `,"stage":"${stage}"`;
  if (status !== null) members += `,"status":"${status}"`;
  members += `,"position":${position},"bytes":${bytes},"ms":${ms}`;
  return traceparent === null ? members : `${members},"traceparent":"${traceparent}"`;
}

const MINUTE_MS = 60_000;
/** Beyond it the oldest is forgotten: clients name what they like. */
const MAX_KEYS = 1_000;

interface Passed {
  readonly passed: boolean;
  /** How many of this key did not pass in the minute before. */
  readonly unlogged: number;
}

/** Lets `most` of each key pass in a minute: nobody fills the log by asking. */
function createLimit(most: number): (key: string) => Passed {
  const windows = new Map<string, { readonly openedAt: number; count: number }>();
  return (key) => {
    const now = performance.now();
    const open = windows.get(key);
    if (open !== undefined && now - open.openedAt < MINUTE_MS) {
      open.count += 1;
      return { passed: open.count <= most, unlogged: 0 };
    }
    windows.delete(key);
    const [oldest] = windows.keys();
    if (windows.size >= MAX_KEYS && oldest !== undefined) windows.delete(oldest);
    windows.set(key, { openedAt: now, count: 1 });
    return { passed: true, unlogged: Math.max(0, (open?.count ?? 0) - most) };
  };
}

/** As a browser writes it; whatever else a client puts there is not repeated. */
function originOf(text: string): string {
  return URL.canParse(text) ? new URL(text).origin.slice(0, 200) : text === 'null' ? text : '(unreadable)';
}

function hostOf(text: string): string {
  return /^[\w.[\]:-]{1,200}$/.test(text) ? text : '(unreadable)';
}
