import { randomUUID } from 'node:crypto';
import { fields } from '../support/builders/samples.ts';
import { postCallback } from '../support/clients/client.ts';

/** A session that no other test knows, and what the aggregator says of it. */
export function someSession(externalId: string = randomUUID()) {
  const ids = { sessionId: randomUUID(), sessionExternalId: externalId };
  return {
    ...ids,
    /** Delivers a status; resolves with the position it was given. */
    async report(url: string, stage: string, status: string): Promise<string> {
      const answer = await postCallback(url, { ...fields('session-status'), ...ids, stage, status });
      if (answer.status !== 200) throw new Error(`not recorded: ${answer.status} ${answer.text}`);
      return JSON.parse(answer.text).position;
    },
  };
}

export const SESSION = `subscription ($sessionId: ID, $externalId: ID, $filter: SessionFilter, $after: String) {
  sessionStatusChanged(sessionId: $sessionId, externalId: $externalId, filter: $filter, after: $after) {
    cursor kind recovered matches session { sessionId version stage { name status } } stage { name status } changedAt
  }
}`;

export const LOG = `subscription ($filter: CallbackFilter, $after: String) {
  callbackRecorded(filter: $filter, after: $after) { cursor recovered callback { position outcome } }
}`;

interface Read {
  readonly data?: unknown;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** What the subscription's only field says. */
// biome-ignore lint/suspicious/noExplicitAny: a result is read as the test expects it, and fails where it differs.
export function said({ data }: Read): any {
  const [change] = Object.values(Object(data));
  return change;
}
