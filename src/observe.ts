import type { Logger } from './logger.ts';

/**
 * What happens in a gateway, by name, with what is known of it. Nothing here names a person, an account, a session or
 * a secret. Today the log alone listens.
 */
export interface Happenings {
  /** A page of an origin that may not ask. */
  readonly originRefused: { readonly origin: string };
  /** In explore mode, a request that names another machine than this one. */
  readonly hostRefused: { readonly host: string };
}

/** Reports that something happened. Never throws, and costs little where nobody listens. */
export type Report = <Name extends keyof Happenings>(name: Name, about: Happenings[Name]) => void;

type Listeners = { readonly [Name in keyof Happenings]: (about: Happenings[Name]) => void };

/** Has everything that is reported written to the log. */
export function createReport(log: Logger): Report {
  const first = createOnceAMinute();
  const listeners: Listeners = {
    originRefused({ origin }) {
      const shown = originOf(origin);
      if (!first(`origin ${shown}`)) return;
      log.warn(
        { origin: shown },
        'a page of this origin was refused: if it is yours, add its origin to ALLOWED_ORIGINS',
      );
    },
    hostRefused({ host }) {
      const shown = hostOf(host);
      if (!first(`host ${shown}`)) return;
      log.warn(
        { host: shown },
        'a request for this Host was refused: MODE=explore answers to localhost, 127.0.0.1 and [::1] alone (origins: ALLOWED_ORIGINS; other names: MODE=production)',
      );
    },
  };
  return (name, about) => listeners[name](about);
}

const MINUTE_MS = 60_000;
/** Beyond it the oldest is forgotten: clients name what they like. */
const MAX_KEYS = 1_000;

/** Whether this key was not seen within the last minute. */
function createOnceAMinute(): (key: string) => boolean {
  const seenAt = new Map<string, number>();
  return (key) => {
    const now = performance.now();
    if (now - (seenAt.get(key) ?? Number.NEGATIVE_INFINITY) < MINUTE_MS) return false;
    seenAt.delete(key);
    const [oldest] = seenAt.keys();
    if (seenAt.size >= MAX_KEYS && oldest !== undefined) seenAt.delete(oldest);
    seenAt.set(key, now);
    return true;
  };
}

/** As a browser writes it; whatever else a client puts there is not repeated. */
function originOf(text: string): string {
  return URL.canParse(text) ? new URL(text).origin.slice(0, 200) : text === 'null' ? text : '(unreadable)';
}

function hostOf(text: string): string {
  return /^[\w.[\]:-]{1,200}$/.test(text) ? text : '(unreadable)';
}
