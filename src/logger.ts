import {
  type DestinationStream,
  destination,
  type LevelWithSilent,
  type Logger,
  pino,
  stdSerializers,
} from 'pino';

export type { Logger };

/** Headers that hold credentials, wherever a request's or an answer's headers are logged. */
const CREDENTIALS = ['authorization', 'cookie', 'set-cookie', 'proxy-authorization', 'webhook-signature'];

/** What errors of the store hold of the rows and statements that they are about: people's data. */
const OF_ROWS = ['detail', 'where', 'query', 'parameters', 'args', 'internal_query'];

/**
 * The gateway's log: one JSON object a line on standard output (or `to`), times in RFC 3339. Errors belong under
 * `err`. Credentials in `headers`, `req.headers` and `res.headers` never appear; callers log no account number, no
 * user id and no body.
 */
export function createLogger({
  level,
  to,
}: {
  readonly level: LevelWithSilent;
  readonly to?: DestinationStream;
}): Logger {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: withoutRows },
    redact: {
      paths: ['headers', 'req.headers', 'res.headers'].flatMap((place) =>
        CREDENTIALS.map((name) => `${place}["${name}"]`),
      ),
      censor: '[redacted]',
    },
  };
  // Written in the same turn: the last line before a crash is the one that is needed.
  return pino(options, to ?? destination({ dest: 1, sync: true }));
}

function withoutRows(error: Error): Readonly<Record<string, unknown>> {
  const fields = Object.entries(stdSerializers.err(error));
  return Object.fromEntries(fields.filter(([name]) => !OF_ROWS.includes(name)));
}
