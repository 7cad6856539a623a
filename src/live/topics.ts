import type { JournalEntry } from '../domain/journal/entry.ts';

/** What a subscription follows. Ids come from clients, so the part before the slash decides what a topic is. */
export type Topic =
  | 'journal'
  | 'sessions'
  | 'payments'
  | `session/${string}`
  | `session-external/${string}`
  | `sessions-of/${string}`
  | `payment/${string}`
  | `payment-external/${string}`
  | `payments-of/${string}`;

/** Each topic that an entry is published on. A subscription follows one topic, so it never receives an entry twice. */
export function topicsOf({ change }: JournalEntry): Topic[] {
  if (change === null) return ['journal'];
  if (change.of === 'session') {
    const { sessionId, externalId, userId } = change.after;
    const topics: Topic[] = ['journal', 'sessions', `session/${sessionId}`, `sessions-of/${userId}`];
    if (externalId !== null) topics.push(`session-external/${externalId}`);
    return topics;
  }
  const { paymentId, externalId, user } = change.after;
  const topics: Topic[] = ['journal', 'payments', `payment/${paymentId}`];
  if (externalId !== null) topics.push(`payment-external/${externalId}`);
  if (user.externalId !== null) topics.push(`payments-of/${user.externalId}`);
  return topics;
}
