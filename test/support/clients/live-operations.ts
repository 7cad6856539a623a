import { randomUUID } from 'node:crypto';
import { fields } from '../builders/samples.ts';
import { postCallback } from './client.ts';

/** A session that no other test uses, and the callbacks of its aggregator. */
export function someSession(externalId: string = randomUUID()) {
  const ids = { sessionId: randomUUID(), sessionExternalId: externalId };
  return {
    ...ids,
    /** Delivers a callback of this stage and status; resolves with the position of its row. */
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

/** The value of the subscription's only field. */
// biome-ignore lint/suspicious/noExplicitAny: a result is read as the test expects it, and fails where it differs.
export function said({ data }: Read): any {
  const [change] = Object.values(Object(data));
  return change;
}
