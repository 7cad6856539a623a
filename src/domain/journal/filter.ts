import { type FilterOf, filterFields } from '../filter.ts';
import type { JournalRow } from './row.ts';

const { id, words, flag, time, search } = filterFields<JournalRow>();

/** The filter of lists and subscriptions of the journal. */
export const CALLBACK_FILTER = {
  search: search(
    'A prefix of the session, payment or external id. What it names counts, and letter case does.',
    (row) => [row.sessionId, row.paymentId, row.externalId],
  ),
  outcome: words('CallbackOutcome', 'What became of it.', ({ outcome }) => outcome),
  kind: words('CallbackKind', 'What it reports.', ({ kind }) => kind),
  sessionId: id(
    "The session that it names, by the aggregator's id; quarantined ones claim it.",
    ({ sessionId }) => sessionId,
  ),
  paymentId: id(
    "The payment that it names, by the aggregator's id; quarantined ones claim it.",
    ({ paymentId }) => paymentId,
  ),
  bankId: id("The bank that it names, by the aggregator's id.", ({ bankId }) => bankId),
  repeated: flag('Delivered more than once.', ({ deliveries }) => deliveries > 1),
  receivedAt: time('When it was received first.', ({ receivedAt }) => receivedAt),
};

export type CallbackFilter = FilterOf<typeof CALLBACK_FILTER>;
