import { type LevelWithSilent, type Logger, pino } from 'pino';

export type { Logger };

/** Headers that hold credentials, wherever a request's or an answer's headers are logged. */
const CREDENTIALS = ['authorization', 'cookie', 'set-cookie', 'proxy-authorization', 'webhook-signature'];

/**
 * The gateway's log: one JSON object a line on standard output, times in RFC 3339. Errors belong under `err`.
 * Credentials in headers never appear; callers log no account number, no user id and no body.
 */
export function createLogger({ level }: { readonly level: LevelWithSilent }): Logger {
  return pino({
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: ['headers', 'req.headers', 'res.headers'].flatMap((place) =>
        CREDENTIALS.map((name) => `${place}["${name}"]`),
      ),
      censor: '[redacted]',
    },
  });
}
