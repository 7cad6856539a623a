import { createLineWriter, type Logger } from '../logger.ts';
import type { CallbackAnswered, Observer } from '../observe.ts';
import { createPerMinute } from './per-minute.ts';

/** The most lines a minute about one origin or host, and about one cause of refusal. */
const PAGES_PER_MINUTE = 1;
const REFUSALS_PER_MINUTE = 60;

/**
 * Logs the events of a gateway that an operator needs to see. Events of every batch, change or operation are for metrics
 * and spans: they are not logged.
 */
export function logEvents({ on }: Observer, log: Logger): void {
  logCallbacks(on, log);
  logRefusals(on, log);
  logStore(on, log);
  on('started', (about) => log.info(about, `Callboard ${about.version} has started`));
  on('drainBegan', (about) => log.info(about, 'draining'));
  on('drainEnded', (about) => log.info(about, 'drained'));
  on('failedUnexpectedly', ({ what, ...about }) => log.error(about, what));
}

type On = Observer['on'];

function logCallbacks(on: On, log: Logger): void {
  if (!log.isLevelEnabled('info')) return;
  const write = createLineWriter(log);
  const refusals = createPerMinute(REFUSALS_PER_MINUTE);
  on('callbackAnswered', (about) => {
    if (about.outcome !== null) {
      write?.(membersOf(about), 'callback answered');
      return;
    }
    const { passed, unlogged } = refusals(`${about.httpStatus} ${about.cause}`);
    if (passed) log.info(unlogged === 0 ? about : { ...about, unlogged }, 'callback refused');
  });
}

function logRefusals(on: On, log: Logger): void {
  const refusals = createPerMinute(REFUSALS_PER_MINUTE);
  const pages = createPerMinute(PAGES_PER_MINUTE);
  on('upgradeRefused', (about) => {
    const { passed, unlogged } = refusals(`${about.code} ${about.cause}`);
    if (passed) log.info(unlogged === 0 ? about : { ...about, unlogged }, 'WebSocket refused');
  });
  on('originRefused', (about) => {
    const origin = readableOrigin(about.origin);
    const { passed, unlogged } = pages(`origin ${origin}`);
    if (passed) log.warn({ origin, unlogged }, ORIGIN_REFUSED);
  });
  on('hostRefused', (about) => {
    const host = readableHost(about.host);
    const { passed, unlogged } = pages(`host ${host}`);
    if (passed) log.warn({ host, unlogged }, HOST_REFUSED);
  });
}

const ORIGIN_REFUSED = 'a page of this origin was refused: if it is yours, add its origin to ALLOWED_ORIGINS';
const HOST_REFUSED =
  'a request for this Host was refused: MODE=explore answers to localhost, 127.0.0.1 and [::1] alone (origins: ALLOWED_ORIGINS; other names: MODE=production)';

function logStore(on: On, log: Logger): void {
  on('storeReconnecting', (about) => log.warn(about, 'connections to the store were lost: connecting again'));
  on('storeLost', (about) => log.warn(about, 'the store does not answer: trying again every second'));
  on('storeReached', (about) => log.info(about, 'the store answers again'));
  on('historyReplaced', (about) =>
    log.warn(
      about,
      'the store was restored or recomputed: everything is read again, and subscriptions start again',
    ),
  );
}

/** Without JSON.stringify, for speed: enum values, numbers and a checked traceparent need no escaping. */
function membersOf(about: CallbackAnswered): string {
  const { outcome, kind, stage, status, position, bytes, ms, traceparent } = about;
  let members = `"outcome":"${outcome}"`;
  if (kind !== null) members += `,"kind":"${kind}"`;
  if (stage !== null) members += `,"stage":"${stage}"`;
  if (status !== null) members += `,"status":"${status}"`;
  members += `,"position":${position},"bytes":${bytes},"ms":${ms}`;
  return traceparent === null ? members : `${members},"traceparent":"${traceparent}"`;
}

/** Matches an origin as browsers send it; any other text from a client is not logged. */
function readableOrigin(text: string): string {
  if (text === 'null') return text;
  return URL.canParse(text) ? new URL(text).origin.slice(0, 200) : '(unreadable)';
}

function readableHost(text: string): string {
  return /^[\w.[\]:-]{1,200}$/.test(text) ? text : '(unreadable)';
}
